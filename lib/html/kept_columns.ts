/** The columns of all peers as they become known, each of them computed once. */

import type { PeerMessage } from "../live/feed.ts";
import type { PeerReport } from "./run_report.ts";

type Kept = Pick<PeerReport, "plot" | "outages">;

export class KeptColumns {
  readonly #peers = new Map<string, Kept>();

  /** @param messages of all peers, none of which may be left out: of others, nothing is kept */
  take(messages: Record<string, PeerMessage>) {
    for (const subject of this.#peers.keys()) {
      if (!Object.hasOwn(messages, subject)) this.#peers.delete(subject);
    }
    for (const [subject, { of, counts, tiers: [tier], outages }] of Object.entries(messages)) {
      const known = this.#peers.get(subject);
      const before = known?.plot?.tier;
      if (before && !tier.isWhole) before.columns.push(...tier.columns);
      const all = before && !tier.isWhole ? before : tier;
      const plot = {
        of,
        counts,
        tier: { widthS: all.widthS, from: all.from, columns: all.columns },
      };
      this.#peers.set(subject, { plot, outages: outages ?? known?.outages ?? [] });
    }
  }

  of(subject: string): Kept {
    return this.#peers.get(subject) ?? { outages: [] };
  }
}

/** Peers that have been gone for so long that nothing is kept of them but what they add up to. */

import type { MonoUs } from "../time/clock.ts";
import type { PeerDelays } from "./delay/placing.ts";
import { TimeSums } from "./delay/sums.ts";
import type { PeerStatistics } from "./peer/statistics.ts";

/** Sums over all peers that were forgotten; one that came back and went again is two. */
export interface ForgottenStatistics {
  peers: number;
  /** Slots that were accounted for: each received, lost, unsent or skipped. */
  sequence: Record<string, number>;
  /** Ticks that came with a number only. */
  bare: number;
  outages: { count: number; totalUs: number };
}

export class Forgotten {
  /** Of all of them together. */
  readonly times = new TimeSums();
  #peers = 0;
  readonly #sequence: Record<string, number> = {};
  #bare = 0;
  readonly #outages = { count: 0, totalUs: 0 };

  /** @param peer as it was in the end, nothing of it pending */
  add({ sequence, bare, outages }: PeerStatistics, delays: PeerDelays, nowUs: MonoUs) {
    this.#peers++;
    this.times.addPeer(delays, nowUs);
    this.#bare += bare;
    const { maxExtent: _extent, longestBurst: _burst, ...counts } = sequence;
    for (const [name, count] of Object.entries(counts)) {
      this.#sequence[name] = (this.#sequence[name] ?? 0) + count;
    }
    this.#outages.count += outages.count;
    this.#outages.totalUs += outages.totalUs;
  }

  /** Nothing, as long as none was. */
  get statistics(): ForgottenStatistics | undefined {
    if (this.#peers === 0) return undefined;
    return {
      peers: this.#peers,
      sequence: { ...this.#sequence },
      bare: this.#bare,
      outages: { ...this.#outages },
    };
  }
}

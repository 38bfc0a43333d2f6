/** The raw facts of one app: what was sent, and what was heard from each peer. */

import type { MonoUs } from "../clock.ts";
import type { PeerEvent, RejectEvent } from "../event.ts";
import type { HeardTick, RejectedMessage, SentTick } from "../tick.ts";
import type { TickHeader } from "../wire.ts";

/** What was heard on one subject. */
export interface PeerFacts {
  subject: string;
  /** Ticks heard, over all runs. */
  heard: number;
  /** Ticks heard from the run that speaks now. */
  heardOfRun: number;
  last: HeardTick;
  /** Whether it was said that it fell silent. */
  silent: boolean;
  dtUs: { least: number; most: number; sum: number };
}

export interface Facts {
  /** Ticks handed to the bus. */
  sent: number;
  unsent: number;
  skipped: number;
  peers: Map<string, PeerFacts>;
  rejected: Map<string, number>;
}

/** A peer is called silent after this long, or after five of our own intervals if those are longer. */
const SILENT_AFTER_US = 1e6;

export class Recorder {
  readonly facts: Facts = { sent: 0, unsent: 0, skipped: 0, peers: new Map(), rejected: new Map() };
  readonly #silentAfterUs: number;
  #newlyRejected = new Map<string, RejectEvent>();
  #next = 0;

  constructor({ intervalUs }: { intervalUs: number }) {
    this.#silentAfterUs = Math.max(SILENT_AFTER_US, 5 * intervalUs);
  }

  sent(tick: SentTick) {
    if (tick.sent) this.facts.sent++;
    this.facts.unsent = tick.unsent;
    this.facts.skipped = tick.skipped;
  }

  /** Takes in a tick; returns what it says of its peer besides. */
  heard(tick: HeardTick): PeerEvent[] {
    const { subject, header } = tick;
    const dtUs = tick.realUs - tick.signUs;
    const peer = this.facts.peers.get(subject);
    if (!peer) {
      this.facts.peers.set(subject, {
        subject,
        heard: 1,
        heardOfRun: 1,
        last: tick,
        silent: false,
        dtUs: { least: dtUs, most: dtUs, sum: dtUs },
      });
      return [{ type: "peer heard", subject, run: header?.run }];
    }
    const events: PeerEvent[] = [];
    const afterMs = (tick.monoUs - peer.last.monoUs) / 1000;
    if (header && header.run !== peer.last.header?.run) {
      events.push({ type: "peer restarted", subject, run: header.run, afterMs });
      peer.heardOfRun = 0;
    } else if (peer.silent) {
      events.push({ type: "peer back", subject, afterMs });
    }
    peer.silent = false;
    peer.heard++;
    peer.heardOfRun++;
    peer.last = tick;
    peer.dtUs.least = Math.min(peer.dtUs.least, dtUs);
    peer.dtUs.most = Math.max(peer.dtUs.most, dtUs);
    peer.dtUs.sum += dtUs;
    return events;
  }

  rejected({ subject, reason }: RejectedMessage) {
    this.facts.rejected.set(reason, (this.facts.rejected.get(reason) ?? 0) + 1);
    const event = this.#newlyRejected.get(reason) ??
      { type: "rejected", subject, reason, count: 0 };
    event.count++;
    this.#newlyRejected.set(reason, event);
  }

  /** What became true by waiting: peers that fell silent, and what was rejected since the last call. */
  check(nowUs: MonoUs): (PeerEvent | RejectEvent)[] {
    const events: (PeerEvent | RejectEvent)[] = [...this.#newlyRejected.values()];
    this.#newlyRejected.clear();
    for (const peer of this.facts.peers.values()) {
      const forUs = nowUs - peer.last.monoUs;
      if (peer.silent || forUs < this.#silentAfterUs) continue;
      peer.silent = true;
      events.push({ type: "peer silent", subject: peer.subject, forMs: forUs / 1000 });
    }
    return events;
  }

  /** What rides on our next tick: the last tick of a peer, each in turn where there are several. */
  about(): Pick<TickHeader, "echo" | "heard"> {
    const peers = [...this.facts.peers.values()];
    if (peers.length === 0) return {};
    const { last, heardOfRun } = peers[this.#next++ % peers.length];
    const { run, seq } = last.header ?? { run: "-", seq: -1 };
    return {
      echo: { run, seq, signUs: last.signUs, realUs: last.realUs },
      heard: heardOfRun,
    };
  }
}

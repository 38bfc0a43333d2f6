/** Messages that are no ticks of a peer, or are not shown: each is counted by its reason, and the first ones are reported. */

import type { RejectedMessage } from "../arrival.ts";
import type { LocalEvent, RejectEvent } from "./events.ts";
import { Anomalies } from "./peer/anomalies.ts";

/** Reasons that don't lie in the message; all others are what is malformed about it. */
export const LOCAL_TICK = "local tick";
export const TOO_MANY_SUBJECTS = "too many subjects";
export const NOT_SHOWN = "not shown";

/** Whoever is too many mostly sends on: that is reported at once, and then this often. */
const TOO_MANY_EVERY_US = 60e6;

export class Rejections {
  /** By reason. */
  readonly counts = new Map<string, number>();
  readonly #new = new Anomalies<RejectEvent>();
  readonly #tooMany = new Anomalies<RejectEvent>();
  #tooManySaidUs = -Infinity;

  add({ subject, reason }: Pick<RejectedMessage, "subject" | "reason">) {
    this.#count(reason);
    const all = reason === TOO_MANY_SUBJECTS ? this.#tooMany : this.#new;
    all.add({ type: "rejected", subject, reason, count: 1 });
  }

  /** With one subject for both, or a wildcard that covers our own: that is no peer. Reported once. */
  addOwn({ subject }: { subject: string }): LocalEvent[] {
    return this.#count(LOCAL_TICK) === 1 ? [{ type: "own ticks", subject }] : [];
  }

  /** What was rejected since the last call; of subjects that are too many, once in a while, or at the end. */
  take(nowUs: number, { ended = false } = {}): RejectEvent[] {
    if (!ended && nowUs - this.#tooManySaidUs < TOO_MANY_EVERY_US) return this.#new.take();
    const tooMany = this.#tooMany.take();
    if (tooMany.length > 0) this.#tooManySaidUs = nowUs;
    return [...this.#new.take(), ...tooMany];
  }

  #count(reason: string): number {
    const count = (this.counts.get(reason) ?? 0) + 1;
    this.counts.set(reason, count);
    return count;
  }
}

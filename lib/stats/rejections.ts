/** Messages that are no ticks of a peer, or are not shown: each is counted by its reason, and the first ones are reported. */

import type { RejectedMessage } from "../arrival.ts";
import type { LocalEvent, RejectEvent } from "./events.ts";
import { Anomalies } from "./peer/anomalies.ts";

/** Reasons that don't lie in the message; all others are what is malformed about it. */
export const LOCAL_TICK = "local tick";
export const TOO_MANY_SUBJECTS = "too many subjects";
export const NOT_SHOWN = "not shown";

export class Rejections {
  /** By reason. */
  readonly counts = new Map<string, number>();
  readonly #new = new Anomalies<RejectEvent>();

  add({ subject, reason }: Pick<RejectedMessage, "subject" | "reason">) {
    this.#count(reason);
    this.#new.add({ type: "rejected", subject, reason, count: 1 });
  }

  /** With one subject for both, or a wildcard that covers our own: that is no peer. Reported once. */
  addOwn({ subject }: { subject: string }): LocalEvent[] {
    return this.#count(LOCAL_TICK) === 1 ? [{ type: "own ticks", subject }] : [];
  }

  /** What was rejected since the last call. */
  take(): RejectEvent[] {
    return this.#new.take();
  }

  #count(reason: string): number {
    const count = (this.counts.get(reason) ?? 0) + 1;
    this.counts.set(reason, count);
    return count;
  }
}

/** Two connections that receive the same for a while: each message is let through once, by the first that brings it. */

import type { Clock } from "../time/clock.ts";
import type { Message } from "./bus.ts";

/** The connection that is left, and the one in its place. */
export type Side = "old" | "new";

/** What tells messages of one length apart; a tick's body is shorter. */
const HEAD_BYTES = 64;

/** By how much one way may be slower than the other: so long what was brought by the faster one isn't let through again. */
const LAG_US = 2e6;

export class Overlap {
  readonly #clock: Pick<Clock, "monoUs">;
  /** How much oftener a message was received on the old side than on the new one; less than 0, if on that. */
  #recent = new Map<string, number>();
  /** What wasn't received since then: forgotten next, as a message has come both ways by then. */
  #earlier = new Map<string, number>();
  #sinceUs: number;
  #leftUs = Infinity;

  constructor(clock: Pick<Clock, "monoUs">) {
    this.#clock = clock;
    this.#sinceUs = clock.monoUs();
  }

  /** The connection of a side is left: what it brought may still be on its way to the other one, and nothing else counts. */
  leave(side: Side) {
    this.#leftUs = this.#clock.monoUs();
    const step = stepOf(side);
    for (const counts of [this.#recent, this.#earlier]) {
      for (const [key, ahead] of counts) if (ahead * step < 0) counts.delete(key);
    }
  }

  /** Whether one of the two was left for so long that nothing can come twice any more. */
  get isOver(): boolean {
    return this.#clock.monoUs() - this.#leftUs > LAG_US;
  }

  /** Whether it hasn't been received as often on the other side: what a sender sent twice comes twice. */
  isFirst(side: Side, { subject, header, body }: Message): boolean {
    this.#forget();
    const head = String.fromCharCode(...body.subarray(0, HEAD_BYTES));
    const key = JSON.stringify([subject, header, body.length, head]);
    const step = stepOf(side);
    const before = this.#recent.get(key) ?? this.#earlier.get(key) ?? 0;
    const ahead = before + step;
    this.#earlier.delete(key);
    if (ahead === 0) this.#recent.delete(key);
    else if (this.#leftUs === Infinity || before !== 0) this.#recent.set(key, ahead);
    return ahead * step > 0;
  }

  #forget() {
    const nowUs = this.#clock.monoUs();
    if (nowUs - this.#sinceUs < LAG_US) return;
    this.#earlier = nowUs - this.#sinceUs < 2 * LAG_US ? this.#recent : new Map();
    this.#recent = new Map();
    this.#sinceUs = nowUs;
  }
}

function stepOf(side: Side): number {
  return side === "old" ? 1 : -1;
}

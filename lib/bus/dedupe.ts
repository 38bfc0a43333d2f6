/** Two connections that receive the same for a while: each message is let through once, by the first that brings it. */

import type { Message } from "./bus.ts";

/** The connection that is left, and the one in its place. */
export type Side = "old" | "new";

/** What tells messages of one length apart; a tick's body is shorter. */
const HEAD_BYTES = 64;

export class Overlap {
  /** How much oftener a message was received on the old side than on the new one; less than 0, if on that. */
  readonly #ahead = new Map<string, number>();

  /** Whether it hasn't been received as often on the other side: what a sender sent twice comes twice. */
  isFirst(side: Side, { subject, header, body }: Message): boolean {
    const head = String.fromCharCode(...body.subarray(0, HEAD_BYTES));
    const key = JSON.stringify([subject, header, body.length, head]);
    const step = side === "old" ? 1 : -1;
    const ahead = (this.#ahead.get(key) ?? 0) + step;
    if (ahead === 0) this.#ahead.delete(key);
    else this.#ahead.set(key, ahead);
    return ahead * step > 0;
  }
}

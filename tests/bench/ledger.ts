/** Tick by tick, by sequence number: what its sender was told became of it, and whether it was received. */

import type { Fate } from "../../lib/bus/bus.ts";

export class Ledger {
  readonly #sent = new Set<number>();
  readonly #fates = new Map<number, Fate["type"]>();
  readonly #received = new Set<number>();
  #unsent = 0;

  /** A slot of the sender's schedule. */
  slot({ seq, sent }: { seq: number; sent: boolean }) {
    if (sent) this.#sent.add(seq);
    else this.#unsent++;
  }

  /** @throws {Error} where it has one already */
  fate(seq: number, { type }: Fate) {
    if (this.#fates.has(seq)) throw new Error(`seq ${seq} has two fates`);
    this.#fates.set(seq, type);
  }

  received(seq: number) {
    this.#received.add(seq);
  }

  /** Those acknowledged to the sender that were not received so far. */
  get acknowledgedAndLost(): number[] {
    return [...this.#fates].filter(([seq, type]) =>
      type === "acknowledged" && !this.#received.has(seq)
    ).map(([seq]) => seq);
  }

  /** What came of all, once there is nothing more to come. */
  counts() {
    const all = [...this.#sent];
    const types = [...this.#fates.values()];
    return {
      sent: all.length,
      unsent: this.#unsent,
      withFate: types.length,
      acknowledged: types.filter((type) => type === "acknowledged").length,
      acknowledgedAndLost: this.acknowledgedAndLost.length,
      lost: all.filter((seq) => !this.#received.has(seq)).length,
      /** Never sent, as far as the sender knows. */
      strangers: [...this.#received].filter((seq) => !this.#sent.has(seq)).length,
    };
  }
}

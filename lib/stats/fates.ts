/** What became of our sent ticks, where the bus says so: sent = acknowledged + refused + unroutable + unconfirmed + pending. */

import type { Fate } from "../bus/bus.ts";
import { DelayHistogram, type DelayStatistics } from "./delay/histogram.ts";

export type FateCounts = Record<Fate["type"], number>;

export interface FateStatistics extends FateCounts {
  /** There may still be word of them. */
  pending: number;
  /** How often one was published again. */
  republished: number;
  /** From the tick to its acknowledgement. */
  acknowledgedAfter: DelayStatistics;
}

export class Fates {
  readonly #counts: FateCounts = { acknowledged: 0, refused: 0, unroutable: 0, unconfirmed: 0 };
  /** How often one was published again, as its connection was lost before there was word of it. */
  republished = 0;
  #after: DelayHistogram | undefined;

  /** Takes in the fate of a tick, so long after it was recorded. */
  record({ type }: Fate, { seq, signUs }: { seq: number; signUs: number }, afterUs: number) {
    this.#counts[type]++;
    this.#after ??= new DelayHistogram();
    if (type === "acknowledged") this.#after.record(Math.round(afterUs), seq, signUs);
  }

  /** Undefined where the bus has given no word of any of so many sent. */
  statistics(sent: number): FateStatistics | undefined {
    if (!this.#after) return;
    const { acknowledged, refused, unroutable, unconfirmed } = this.#counts;
    // A fate may be there before its tick is counted as sent.
    const pending = Math.max(0, sent - acknowledged - refused - unroutable - unconfirmed);
    const { republished } = this;
    return { ...this.#counts, pending, republished, acknowledgedAfter: this.#after.statistics() };
  }
}

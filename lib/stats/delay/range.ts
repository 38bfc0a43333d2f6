/** What the bound of the clock leaves open of a distribution of delays: each value has the bound of its own time. */

import { DelayHistogram, PERCENTILES } from "./histogram.ts";

export interface RangeStatistics {
  /** The widest bound that a delay was recorded with. */
  maxBoundUs: number;
  /** By percentile: no less than the first, no more than the second. */
  percentilesUs: Record<string, [minUs: number, maxUs: number]>;
  maxUs: [minUs: number, maxUs: number];
}

/** Digits of what is recorded: the ends of a range need not be as exact as what is within it. */
const DIGITS = 2;

export class DelayRange {
  /** If each delay were as short as its bound allows, and as long. */
  readonly #shortest = new DelayHistogram(DIGITS);
  readonly #longest = new DelayHistogram(DIGITS);
  #maxBoundUs = 0;

  record(delayUs: number, boundUs: number) {
    this.#shortest.record(Math.max(0, Math.floor(delayUs - boundUs)));
    this.#longest.record(Math.ceil(delayUs + boundUs));
    this.#maxBoundUs = Math.max(this.#maxBoundUs, boundUs);
  }

  statistics(): RangeStatistics {
    const ranges = PERCENTILES.map((percent) => [
      percent,
      [this.#shortest.percentileUs(percent), this.#longest.percentileUs(percent)],
    ]);
    return {
      maxBoundUs: this.#maxBoundUs,
      percentilesUs: Object.fromEntries(ranges),
      maxUs: [this.#shortest.max.us, this.#longest.max.us],
    };
  }
}

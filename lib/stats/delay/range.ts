/** What the bound of the clock leaves open of a distribution of delays: each value has the bound of its own time. */

import type { BoundedDelay } from "../clock/peer_clock.ts";
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
  #shortest = new DelayHistogram(DIGITS);
  #longest = new DelayHistogram(DIGITS);
  #maxBoundUs = 0;

  record({ delayUs, boundUs }: BoundedDelay) {
    this.#shortest.record(Math.max(0, Math.floor(delayUs - boundUs)));
    this.#longest.record(Math.ceil(delayUs + boundUs));
    this.#maxBoundUs = Math.max(this.#maxBoundUs, boundUs);
  }

  /** A copy with some more delays, or itself, where there are none. */
  with(delays: BoundedDelay[]): DelayRange {
    if (delays.length === 0) return this;
    const copy = new DelayRange();
    copy.#shortest = this.#shortest.clone();
    copy.#longest = this.#longest.clone();
    copy.#maxBoundUs = this.#maxBoundUs;
    for (const delay of delays) copy.record(delay);
    return copy;
  }

  statistics(percents = PERCENTILES): RangeStatistics {
    const ranges = percents.map((percent) => [
      percent,
      [this.#shortest.percentileRangeUs(percent)[0], this.#longest.percentileRangeUs(percent)[1]],
    ]);
    return {
      maxBoundUs: this.#maxBoundUs,
      percentilesUs: Object.fromEntries(ranges),
      maxUs: [this.#shortest.max.us, this.#longest.max.us],
    };
  }
}

/** The distribution of the delays of ticks, with those that arrived while our own process stalled and without. */

import {
  DelayHistogram,
  type DelayStatistics,
  type Digits,
  PERCENTILES,
  type PercentileText,
} from "./histogram.ts";

/** A tick's value, and where and when it was seen. */
export interface Value {
  us: number;
  seq: number;
  atUs: number;
  /** It arrived while our own process stalled. */
  duringStall: boolean;
}

export class Distribution {
  #all: DelayHistogram;
  /** Made with the first that arrived during a stall. */
  #undisturbed: DelayHistogram | undefined;

  /** @param digits see {@linkcode DelayHistogram} */
  constructor(digits?: Digits) {
    this.#all = new DelayHistogram(digits);
  }

  get count(): number {
    return this.#all.count;
  }

  get minUs(): number {
    return this.#all.minUs;
  }

  record({ us, seq, atUs, duringStall }: Value) {
    if (duringStall) this.#undisturbed ??= this.#all.clone();
    else this.#undisturbed?.record(us, seq, atUs);
    this.#all.record(us, seq, atUs);
  }

  /** A copy with some more values, or itself, where there are none. */
  with(values: Value[]): Distribution {
    if (values.length === 0) return this;
    const copy = this.#copy(this.#all.clone(), this.#undisturbed?.clone());
    for (const value of values) copy.record(value);
    return copy;
  }

  /** A copy with the values of another one besides, or itself, where that has none. */
  merged(other: Distribution): Distribution {
    if (other.count === 0) return this;
    const undisturbed = this.#undisturbed || other.#undisturbed
      ? (this.#undisturbed ?? this.#all).merged(other.#undisturbed ?? other.#all)
      : undefined;
    return this.#copy(this.#all.merged(other.#all), undisturbed);
  }

  /** All of it as one histogram, to be added to another one. */
  get all(): DelayHistogram {
    return this.#all;
  }

  statistics(percents = PERCENTILES): DelayStatistics {
    return this.#all.statistics(percents);
  }

  /** Without what arrived during stalls; nothing where that makes no difference to percentiles and max. */
  undisturbed(percents = PERCENTILES): DelayStatistics | undefined {
    const without = this.#undisturbed?.statistics(percents);
    if (!without) return undefined;
    const { percentilesUs, max } = this.statistics(percents);
    const isSame = without.max.us === max.us &&
      percents.every((percent) => without.percentilesUs[percent] === percentilesUs[percent]);
    return isSame ? undefined : without;
  }

  percentileText(): PercentileText {
    return this.#all.percentileText();
  }

  #copy(all: DelayHistogram, undisturbed: DelayHistogram | undefined): Distribution {
    const copy = new Distribution();
    copy.#all = all;
    copy.#undisturbed = undisturbed;
    return copy;
  }
}

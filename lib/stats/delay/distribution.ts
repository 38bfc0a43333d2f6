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
  /** The two apart, as each tick is in one of them then: together they are put where they are asked for. */
  #undisturbed: DelayHistogram;
  /** Made with the first that arrived during a stall. */
  #duringStalls: DelayHistogram | undefined;
  readonly #digits: Digits | undefined;

  /** @param digits see {@linkcode DelayHistogram} */
  constructor(digits?: Digits) {
    this.#digits = digits;
    this.#undisturbed = new DelayHistogram(digits);
  }

  get count(): number {
    return this.#undisturbed.count + (this.#duringStalls?.count ?? 0);
  }

  get minUs(): number {
    return Math.min(this.#undisturbed.minUs, this.#duringStalls?.minUs ?? Infinity);
  }

  record({ us, seq, atUs, duringStall }: Value) {
    if (!duringStall) return this.#undisturbed.record(us, seq, atUs);
    this.#duringStalls ??= new DelayHistogram(this.#digits);
    this.#duringStalls.record(us, seq, atUs);
  }

  /** A copy with some more values, or itself, where there are none. */
  with(values: Value[]): Distribution {
    if (values.length === 0) return this;
    const copy = this.#copy(this.#undisturbed.clone(), this.#duringStalls?.clone());
    for (const value of values) copy.record(value);
    return copy;
  }

  /** A copy with the values of another one besides, or itself, where that has none. */
  merged(other: Distribution): Distribution {
    if (other.count === 0) return this;
    const duringStalls = this.#duringStalls && other.#duringStalls
      ? this.#duringStalls.merged(other.#duringStalls)
      : (this.#duringStalls ?? other.#duringStalls)?.clone();
    return this.#copy(this.#undisturbed.merged(other.#undisturbed), duringStalls);
  }

  /** All of it as one histogram, to be read only: to be shown, or added to another one. */
  get all(): DelayHistogram {
    return this.#duringStalls?.merged(this.#undisturbed) ?? this.#undisturbed;
  }

  /** Of all, and without what arrived during stalls, where that makes a difference to percentiles and max. */
  statistics(percents = PERCENTILES): [all: DelayStatistics, undisturbed?: DelayStatistics] {
    const all = this.all.statistics(percents);
    if (!this.#duringStalls) return [all];
    const without = this.#undisturbed.statistics(percents);
    const isSame = without.max.us === all.max.us &&
      percents.every((percent) => without.percentilesUs[percent] === all.percentilesUs[percent]);
    return isSame ? [all] : [all, without];
  }

  percentileText(): PercentileText {
    return this.all.percentileText();
  }

  #copy(undisturbed: DelayHistogram, duringStalls: DelayHistogram | undefined): Distribution {
    const copy = new Distribution(this.#digits);
    copy.#undisturbed = undisturbed;
    copy.#duringStalls = duringStalls;
    return copy;
  }
}

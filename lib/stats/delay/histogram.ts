/** The distribution of a delay, of either sign, exact to a microsecond or 0.1 % of what lies above its floor. */

import { type Counted, type Digits, INITIAL_MAX_US } from "./buckets.ts";
import { FloorHistogram, MAX_ABOVE_US } from "./floor_histogram.ts";

export { type Digits, MAX_ABOVE_US };

/** Where and when a value was seen. */
export interface Extreme {
  us: number;
  seq: number;
  /** Wall time in µs at which it was seen. */
  atUs: number;
}

/** The percentiles that are shown everywhere; others are computed where they are asked for. */
export const PERCENTILES: readonly number[] = [50, 90, 99, 99.9, 99.99];

export interface DelayStatistics {
  count: number;
  minUs: number;
  /** Not a number where there is no value; nor is a deviation of one value. */
  meanUs: number;
  deviationUs: number;
  /** By percentile, in µs. */
  percentilesUs: Record<string, number>;
  max: Extreme;
  /** Values more than {@linkcode MAX_ABOVE_US} above the least: counted, in the mean; a percentile that is one of them is the max. */
  beyond: number;
}

export interface PercentileText {
  text: string;
  /** Its values are above the min. */
  aboveFloor: boolean;
  /** So many are more than {@linkcode MAX_ABOVE_US} above the least, and in it as the max. */
  beyond: number;
}

/** Four digits, not three: they hold for the value above the base, and are to do so above the floor. */
const DIGITS = 4;

export class DelayHistogram {
  count = 0;
  minUs = Infinity;
  max: Extreme = { us: -Infinity, seq: -1, atUs: 0 };
  /** The first value: the mean is kept above it, as a double resolves only 0.25 µs of what a wrong clock makes. */
  #firstUs = 0;
  #mean = 0;
  #squares = 0;
  readonly #digits: Digits;
  #buckets: FloorHistogram;

  /** @param digits significant digits of what is recorded; with each one less it takes a tenth of the memory */
  constructor(digits: Digits = DIGITS) {
    this.#digits = digits;
    this.#buckets = new FloorHistogram(digits);
  }

  /** A copy that goes its own way. */
  clone(): DelayHistogram {
    const copy = new DelayHistogram(this.#digits);
    copy.count = this.count;
    copy.minUs = this.minUs;
    copy.max = this.max;
    copy.#firstUs = this.#firstUs;
    copy.#mean = this.#mean;
    copy.#squares = this.#squares;
    copy.#buckets.add(this.#buckets);
    return copy;
  }

  /** A copy with the values of another one besides. */
  merged(other: DelayHistogram): DelayHistogram {
    const sum = this.clone();
    sum.add(other);
    return sum;
  }

  /** Counts those of another one besides. */
  add(other: DelayHistogram) {
    if (other.#digits < this.#digits) return this.addMoved(other, 0);
    this.#buckets.add(other.#buckets);
    this.#addMoments(other, 0);
  }

  /** Counts those of another one besides, each moved so far; what they may have been rounded down by is put back. */
  addMoved(other: DelayHistogram, byUs: number) {
    const { baseUs, counted } = other.#buckets.aboveBase();
    const maxUs = other.max.us - baseUs;
    const moved = counted.map(([us, count]): Counted => [Math.min(us, maxUs), count]);
    this.#buckets.addAbove(baseUs + byUs, moved, other.#buckets.beyond);
    this.#addMoments(other, byUs);
  }

  #addMoments(other: DelayHistogram, byUs: number) {
    if (other.count === 0) return;
    if (this.count === 0) this.#firstUs = other.#firstUs + byUs;
    const { seq, atUs } = other.max;
    const maxUs = other.max.us + byUs;
    if (other.minUs + byUs < this.minUs) this.minUs = other.minUs + byUs;
    // Of two that are the same, the first, as where all are counted in one.
    if (maxUs > this.max.us || (maxUs === this.max.us && atUs < this.max.atUs)) {
      this.max = { us: maxUs, seq, atUs };
    }
    // Chan, Golub and LeVeque 1979: the moments of both together.
    const count = this.count + other.count;
    const apart = other.#firstUs + byUs - this.#firstUs + other.#mean - this.#mean;
    this.#mean += apart * other.count / count;
    this.#squares += other.#squares + apart ** 2 * this.count * other.count / count;
    this.count = count;
  }

  /** What was counted, by bucket. */
  get buckets(): FloorHistogram {
    return this.#buckets;
  }

  /** One out of what its statistics and its buckets say, as they were written elsewhere. */
  static restored(statistics: DelayStatistics, buckets: FloorHistogram): DelayHistogram {
    const { count, minUs, meanUs, deviationUs, max } = statistics;
    const restored = new DelayHistogram();
    restored.#buckets = buckets;
    if (count === 0) return restored;
    restored.count = count;
    restored.minUs = minUs;
    restored.max = { ...max };
    restored.#firstUs = minUs;
    restored.#mean = meanUs - minUs;
    restored.#squares = count > 1 ? deviationUs ** 2 * (count - 1) : 0;
    return restored;
  }

  record(us: number, seq = -1, atUs = 0) {
    this.count++;
    if (us < this.minUs) this.minUs = us;
    if (us > this.max.us) this.max = { us, seq, atUs };
    // Welford 1962: stays exact over any number of values.
    if (this.count === 1) this.#firstUs = us;
    const fromFirst = us - this.#firstUs;
    const fromMean = fromFirst - this.#mean;
    this.#mean += fromMean / this.count;
    this.#squares += fromMean * (fromFirst - this.#mean);
    this.#buckets.record(us);
  }

  /** The value that so many percent of all don't exceed. */
  percentileUs(percent: number): number {
    return this.percentileRangeUs(percent)[1];
  }

  /** What that value lies within, as exactly as it was recorded. */
  percentileRangeUs(percent: number): [minUs: number, maxUs: number] {
    const [fromUs, toUs] = this.#buckets.percentileRangeUs(percent);
    return [Math.max(fromUs, this.minUs), Math.min(toUs, this.max.us)];
  }

  statistics(percents = PERCENTILES): DelayStatistics {
    const { count, minUs, max } = this;
    const percentilesUs: Record<string, number> = {};
    for (const percent of percents) percentilesUs[percent] = this.percentileUs(percent);
    const deviationUs = count > 1 ? Math.sqrt(this.#squares / (count - 1)) : NaN;
    return {
      count,
      minUs,
      meanUs: count > 0 ? this.#firstUs + this.#mean : NaN,
      deviationUs,
      percentilesUs,
      max: { ...max },
      beyond: this.#buckets.beyond,
    };
  }

  /** The text that HdrHistogram's plotters read, in ms; above the floor where values are negative, or would lose digits. */
  percentileText(): PercentileText {
    const aboveFloor = this.minUs < 0 || (this.minUs >= INITIAL_MAX_US && this.count > 0);
    const text = this.#buckets.textAbove(aboveFloor ? this.minUs : 0, this.max.us);
    return { text, aboveFloor, beyond: this.#buckets.beyond };
  }
}

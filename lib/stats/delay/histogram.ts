/** The distribution of a delay, of either sign, exact to a microsecond or 0.1 % of what lies above its floor. */

// Its own file, as the whole package takes ten times as long to load; the WebAssembly build can't be iterated.
import float64 from "hdr-histogram-js/dist/Float64Histogram.js";

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
  /** Values more than {@linkcode MAX_ABOVE_US} above the least: counted, in the mean, not in the percentiles. */
  beyond: number;
}

/** Four digits, not three: they hold for the value above the base, and are to do so above the floor. */
const DIGITS = 4;
type Digits = 2 | 3 | 4;
/** The base moves in such steps, which are as wide as any bucket below two minutes: no value is rounded twice. */
const STEP_US = 4096;
/** It grows by itself; a megabyte for each subject of a wildcard, before anything was late, would be too much. */
const INITIAL_MAX_US = 1 << 15;
export const MAX_ABOVE_US = 2 ** 36; // 19 hours

const Histogram = float64.default; // a CommonJS module behind an ES import

export class DelayHistogram {
  count = 0;
  beyond = 0;
  minUs = Infinity;
  max: Extreme = { us: -Infinity, seq: -1, atUs: 0 };
  /** The first value: the mean is kept above it, as a double resolves only 0.25 µs of what a wrong clock makes. */
  #firstUs = 0;
  #mean = 0;
  #squares = 0;
  /** What is recorded is the value minus this: at least 0, so that negative values are as exact as others. */
  #baseUs = 0;
  readonly #digits: Digits;
  /** Made with the first value. */
  #histogram: ReturnType<typeof newHistogram> | undefined;

  /** @param digits significant digits of what is recorded; with each one less it takes a tenth of the memory */
  constructor(digits: Digits = DIGITS) {
    this.#digits = digits;
  }

  /** A copy that goes its own way. */
  clone(): DelayHistogram {
    const copy = new DelayHistogram(this.#digits);
    copy.count = this.count;
    copy.beyond = this.beyond;
    copy.minUs = this.minUs;
    copy.max = this.max;
    copy.#firstUs = this.#firstUs;
    copy.#mean = this.#mean;
    copy.#squares = this.#squares;
    copy.#baseUs = this.#baseUs;
    if (!this.#histogram) return copy;
    copy.#histogram = newHistogram(this.#digits);
    for (const [us, count] of this.#recorded()) {
      copy.#histogram.recordValueWithCount(us - this.#baseUs, count);
    }
    return copy;
  }

  /** A copy with the values of another one besides. */
  merged(other: DelayHistogram): DelayHistogram {
    if (other.count === 0) return this.clone();
    if (this.count === 0) return other.clone();
    const sum = this.clone();
    if (other.minUs < sum.minUs) sum.#newMin(other.minUs);
    for (const [us, count] of other.#recorded()) {
      if (us - sum.#baseUs > MAX_ABOVE_US) sum.beyond += count;
      else sum.#histogram!.recordValueWithCount(us - sum.#baseUs, count);
    }
    sum.beyond += other.beyond;
    if (other.max.us > sum.max.us) sum.max = other.max;
    // Chan, Golub and LeVeque 1979: the moments of both together.
    const count = this.count + other.count;
    const apart = other.#firstUs - this.#firstUs + other.#mean - this.#mean;
    sum.#mean = this.#mean + apart * other.count / count;
    sum.#squares = this.#squares + other.#squares + apart ** 2 * this.count * other.count / count;
    sum.count = count;
    return sum;
  }

  record(us: number, seq = -1, atUs = 0) {
    this.count++;
    if (us < this.minUs) this.#newMin(us);
    if (us > this.max.us) this.max = { us, seq, atUs };
    // Welford 1962: stays exact over any number of values.
    if (this.count === 1) this.#firstUs = us;
    const fromFirst = us - this.#firstUs;
    const fromMean = fromFirst - this.#mean;
    this.#mean += fromMean / this.count;
    this.#squares += fromMean * (fromFirst - this.#mean);
    if (us - this.#baseUs > MAX_ABOVE_US) this.beyond++;
    else this.#histogram!.recordValue(us - this.#baseUs);
  }

  /** The value that so many percent of all don't exceed. */
  percentileUs(percent: number): number {
    if (!this.#histogram || this.#histogram.totalCount === 0) return NaN;
    const us = this.#histogram.getValueAtPercentile(percent) + this.#baseUs;
    return Math.min(us, this.max.us);
  }

  statistics(percents = PERCENTILES): DelayStatistics {
    const { count, beyond, minUs, max } = this;
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
      beyond,
    };
  }

  /** The text that HdrHistogram's plotters read, in ms; above the floor where values are negative, or would lose digits. */
  percentileText(): { text: string; aboveFloor: boolean } {
    const aboveFloor = this.minUs < 0 || (this.minUs >= INITIAL_MAX_US && this.count > 0);
    const shown = newHistogram(this.#digits);
    for (const [us, count] of this.#recorded()) {
      shown.recordValueWithCount(Math.max(0, aboveFloor ? us - this.minUs : us), count);
    }
    return { text: shown.outputPercentileDistribution(5, 1000), aboveFloor };
  }

  #newMin(us: number) {
    this.minUs = us;
    if (this.count > 1 && us >= this.#baseUs) return;
    // With room below, so that a floor that sinks slowly moves the base seldom.
    const baseUs = Math.floor(us / STEP_US) * STEP_US - STEP_US;
    const recorded = [...this.#recorded()];
    this.#histogram ??= newHistogram(this.#digits);
    this.#histogram.reset();
    for (const [us, count] of recorded) {
      if (us - baseUs > MAX_ABOVE_US) this.beyond += count;
      else this.#histogram.recordValueWithCount(us - baseUs, count);
    }
    this.#baseUs = baseUs;
  }

  /** Not by the histogram's own iterator: that looks at every bucket, which takes several ms. */
  *#recorded(): Generator<[us: number, count: number]> {
    const histogram = this.#histogram;
    let left = histogram?.totalCount ?? 0;
    for (let index = 0; left > 0; index++) {
      const count = histogram!.getCountAtIndex(index);
      if (count === 0) continue;
      left -= count;
      yield [histogram!.valueFromIndex(index) + this.#baseUs, count];
    }
  }
}

function newHistogram(digits: Digits) {
  const histogram = new Histogram(1, INITIAL_MAX_US, digits);
  histogram.autoResize = true;
  return histogram;
}

/** Counts of values of either sign in buckets above a floor that sinks with the least of them. */

// Its own file, as the whole package takes ten times as long to load; the WebAssembly build can't be iterated.
import float64 from "hdr-histogram-js/dist/Float64Histogram.js";

export type Digits = 2 | 3 | 4;
/** The base moves in such steps, which are as wide as any bucket below two minutes: no value is rounded twice. */
const STEP_US = 4096;
/** It grows by itself; a megabyte for each subject of a wildcard, before anything was late, would be too much. */
export const INITIAL_MAX_US = 1 << 15;
export const MAX_ABOVE_US = 2 ** 36; // 19 hours
/** Values are counted so many at a time: a floor that sinks with each of them moves the base once for all. */
const BATCH = 64;

const Histogram = float64.default; // a CommonJS module behind an ES import

export class FloorHistogram {
  readonly #digits: Digits;
  /** What is recorded is the value minus this: at least 0, so that negative values are as exact as others. */
  #baseUs = Infinity;
  #beyond = 0;
  /** Made with the first batch. */
  #histogram: ReturnType<typeof newHistogram> | undefined;
  /** Values that aren't counted yet; made with the first one. */
  #batch: Float64Array | undefined;
  #batched = 0;

  /** @param digits significant digits of what is recorded; with each one less it takes a tenth of the memory */
  constructor(digits: Digits) {
    this.#digits = digits;
  }

  record(us: number) {
    this.#batch ??= new Float64Array(BATCH);
    this.#batch[this.#batched++] = us;
    if (this.#batched === BATCH) this.#settle();
  }

  /** Values more than {@linkcode MAX_ABOVE_US} above the least: in no bucket. */
  get beyond(): number {
    this.#settle();
    return this.#beyond;
  }

  /** Counts those of another one besides. */
  add(other: FloorHistogram) {
    this.#settle();
    other.#settle();
    if (!other.#histogram) return;
    this.#sinkTo(other.#baseUs);
    for (const [us, count] of other.#counted()) this.#put(us, count);
    this.#beyond += other.#beyond;
  }

  /** The value that so many percent of all don't exceed, in µs; not a number where there is none. */
  percentileUs(percent: number): number {
    this.#settle();
    if (!this.#histogram || this.#histogram.totalCount === 0) return NaN;
    return this.#histogram.getValueAtPercentile(percent) + this.#baseUs;
  }

  /** The text that HdrHistogram's plotters read, in ms above the value given. */
  textAbove(floorUs: number): string {
    this.#settle();
    const shown = newHistogram(this.#digits);
    for (const [us, count] of this.#counted()) {
      shown.recordValueWithCount(Math.max(0, us - floorUs), count);
    }
    return shown.outputPercentileDistribution(5, 1000);
  }

  /** Counts the batch; when that happens changes nothing that is ever read. */
  #settle() {
    if (this.#batched === 0) return;
    const batch = this.#batch!.subarray(0, this.#batched);
    this.#batched = 0;
    let minUs = Infinity;
    for (const us of batch) if (us < minUs) minUs = us;
    this.#sinkTo((Math.floor(minUs / STEP_US) - 1) * STEP_US);
    for (const us of batch) this.#put(us, 1);
  }

  #put(us: number, count: number) {
    if (us - this.#baseUs > MAX_ABOVE_US) this.#beyond += count;
    else this.#histogram!.recordValueWithCount(us - this.#baseUs, count);
  }

  /** The base goes by the least value alone, not by the order or the batches in which values came. */
  #sinkTo(baseUs: number) {
    if (baseUs >= this.#baseUs) return;
    const counted = [...this.#counted()];
    this.#histogram ??= newHistogram(this.#digits);
    this.#histogram.reset();
    this.#baseUs = baseUs;
    for (const [us, count] of counted) this.#put(us, count);
  }

  /** Not by the histogram's own iterator: that looks at every bucket, which takes several ms. */
  *#counted(): Generator<[us: number, count: number]> {
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

/** Counts of values of either sign in buckets above a floor that sinks with the least of them. */

import { type Buckets, bucketsOf, type Counted, type Digits, newHistogram } from "./buckets.ts";
import { SparseCounts } from "./counts.ts";

/** The base moves in such steps: buckets no wider than one begin at the same values wherever it is. */
const STEP_US = 4096;
export const MAX_ABOVE_US = 2 ** 36; // 19 hours
/** 285 years: what a bucket can hold with room to spare. */
const MAX_SHOWN_US = 2 ** 53 - 1;
/** Values are counted so many at a time: a floor that sinks with each of them moves the base once for all. */
const BATCH = 32;
/** Twice as many each time that the base sank, up to these: what it costs grows with what was counted before. */
const MAX_BATCH = 4096;

export class FloorHistogram {
  readonly #digits: Digits;
  /** HdrHistogram's buckets, which all of so many digits share; only the counts are kept here, where there are any. */
  readonly #buckets: Buckets;
  readonly #counts = new SparseCounts();
  /** What is recorded is the value minus this: at least 0, so that negative values are as exact as others. */
  #baseUs = Infinity;
  #beyond = 0;
  /** Values that aren't counted yet, and room for more; no typed array, which takes as much again beside its values. */
  #batch: number[] | undefined;
  #batched = 0;

  /** @param digits significant digits of what is recorded; with each one less it takes a tenth of the memory at most */
  constructor(digits: Digits) {
    this.#digits = digits;
    this.#buckets = bucketsOf(digits);
  }

  record(us: number) {
    this.#batch ??= newBatch(BATCH);
    this.#batch[this.#batched++] = us;
    if (this.#batched < this.#batch.length) return;
    const hasSunk = this.#settle();
    const size = hasSunk ? Math.min(2 * this.#batch.length, MAX_BATCH) : BATCH;
    if (size !== this.#batch.length) this.#batch = newBatch(size);
  }

  /** Values more than {@linkcode MAX_ABOVE_US} above the least: in no bucket. */
  get beyond(): number {
    this.#settle();
    return this.#beyond;
  }

  /** The largest value that each bucket can hold, above the base, and how many it holds. */
  aboveBase(): { digits: Digits; baseUs: number; counted: Counted[] } {
    this.#settle();
    const baseUs = this.#counts.total > 0 ? this.#baseUs : 0;
    const counted = [...this.#counted()].map(([us, count]): Counted => [
      this.#buckets.highestEquivalentValue(us - baseUs),
      count,
    ]);
    return { digits: this.#digits, baseUs, counted };
  }

  /** Counts what is so far above a base besides, and some beyond all buckets. */
  addAbove(baseUs: number, counted: Counted[], beyond: number) {
    this.#settle();
    this.#beyond += beyond;
    if (counted.length === 0) return;
    this.#sinkTo(Math.floor(baseUs / STEP_US) * STEP_US);
    for (const [us, count] of counted) this.#put(baseUs + us, count);
  }

  /** Counts those of another one besides. */
  add(other: FloorHistogram) {
    this.#settle();
    other.#settle();
    if (other.#baseUs === Infinity) return;
    this.#sinkTo(other.#baseUs);
    for (const [us, count] of other.#counted()) this.#put(us, count);
    this.#beyond += other.#beyond;
  }

  /**
   * The value that so many percent of all don't exceed, by nearest rank: no less than the first, no more than the
   * second, in µs. Not a number where there is no value; without an end where it is one in no bucket.
   */
  percentileRangeUs(percent: number): [minUs: number, maxUs: number] {
    this.#settle();
    const inBuckets = this.#counts.total;
    if (inBuckets === 0) return [NaN, NaN];
    const percentOfThose = percent * (inBuckets + this.#beyond) / inBuckets;
    if (percentOfThose > 100 + 1e-9) return [this.#baseUs + MAX_ABOVE_US, Infinity];
    const rank = Math.min(percentOfThose, 100) / 100 * inBuckets;
    // Less what a double may be off by, so that 50 % of 4 is the second one and not the third.
    const nth = Math.max(1, Math.ceil(rank - 2 ** (Math.floor(Math.log2(rank)) - 52)));
    const aboveUs = this.#buckets.valueFromIndex(this.#counts.indexOf(nth));
    const fromUs = this.#startUs(aboveUs);
    const widthUs = this.#widthUs(aboveUs);
    // What is in wider buckets right above may have been rounded down to this one.
    const nextUs = this.#widthUs(aboveUs + 2 * widthUs);
    return [fromUs, fromUs + (nextUs > STEP_US ? nextUs : widthUs) - 1];
  }

  /** The text that HdrHistogram's plotters read, in ms above the value given; what is in no bucket is at the max. */
  textAbove(floorUs: number, maxUs: number): string {
    this.#settle();
    const shown = newHistogram(this.#digits);
    for (const [us, count] of this.#counted()) {
      shown.recordValueWithCount(Math.max(0, us - floorUs), count);
    }
    if (this.#beyond > 0) {
      const aboveUs = Math.min(Math.max(0, maxUs - floorUs), MAX_SHOWN_US);
      shown.recordValueWithCount(aboveUs, this.#beyond);
    }
    return shown.outputPercentileDistribution(5, 1000);
  }

  /** Counts the batch; when that happens changes nothing that is ever read. Returns whether the base sank for it. */
  #settle(): boolean {
    if (this.#batched === 0) return false;
    const batch = this.#batch!;
    const batched = this.#batched;
    this.#batched = 0;
    let minUs = Infinity;
    for (let n = 0; n < batched; n++) if (batch[n] < minUs) minUs = batch[n];
    const hasSunk = this.#sinkTo((Math.floor(minUs / STEP_US) - 1) * STEP_US);
    for (let n = 0; n < batched; n++) this.#put(batch[n], 1);
    return hasSunk;
  }

  #put(us: number, count: number) {
    const aboveUs = us - this.#baseUs;
    if (aboveUs > MAX_ABOVE_US) this.#beyond += count;
    else this.#counts.add(this.#buckets.countsArrayIndex(this.#rounded(us) - this.#baseUs), count);
  }

  /**
   * To a multiple of the width that its bucket has, of which each bucket holds one: in buckets wider than a step,
   * what lies above a base that moves would be rounded each time, and fall with it.
   */
  #rounded(us: number): number {
    const aboveUs = us - this.#baseUs;
    // Nearly all: their buckets are no wider than a step.
    if (aboveUs < this.#buckets.subBucketCount * STEP_US) return us;
    const widthUs = this.#widthUs(aboveUs);
    return Math.floor(us / widthUs) * widthUs;
  }

  /** What was rounded so to be in the bucket that holds what is so far above the base. */
  #startUs(aboveUs: number): number {
    const widthUs = this.#widthUs(aboveUs);
    const startUs = this.#buckets.lowestEquivalentValue(aboveUs) + this.#baseUs;
    return Math.ceil(startUs / widthUs) * widthUs;
  }

  #widthUs(aboveUs: number): number {
    const { subBucketCount } = this.#buckets;
    return aboveUs < subBucketCount
      ? 1
      : 2 ** (Math.floor(Math.log2(aboveUs / subBucketCount)) + 1);
  }

  /** The base goes by the least value alone, not by the order or the batches in which values came. */
  #sinkTo(baseUs: number): boolean {
    if (baseUs >= this.#baseUs) return false;
    const counted = [...this.#counted()];
    this.#counts.clear();
    this.#baseUs = baseUs;
    for (const [us, count] of counted) this.#put(us, count);
    return true;
  }

  *#counted(): Generator<Counted> {
    for (const [index, count] of this.#counts) {
      yield [this.#startUs(this.#buckets.valueFromIndex(index)), count];
    }
  }
}

function newBatch(size: number): number[] {
  return new Array<number>(size).fill(NaN); // doubles from the start
}

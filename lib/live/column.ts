/** One column of a plot: what a stretch of time held. Columns merge, and lose no extreme and no count. */

import { BUCKETS, valueOfBucket } from "./buckets.ts";

/** Those that columns gave back, all zero: a column is filled ten times a second. */
const spare: Float64Array[] = [];
const MAX_SPARE = 16;

export const SHOWN = [0.5, 0.9, 0.99] as const;

/** What of a column is drawn; µs, `NaN` where it holds no value. */
export interface ColumnView {
  count: number;
  minUs: number;
  percentilesUs: number[];
  maxUs: number;
  lost: number;
  offsetUs: number;
  boundUs: number;
}

export class Column {
  count = 0;
  minUs = Infinity;
  maxUs = -Infinity;
  lost = 0;
  /** Of the clock: the last estimate, and the widest bound. */
  offsetUs = NaN;
  boundUs = NaN;
  /** While it is filled: counts by bucket. */
  #open: Float64Array | undefined;
  /** Where those are. */
  #low = BUCKETS;
  #high = -1;
  /** Once it is closed: bucket, count, bucket, count … */
  #closed: Uint32Array | undefined;

  /** @param bucket of the value, which is asked for once for all columns that take it */
  record(us: number, bucket: number) {
    const open = this.#open ?? this.#reopen();
    open[bucket]++;
    if (bucket < this.#low) this.#low = bucket;
    if (bucket > this.#high) this.#high = bucket;
    this.count++;
    if (us < this.minUs) this.minUs = us;
    if (us > this.maxUs) this.maxUs = us;
  }

  recordClock(offsetUs: number, boundUs: number) {
    this.offsetUs = offsetUs;
    this.boundUs = Math.max(boundUs, Number.isNaN(this.boundUs) ? 0 : this.boundUs);
  }

  /** Gives back what only a column that is filled needs. */
  close() {
    if (!this.#open) return;
    const open = this.#open;
    const kept: number[] = [];
    for (let bucket = this.#low; bucket <= this.#high; bucket++) {
      if (open[bucket] > 0) kept.push(bucket, open[bucket]);
    }
    this.#closed = Uint32Array.from(kept);
    this.#open = undefined;
    open.fill(0);
    if (spare.length < MAX_SPARE) spare.push(open);
  }

  /** Takes in another one, which comes after it. */
  add(other: Column) {
    const open = other.count > 0 ? this.#reopen() : undefined;
    for (const [bucket, count] of other.#counts()) open![bucket] += count;
    this.#low = Math.min(this.#low, other.#low);
    this.#high = Math.max(this.#high, other.#high);
    this.count += other.count;
    this.minUs = Math.min(this.minUs, other.minUs);
    this.maxUs = Math.max(this.maxUs, other.maxUs);
    this.lost += other.lost;
    if (!Number.isNaN(other.offsetUs)) this.recordClock(other.offsetUs, other.boundUs);
  }

  /** Forgets the values, which turned out to be no delays. */
  clearValues() {
    this.#open = this.#closed = undefined;
    this.#low = BUCKETS;
    this.#high = -1;
    this.count = 0;
    this.minUs = Infinity;
    this.maxUs = -Infinity;
  }

  /** @param baseUs what the buckets count from */
  view(baseUs: number): ColumnView {
    const { count, lost, offsetUs, boundUs } = this;
    const [minUs, maxUs] = count > 0 ? [this.minUs, this.maxUs] : [NaN, NaN];
    return {
      count,
      minUs,
      percentilesUs: this.#percentiles(baseUs),
      maxUs,
      lost,
      offsetUs,
      boundUs,
    };
  }

  /** By nearest rank, and never outside the extremes, which are exact. */
  #percentiles(baseUs: number): number[] {
    const shown = SHOWN.map(() => NaN);
    let [sum, next] = [0, 0];
    for (const [bucket, count] of this.#counts()) {
      sum += count;
      while (next < SHOWN.length && sum >= Math.ceil(SHOWN[next] * this.count)) {
        const us = valueOfBucket(bucket) + baseUs;
        shown[next++] = Math.min(this.maxUs, Math.max(this.minUs, us));
      }
    }
    return shown;
  }

  #reopen(): Float64Array {
    if (this.#open) return this.#open;
    const open = spare.pop() ?? new Float64Array(BUCKETS);
    for (const [bucket, count] of this.#counts()) open[bucket] = count;
    this.#closed = undefined;
    return this.#open = open;
  }

  /** In ascending order. */
  *#counts(): Generator<[bucket: number, count: number]> {
    if (this.#open) {
      for (let bucket = this.#low; bucket <= this.#high; bucket++) {
        if (this.#open[bucket] > 0) yield [bucket, this.#open[bucket]];
      }
    } else if (this.#closed) {
      for (let at = 0; at < this.#closed.length; at += 2) {
        yield [this.#closed[at], this.#closed[at + 1]];
      }
    }
  }
}

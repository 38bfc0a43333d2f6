/** HdrHistogram's buckets, that begin at 0. */

// Its own file, as the whole package takes ten times as long to load; the WebAssembly build can't be iterated.
import float64 from "hdr-histogram-js/dist/Float64Histogram.js";

export type Digits = 2 | 3 | 4;
/** A value in µs, and how many there are of it. */
export type Counted = [us: number, count: number];
/** What is shown begins with so much; it grows by itself. */
export const INITIAL_MAX_US = 1 << 15;

const Histogram = float64.default; // a CommonJS module behind an ES import

export function newHistogram(digits: Digits) {
  const histogram = new Histogram(1, INITIAL_MAX_US, digits);
  histogram.autoResize = true;
  return histogram;
}

export type Buckets = Pick<
  ReturnType<typeof newHistogram>,
  | "subBucketCount"
  | "countsArrayIndex"
  | "valueFromIndex"
  | "lowestEquivalentValue"
  | "highestEquivalentValue"
>;

const BUCKETS: Partial<Record<Digits, Buckets>> = {};

/** One for all of so many digits: counts are kept elsewhere. */
export function bucketsOf(digits: Digits): Buckets {
  return BUCKETS[digits] ??= newHistogram(digits);
}

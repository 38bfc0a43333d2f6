/** HdrHistogram's buckets, that begin at 0. */

// Its own file, as the whole package takes ten times as long to load; the WebAssembly build can't be iterated.
import float64 from "hdr-histogram-js/dist/Float64Histogram.js";

export type Digits = 2 | 3 | 4;
/** A value in µs, and how many there are of it. */
export type Counted = [us: number, count: number];
/** It grows by itself; a megabyte for each subject of a wildcard, before anything was late, would be too much. */
export const INITIAL_MAX_US = 1 << 15;

const Histogram = float64.default; // a CommonJS module behind an ES import

export function newHistogram(digits: Digits) {
  const histogram = new Histogram(1, INITIAL_MAX_US, digits);
  histogram.autoResize = true;
  return histogram;
}

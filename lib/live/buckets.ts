/** Values of either sign counted in buckets that are 1/16 of an octave wide: within 6.25 % of what they hold. */

const PER_OCTAVE = 16;
/** 2^36 µs are 19 hours; what is beyond is in the last bucket. */
const HALF = 37 * PER_OCTAVE;
export const BUCKETS = 2 * HALF;

/** Which bucket holds a value in µs; all within a microsecond of 0 are in the one in the middle. */
export function bucketOf(us: number): number {
  const magnitude = Math.abs(us);
  if (magnitude < 1) return HALF;
  const index = Math.min(HALF - 1, 1 + Math.floor(Math.log2(magnitude) * PER_OCTAVE));
  return us > 0 ? HALF + index : HALF - index;
}

/** The middle of a bucket in µs, by ratio. */
export function valueOfBucket(bucket: number): number {
  const index = Math.abs(bucket - HALF);
  if (index === 0) return 0;
  return Math.sign(bucket - HALF) * 2 ** ((index - 0.5) / PER_OCTAVE);
}

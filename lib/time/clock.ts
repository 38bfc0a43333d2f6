/** Wall and monotonic time in microseconds, as two types that can't be mixed by mistake. */

/** Marks a time with the clock that it is of; there is none at run time. */
export declare const timeline: unique symbol;

/** Microseconds since the UNIX epoch by this machine's wall clock: may step, may be compared across processes. */
export type WallUs = number & { readonly [timeline]: "wall" };

/** Microseconds since this process started: never steps, means nothing to another process. */
export type MonoUs = number & { readonly [timeline]: "monotonic" };

/** Where time comes from; handed in, so that a test takes no real time. */
export interface Clock {
  /** The wall clock's time now. */
  wallUs(): WallUs;
  /** The monotonic clock's time now. */
  monoUs(): MonoUs;
}

/** This machine's clocks. `Temporal.Now` resolves microseconds, `Date.now()` only milliseconds. */
export const systemClock: Clock = {
  wallUs: () => Number(Temporal.Now.instant().epochNanoseconds / 1000n) as WallUs,
  monoUs: () => performance.now() * 1000 as MonoUs,
};

/** One moment on both clocks. */
export interface Moment {
  /** By the wall clock. */
  wallUs: WallUs;
  /** By the monotonic clock. */
  monoUs: MonoUs;
}

/** The two clocks of a moment are read within this, or read again: a thread can be put aside in between. */
const WITHIN_US = 50;
const MAX_READINGS = 8;

/** Reads both clocks for one moment; where they can't be read within 50 µs, the closest of eight readings. */
export function momentOf(clock: Clock): Moment {
  let closest: Moment | undefined;
  let withinUs = Infinity;
  for (let readings = 0; readings < MAX_READINGS && withinUs > WITHIN_US; readings++) {
    const monoUs = clock.monoUs();
    const wallUs = clock.wallUs();
    const tookUs = clock.monoUs() - monoUs;
    if (closest && tookUs >= withinUs) continue;
    withinUs = tookUs;
    closest = { wallUs, monoUs };
  }
  return closest!;
}

/** Wall and monotonic time in microseconds, as two types that can't be mixed by mistake. */

declare const timeline: unique symbol;

/** Microseconds since the UNIX epoch by this machine's wall clock: may step, may be compared across processes. */
export type WallUs = number & { readonly [timeline]: "wall" };

/** Microseconds since this process started: never steps, means nothing to another process. */
export type MonoUs = number & { readonly [timeline]: "monotonic" };

/** Where time comes from; handed in, so that a test takes no real time. */
export interface Clock {
  wallUs(): WallUs;
  monoUs(): MonoUs;
}

/** This machine's clocks. `Temporal.Now` resolves microseconds, `Date.now()` only milliseconds. */
export const systemClock: Clock = {
  wallUs: () => Number(Temporal.Now.instant().epochNanoseconds / 1000n) as WallUs,
  monoUs: () => performance.now() * 1000 as MonoUs,
};

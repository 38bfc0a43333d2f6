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

/** One moment on both clocks. */
export interface Moment {
  wallUs: WallUs;
  monoUs: MonoUs;
}

/** The two clocks of a moment are read within this, or read again: a thread can be put aside in between. */
const WITHIN_US = 50;

/** Reads both clocks for one moment. */
export function momentOf(clock: Clock): Moment {
  for (let tries = 3;; tries--) {
    const monoUs = clock.monoUs();
    const wallUs = clock.wallUs();
    if (tries === 1 || clock.monoUs() - monoUs <= WITHIN_US) return { wallUs, monoUs };
  }
}

/** What the wall clock may gain or lose against the monotonic one without having stepped: NTP slews at 500 ppm. */
const SLEW = 500e-6;
const STEP_US = 1000;

/** Watches this machine's wall clock for steps, against its monotonic clock. */
export class StepWatch {
  /** Steps so far. */
  steps = 0;
  #last: Moment | undefined;

  /** Takes in a moment; returns by how much the wall clock has stepped since the one before, mostly 0. */
  check({ wallUs, monoUs }: Moment): number {
    const last = this.#last;
    this.#last = { wallUs, monoUs };
    if (!last) return 0;
    const passedUs = monoUs - last.monoUs;
    const steppedUs = wallUs - last.wallUs - passedUs;
    if (Math.abs(steppedUs) < STEP_US + SLEW * Math.abs(passedUs)) return 0;
    this.steps++;
    return Math.round(steppedUs);
  }
}

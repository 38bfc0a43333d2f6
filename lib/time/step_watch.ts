/** Steps of this machine's wall clock, seen against its monotonic clock. */

import type { Moment } from "./clock.ts";

/**
 * What a step has at least: twice what the reading of two moments may be off (50 µs each way), and half of
 * 0.2 ms, so that every step of 0.2 ms is seen.
 */
const STEP_US = 100;
/**
 * What the wall clock may gain or lose without having stepped, as NTP slews it at 500 ppm. Linux slews its
 * monotonic clock along, other systems don't.
 */
const SLEW_PPM = 500;
/** Two steps within this are no steps: it is slewed, faster than NTP would. */
const SOON_US = 100e3;
/** No clock is slewed faster: Linux takes a tenth at most. */
const MAX_SLEW_PPM = 100_000;
/** How long a faster slew is expected to go on. */
const CALM_US = 10e6;
/** A slew that was seen may double. */
const ROOM = 2;

export class StepWatch {
  /** Steps so far. */
  steps = 0;
  #last: Moment | undefined;
  #steppedUs = -Infinity;
  #slewPpm = SLEW_PPM;
  #slewedUs = -Infinity;

  /**
   * Takes in a moment; returns by how much the wall clock has stepped since the one before, mostly 0. A slew
   * that is faster than 500 ppm is seen as two steps, then for what it is, until it has ended for 10 s.
   */
  check({ wallUs, monoUs }: Moment): number {
    const last = this.#last;
    // Arrivals are looked at later than they were stamped: one from before a step that is known is no step back.
    if (last && monoUs < last.monoUs) return 0;
    this.#last = { wallUs, monoUs };
    if (!last) return 0;
    const passedUs = monoUs - last.monoUs;
    const gainedUs = wallUs - last.wallUs - (monoUs - last.monoUs);
    const awayUs = Math.abs(gainedUs) - STEP_US;
    if (monoUs - this.#slewedUs > CALM_US) this.#slewPpm = SLEW_PPM;
    if (awayUs < this.#slewPpm * passedUs / 1e6) {
      if (awayUs >= SLEW_PPM * passedUs / 1e6) this.#slewedUs = monoUs;
      return 0;
    }
    const ppm = Math.abs(gainedUs) / passedUs * 1e6;
    if (last.monoUs - this.#steppedUs <= SOON_US && ppm <= MAX_SLEW_PPM) {
      this.#slewPpm = ROOM * ppm;
      this.#slewedUs = monoUs;
    }
    this.#steppedUs = monoUs;
    this.steps++;
    return Math.round(gainedUs);
  }
}

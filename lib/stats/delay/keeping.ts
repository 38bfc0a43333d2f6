/** How much is kept of one peer's delays: all there is of the first ones, and less of each of many. */

import type { Digits } from "./histogram.ts";

export interface Keeping {
  /** Significant digits of dt and delay. */
  digits: Digits;
  /** Ticks that wait for an offset at most. */
  waiting: number;
  /** Both ends read one clock: nothing waits for an offset, as it is exactly zero. */
  sharesClock?: boolean;
}

/** Exact to 1 µs or 0.1 %, and all ticks of the first ten seconds at 10 ms. */
export const FINE: Keeping = { digits: 4, waiting: 1024 };
/** Of one peer among many: exact to 4 µs or 0.1 %. */
export const COARSE: Keeping = { digits: 3, waiting: 64 };

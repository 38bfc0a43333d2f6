/**
 * How fast the peer's clock gains on ours, from one-way delays alone: the line below all points (t, dt)
 * that comes closest to them is an edge of their lower convex hull, the one over the mean of t
 * (Moon, Skelly and Towsley 1999, "Estimation and removal of clock skew from network delay measurements").
 */

export type SkewFigures =
  | { state: "known"; ppm: number }
  | { state: "unknown"; why: string };

const LEAST_US = 30e6;
const LEAST_TICKS = 100;
/** A hull has about the logarithm of the number of ticks for corners; more are thinned out. */
const MOST_CORNERS = 1024;

export class ClockSkew {
  #count = 0;
  #meanUs = 0;
  #firstUs = NaN;
  #lastUs = NaN;
  /** Corners of the hull, from left to right. */
  #hull: { atUs: number; dtUs: number }[] = [];

  /** Takes in a tick; `atUs` never decreases. */
  record(atUs: number, dtUs: number) {
    if (this.#count === 0) this.#firstUs = atUs;
    this.#lastUs = atUs;
    this.#count++;
    this.#meanUs += (atUs - this.#meanUs) / this.#count;
    const hull = this.#hull;
    // Two at the same moment: the lower one counts.
    if (hull.at(-1)?.atUs === atUs) {
      if (hull.at(-1)!.dtUs <= dtUs) return;
      hull.pop();
    }
    // Andrew's monotone chain: what lies on or above the line to the new point is no corner any more.
    while (hull.length > 1 && !turnsLeft(hull.at(-2)!, hull.at(-1)!, atUs, dtUs)) hull.pop();
    hull.push({ atUs, dtUs });
    if (hull.length > MOST_CORNERS) {
      this.#hull = hull.filter((_, i) => i % 2 === 0 || i > hull.length - 3);
    }
  }

  /** In parts per million; positive where the peer's clock runs faster than ours. */
  figures(): SkewFigures {
    const forUs = this.#lastUs - this.#firstUs;
    if (!(forUs >= LEAST_US)) {
      const hasS = Math.floor((forUs || 0) / 1e6);
      return {
        state: "unknown",
        why: `needs ${LEAST_US / 1e6} s since the clocks were last set, has ${hasS}`,
      };
    }
    if (this.#count < LEAST_TICKS) {
      return { state: "unknown", why: `needs ${LEAST_TICKS} ticks, has ${this.#count}` };
    }
    const hull = this.#hull;
    const right = Math.max(1, hull.findIndex(({ atUs }) => atUs >= this.#meanUs));
    const [a, b] = [hull[right - 1], hull[right]];
    const slope = (b.dtUs - a.dtUs) / (b.atUs - a.atUs);
    // dt = t_real - t_sign falls where t_sign gains; -0 is 0
    return { state: "known", ppm: 0 - slope * 1e6 };
  }
}

function turnsLeft(
  a: { atUs: number; dtUs: number },
  b: { atUs: number; dtUs: number },
  atUs: number,
  dtUs: number,
): boolean {
  return (b.atUs - a.atUs) * (dtUs - a.dtUs) > (b.dtUs - a.dtUs) * (atUs - a.atUs);
}

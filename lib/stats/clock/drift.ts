/**
 * How fast the peer's clock gains on ours, from one-way delays alone. Where nothing was in a tick's way,
 * dt lies on a line whose slope is the drift: the lower hull's edge over the mean of t tells where that line
 * is (Moon, Skelly and Towsley 1999, "Estimation and removal of clock drift from network delay
 * measurements"), and the least squares of what lies near it tell its slope three times as exactly.
 */

export type DriftEstimate =
  | { state: "known"; ppm: number }
  | { state: "unknown"; why: string };

const MIN_US = 30e6;
const MIN_TICKS = 10;
/** Of each stretch of time, the tick with the least dt is kept; stretches double once there are so many. */
const MAX_POINTS = 64;
const FIRST_POINTS = 4;
const FIRST_STRETCH_US = 0.5e6;
/** Near the line is what lies above it at most this many times as far as half of the points. */
const NEAR = 2;
const ROUNDS = 2;

interface Point {
  atUs: number;
  dtUs: number;
}

export class ClockDrift {
  #count = 0;
  #firstUs = NaN;
  #lastUs = NaN;
  #stretchUs = FIRST_STRETCH_US;
  #stretchEndUs = -Infinity;
  /** Of each point both times, one after the other: as objects they take three times as much. */
  #times = new Float64Array(2 * FIRST_POINTS);
  #points = 0;

  /** Takes in a tick; `atUs` never decreases. */
  record(atUs: number, dtUs: number) {
    if (this.#count++ === 0) this.#firstUs = atUs;
    this.#lastUs = atUs;
    if (atUs < this.#stretchEndUs) {
      const last = this.#points - 1;
      if (dtUs < this.#times[2 * last + 1]) this.#set(last, atUs, dtUs);
      return;
    }
    if (this.#points === MAX_POINTS) this.#merge();
    const passed = Math.floor((atUs - this.#firstUs) / this.#stretchUs);
    this.#stretchEndUs = this.#firstUs + (passed + 1) * this.#stretchUs;
    this.#set(this.#points++, atUs, dtUs);
  }

  /** In parts per million; positive where the peer's clock runs faster than ours. */
  statistics(): DriftEstimate {
    const forUs = this.#lastUs - this.#firstUs;
    if (!(forUs >= MIN_US)) {
      const hasS = Math.floor((forUs || 0) / 1e6);
      return {
        state: "unknown",
        why: `needs ${MIN_US / 1e6} s of data, has ${hasS} s`,
      };
    }
    if (this.#count < MIN_TICKS) {
      return { state: "unknown", why: `needs ${MIN_TICKS} ticks, has ${this.#count}` };
    }
    const points = Array.from({ length: this.#points }, (_, point) => this.#get(point));
    let slope = hullSlope(points);
    for (let round = 0; round < ROUNDS; round++) slope = slopeOf(nearest(points, slope));
    // dt = t_real - t_sign falls where t_sign gains; -0 is 0
    return { state: "known", ppm: 0 - slope * 1e6 };
  }

  /** Of each two, the one with the less dt. */
  #merge() {
    this.#stretchUs *= 2;
    this.#points /= 2;
    for (let point = 0; point < this.#points; point++) {
      const [a, b] = [this.#get(2 * point), this.#get(2 * point + 1)];
      const { atUs, dtUs } = b.dtUs < a.dtUs ? b : a;
      this.#set(point, atUs, dtUs);
    }
  }

  #get(point: number): Point {
    return { atUs: this.#times[2 * point], dtUs: this.#times[2 * point + 1] };
  }

  #set(point: number, atUs: number, dtUs: number) {
    if (2 * point === this.#times.length) {
      const times = new Float64Array(2 * this.#times.length);
      times.set(this.#times);
      this.#times = times;
    }
    this.#times[2 * point] = atUs;
    this.#times[2 * point + 1] = dtUs;
  }
}

/** Of the edge of the lower hull over the mean of t: the line below all points that comes closest to them. */
function hullSlope(points: Point[]): number {
  const hull: Point[] = [];
  for (const point of points) {
    // Andrew's monotone chain: what lies on or above the line to the new point is no corner any more.
    while (hull.length > 1 && !turnsLeft(hull.at(-2)!, hull.at(-1)!, point)) hull.pop();
    hull.push(point);
  }
  const mean = meanOf(points.map(({ atUs }) => atUs));
  const right = Math.max(1, hull.findIndex(({ atUs }) => atUs >= mean));
  const [a, b] = [hull[right - 1], hull[right]];
  return (b.dtUs - a.dtUs) / (b.atUs - a.atUs);
}

function turnsLeft(a: Point, b: Point, { atUs, dtUs }: Point): boolean {
  return (b.atUs - a.atUs) * (dtUs - a.dtUs) > (b.dtUs - a.dtUs) * (atUs - a.atUs);
}

function nearest(points: Point[], slope: number): Point[] {
  const heights = points.map(({ atUs, dtUs }) => dtUs - slope * (atUs - points[0].atUs));
  const sorted = heights.toSorted((a, b) => a - b);
  const half = sorted[sorted.length >> 1] - sorted[0];
  return points.filter((_, n) => heights[n] - sorted[0] <= NEAR * half);
}

/** By least squares. */
function slopeOf(points: Point[]): number {
  const [atUs, dtUs] = [points.map((point) => point.atUs), points.map((point) => point.dtUs)];
  const [meanAtUs, meanDtUs] = [meanOf(atUs), meanOf(dtUs)];
  const covariance = atUs.reduce((sum, us, n) => sum + (us - meanAtUs) * (dtUs[n] - meanDtUs), 0);
  return covariance / atUs.reduce((sum, us) => sum + (us - meanAtUs) ** 2, 0);
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

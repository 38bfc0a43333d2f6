/**
 * An interval that a drifting quantity lies within: what each observation says, widened by its age, all of
 * them intersected (Marzullo 1984; RFC 5905 §11.2.1). Widening what is left of all earlier ones and
 * intersecting it with the next is the same as widening each by its own age, so that two numbers are enough.
 */

import type { MonoUs } from "../../time/clock.ts";

export interface Bounds {
  minUs: number;
  maxUs: number;
}

/** After a contradiction it widens this much faster, each time; this decays over the ten seconds that follow. */
const FASTER = 4;
const DECAY_US = 10e6;
/** 128,000 ppm for 500: more than the tenth by which Linux can be told to slew. */
const FASTEST = 256;

/** Everything, as nothing is known. */
const UNKNOWN: Bounds = { minUs: -Infinity, maxUs: Infinity };

export class DriftingInterval {
  #bounds = UNKNOWN;
  #ppm: number;
  #driftPpm = 0;
  #asOfUs = -Infinity;
  #faster = 1;
  #fasterSinceUs = -Infinity;

  /** @param ppm the most that the quantity changes, apart from the drift, which is 0 unless it is set */
  constructor(ppm: number) {
    this.#ppm = ppm;
  }

  /** From now on it changes by the drift, give or take this many parts per million. */
  follow(ppm: number, driftPpm: number) {
    this.#ppm = ppm;
    this.#driftPpm = driftPpm;
  }

  /** Whether it is bounded on both sides. */
  get isBounded(): boolean {
    return this.#bounds.minUs > -Infinity && this.#bounds.maxUs < Infinity;
  }

  /** What the quantity lies within at a moment that isn't before the last observation. */
  at(nowUs: MonoUs): Bounds {
    const { minUs, maxUs } = this.#bounds;
    const forUs = Math.max(0, nowUs - this.#asOfUs);
    if (forUs === 0 || forUs === Infinity) return this.#bounds;
    // The mean of the rates at both ends, which as they decay is no less than the rate was on average.
    const ppm = (this.ppmAt(this.#asOfUs as MonoUs) + this.ppmAt(nowUs)) / 2;
    return {
      minUs: minUs + (this.#driftPpm - ppm) * forUs / 1e6,
      maxUs: maxUs + (this.#driftPpm + ppm) * forUs / 1e6,
    };
  }

  /** How fast it widens on each side. */
  ppmAt(nowUs: MonoUs): number {
    const left = 1 - (nowUs - this.#fasterSinceUs) / DECAY_US;
    return left > 0 ? this.#ppm * (1 + (this.#faster - 1) * left) : this.#ppm;
  }

  /** What an observation that was true so long ago says of now. */
  aged({ minUs, maxUs }: Bounds, ageUs: number, nowUs: MonoUs): Bounds {
    const ppm = this.ppmAt(nowUs);
    return {
      minUs: minUs + (this.#driftPpm - ppm) * ageUs / 1e6,
      maxUs: maxUs + (this.#driftPpm + ppm) * ageUs / 1e6,
    };
  }

  /**
   * Takes in an observation of now. One that contradicts all before it is believed alone.
   *
   * @returns by how much it contradicts them; 0 where it doesn't
   */
  narrow(observed: Bounds, nowUs: MonoUs): number {
    const before = this.at(nowUs);
    this.#asOfUs = Math.max(this.#asOfUs, nowUs);
    const minUs = Math.max(before.minUs, observed.minUs);
    const maxUs = Math.min(before.maxUs, observed.maxUs);
    this.#bounds = minUs <= maxUs ? { minUs, maxUs } : observed;
    if (minUs <= maxUs) return 0;
    this.hurry(nowUs);
    return minUs - maxUs;
  }

  /** It changes faster than it was thought to: widens faster for a while. */
  hurry(nowUs: MonoUs) {
    const left = Math.max(0, 1 - (nowUs - this.#fasterSinceUs) / DECAY_US);
    this.#faster = Math.min(FASTEST, FASTER * (1 + (this.#faster - 1) * left));
    this.#fasterSinceUs = nowUs;
  }

  /** Begins anew: as a step leaves it unknown, or from what is known otherwise. */
  restart(bounds: Bounds = UNKNOWN) {
    this.#bounds = bounds;
  }
}

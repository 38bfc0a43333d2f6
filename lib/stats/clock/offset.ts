/** The peer's clock minus ours, from the four timestamps that ride on the ticks (RFC 5905 §8 and §10). */

import type { MonoUs } from "../../time/clock.ts";

/** Four timestamps of one exchange, in µs of whichever clock. */
export interface Timestamps {
  /** Our tick's `t_sign`, by our clock. */
  t1Us: number;
  /** The peer's `t_real` for it, by its clock. */
  t2Us: number;
  /** The peer's tick's `t_sign`, by its clock. */
  t3Us: number;
  /** Our `t_real` for it, by our clock. */
  t4Us: number;
}

export interface OffsetEstimate {
  /** Peer's clock minus ours. */
  offsetUs: number;
  /** The offset is within ± this, whatever the delays of the two ways are. */
  boundUs: number;
  /** Both ways together, of the sample that is believed. */
  roundTripUs: number;
}

/** The clock filter's register (RFC 5905 §10): the best sample of each of the last eight seconds. */
const STAGES = 8;
const STAGE_US = 1e6;
/** What the two clocks may drift apart as long as their drift isn't known: crystals are within 50 ppm each. */
const UNKNOWN_DRIFT = 120e-6;
/** PHI of RFC 5905: what they may besides, once it is known. */
const PHI = 15e-6;
/** Times are in whole µs, rounded down. */
const PRECISION_US = 1;

interface Sample {
  offsetUs: number;
  roundTripUs: number;
  /** From T1 to T4: the clocks drift in that time too. */
  tookUs: number;
  atUs: MonoUs;
}

interface Stage extends Sample {
  sinceUs: MonoUs;
}

export class ClockOffset {
  /** Samples taken in since the clocks last stepped. */
  samples = 0;
  #stages: Stage[] = [];
  #best: Sample | undefined;
  #drift = UNKNOWN_DRIFT;

  /**
   * Takes in one exchange. θ = ((T2 - T1) + (T3 - T4)) / 2, δ = (T4 - T1) - (T3 - T2); a sample whose
   * round trip is negative can't be true, and is left out.
   */
  record({ t1Us, t2Us, t3Us, t4Us }: Timestamps, nowUs: MonoUs): boolean {
    const roundTripUs = (t4Us - t1Us) - (t3Us - t2Us);
    if (roundTripUs < 0) return false;
    this.samples++;
    const offsetUs = (t2Us - t1Us + t3Us - t4Us) / 2;
    const sample = { offsetUs, roundTripUs, tookUs: t4Us - t1Us, atUs: nowUs, sinceUs: nowUs };
    const stages = this.#stages;
    const last = stages.at(-1);
    if (!last || nowUs - last.sinceUs >= STAGE_US) {
      stages.push(sample);
      if (stages.length > STAGES) stages.shift();
    } else if (this.#distanceUs(sample, nowUs) <= this.#distanceUs(last, nowUs)) {
      // Keeps the stage's own time, or else a stage that always improves would never end.
      stages[stages.length - 1] = { ...sample, sinceUs: last.sinceUs };
    } else return true;
    this.#best = stages.reduce((best, stage) =>
      this.#distanceUs(stage, nowUs) < this.#distanceUs(best, nowUs) ? stage : best
    );
    return true;
  }

  /** Once it is known how fast they drift apart, a sample ages by that. */
  drifts(ppm: number) {
    this.#drift = Math.abs(ppm) / 1e6 + PHI;
  }

  /** The offset as known now; nothing, as long as no tick of ours was echoed. */
  get offsetUs(): number | undefined {
    return this.#best?.offsetUs;
  }

  statistics(nowUs: MonoUs): OffsetEstimate | undefined {
    const best = this.#best;
    if (!best) return undefined;
    const { offsetUs, roundTripUs } = best;
    return { offsetUs, boundUs: this.#distanceUs(best, nowUs), roundTripUs };
  }

  /** The root distance of a sample: half its round trip, and what the clocks may have drifted in it and since. */
  #distanceUs({ roundTripUs, tookUs, atUs }: Sample, nowUs: MonoUs): number {
    const forUs = tookUs + Math.max(0, nowUs - atUs);
    return roundTripUs / 2 + PRECISION_US + this.#drift * forUs;
  }
}

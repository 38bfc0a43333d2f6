/** The peer's clock minus ours, from the four timestamps that ride on the ticks (RFC 5905 §8 and §10). */

import type { MonoUs } from "../clock.ts";

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

export interface OffsetFigures {
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
/** PHI of RFC 5905: what a clock may drift while a sample ages. */
const PHI = 15e-6;

interface Sample {
  offsetUs: number;
  roundTripUs: number;
  atUs: MonoUs;
}

export class ClockOffset {
  /** Samples taken in since the clocks last stepped. */
  samples = 0;
  #stages: Sample[] = [];
  #best: Sample | undefined;

  /**
   * Takes in one exchange. θ = ((T2 - T1) + (T3 - T4)) / 2, δ = (T4 - T1) - (T3 - T2); a sample whose
   * round trip is negative can't be true, and is left out.
   */
  record({ t1Us, t2Us, t3Us, t4Us }: Timestamps, nowUs: MonoUs): boolean {
    const roundTripUs = (t4Us - t1Us) - (t3Us - t2Us);
    if (roundTripUs < 0) return false;
    this.samples++;
    const sample = { offsetUs: (t2Us - t1Us + t3Us - t4Us) / 2, roundTripUs, atUs: nowUs };
    const stages = this.#stages;
    const last = stages.at(-1);
    if (!last || nowUs - last.atUs >= STAGE_US) {
      stages.push(sample);
      if (stages.length > STAGES) stages.shift();
    } else if (roundTripUs <= last.roundTripUs) {
      // Keeps the stage's own time, or else a stage that always improves would never end.
      stages[stages.length - 1] = { ...sample, atUs: last.atUs };
    } else return true;
    this.#best = stages.reduce((best, stage) =>
      distance(stage, nowUs) < distance(best, nowUs) ? stage : best
    );
    return true;
  }

  /** The offset as known now; nothing, as long as no tick of ours was echoed. */
  get offsetUs(): number | undefined {
    return this.#best?.offsetUs;
  }

  figures(nowUs: MonoUs): OffsetFigures | undefined {
    const best = this.#best;
    if (!best) return undefined;
    const { offsetUs, roundTripUs } = best;
    return { offsetUs, boundUs: distance(best, nowUs), roundTripUs };
  }
}

/** The root distance of a sample: half its round trip, and what the clocks may have drifted since. */
function distance({ roundTripUs, atUs }: Sample, nowUs: MonoUs): number {
  return roundTripUs / 2 + PHI * Math.max(0, nowUs - atUs);
}

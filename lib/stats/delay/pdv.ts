/**
 * Packet delay variation (RFC 5481 §4.2): how far dt is above its minimum, the drift of the clocks taken out.
 * It needs no offset, so nothing that happens on the way back is in it.
 *
 * The minimum is a floor that follows the clocks. A dt near it, within what they may have wandered since the
 * last one on the floor, is on the floor too. One further below came faster than all before: then those were
 * higher above the minimum than was thought.
 */

import type { MonoUs } from "../../time/clock.ts";
import { DelayHistogram, type DelayStatistics, PERCENTILES } from "./histogram.ts";

/** How the peer's clock changes against ours. */
export interface Wander {
  /** How fast it gains. */
  driftPpm: number;
  /** How far from that it may be. */
  ppm: number;
}

/** A clock that is slewed gains this much: a floor that sinks no faster may be its doing. */
const SLEW = 500e-6;
/** What the floor sank less than it might have is put down to noise for so long. */
const NOISE_US = 1e6;
/** After a restart, the first minimum is looked for this long. */
const NEW_US = 1e6;

export class DelayVariation {
  /**
   * Of what dt is above the floor, from a level on: a floor that turns out lower lowers the level. Exact to
   * 4 µs or 0.1 %, at a tenth of the memory that all digits take.
   */
  readonly #above = new DelayHistogram(3);
  #levelUs = 0;
  #floorUs = NaN;
  /** When a tick was on the floor. */
  #atUs = -Infinity;
  /** How far the floor may sink by clocks and noise. */
  #mayUs = 0;
  #newUntilUs = -Infinity;

  /** Takes in a tick that wasn't here before. */
  record(dtUs: number, monoUs: MonoUs, { driftPpm, ppm }: Wander, seq?: number, atUs?: number) {
    if (Number.isNaN(this.#floorUs)) this.#begin(dtUs, monoUs);
    const forUs = Math.max(0, monoUs - this.#atUs);
    // dt = t_real - t_sign falls where t_sign gains.
    const floorUs = this.#floorUs - driftPpm * forUs / 1e6;
    const mayRiseUs = ppm * forUs / 1e6;
    if (dtUs > floorUs + mayRiseUs) return this.#above.record(this.#from(floorUs, dtUs), seq, atUs);

    const maySinkUs = mayRiseUs + SLEW * forUs;
    const mayUs = Math.min(this.#mayUs + maySinkUs, Math.max(maySinkUs, SLEW * NOISE_US));
    const sankUs = Math.max(0, floorUs - dtUs);
    if (sankUs > mayUs && monoUs > this.#newUntilUs) this.#levelUs -= sankUs - mayUs;
    this.#mayUs = Math.max(0, mayUs - sankUs);
    this.#floorUs = dtUs;
    this.#atUs = monoUs;
    this.#above.record(this.#from(dtUs, dtUs), seq, atUs);
  }

  /** After a step of a clock, and with another sender, the floor is somewhere else. */
  restart() {
    this.#floorUs = NaN;
  }

  /** Adds what is above the minimum to the values of others. */
  addTo(sum: DelayHistogram) {
    if (this.#above.count > 1) sum.addMoved(this.#above, -this.#above.minUs);
  }

  /** Nothing, as long as there is nothing to vary from. */
  statistics(percents = PERCENTILES): DelayStatistics | undefined {
    if (this.#above.count < 2) return undefined;
    const statistics = this.#above.statistics(percents);
    const { minUs, meanUs, percentilesUs, max } = statistics;
    const above = percents.map((percent) => [percent, percentilesUs[percent] - minUs]);
    return {
      ...statistics,
      minUs: 0,
      meanUs: meanUs - minUs,
      percentilesUs: Object.fromEntries(above),
      max: { ...max, us: max.us - minUs },
    };
  }

  #begin(dtUs: number, monoUs: MonoUs) {
    this.#floorUs = dtUs;
    this.#atUs = monoUs;
    this.#mayUs = 0;
    // What was recorded before a restart is not to be raised by where this one happens to begin.
    if (this.#above.count > 0) this.#newUntilUs = monoUs + NEW_US;
  }

  #from(floorUs: number, dtUs: number): number {
    return Math.round(dtUs - floorUs + this.#levelUs);
  }
}

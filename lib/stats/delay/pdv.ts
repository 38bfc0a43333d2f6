/**
 * Packet delay variation (RFC 5481 §4.2): how far dt is above its minimum, the drift of the clocks taken out.
 * It needs no offset, so nothing that happens on the way back is in it.
 *
 * What dt is above is a floor that drifts with the clocks. A dt a little below it, by no more than the clocks
 * may have wandered since the last one on the floor, says that they did. One further below was faster than
 * all before: then those lay higher above the minimum than was thought.
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

/** After a restart, the first minimum is looked for this long. */
const NEW_US = 1e6;

export class DelayVariation {
  /** Of what dt is above the floor; less, where it was below the minimum then known. */
  readonly #above = new DelayHistogram(3);
  #floorUs = NaN;
  #asOfUs = -Infinity;
  /** What is recorded of a dt on the floor: 0, and less after each new minimum. */
  #levelUs = 0;
  #newUntilUs = -Infinity;

  /** Takes in a tick that wasn't here before. */
  record(dtUs: number, monoUs: MonoUs, { driftPpm, ppm }: Wander, seq?: number, atUs?: number) {
    if (Number.isNaN(this.#floorUs)) {
      this.#floorUs = dtUs;
      // What was recorded before a restart is not to be raised by where this one happens to begin.
      if (this.#above.count > 0) this.#newUntilUs = monoUs + NEW_US;
    } else {
      const forS = Math.max(0, monoUs - this.#asOfUs) / 1e6;
      // dt = t_real - t_sign falls where t_sign gains.
      const floorUs = this.#floorUs - driftPpm * forS;
      const wanderedUs = ppm * forS;
      const fasterUs = floorUs - wanderedUs - dtUs;
      this.#floorUs = Math.min(dtUs, floorUs + wanderedUs);
      if (fasterUs > 0 && monoUs > this.#newUntilUs) this.#levelUs -= fasterUs;
    }
    this.#asOfUs = Math.max(this.#asOfUs, monoUs);
    this.#above.record(Math.round(dtUs - this.#floorUs + this.#levelUs), seq, atUs);
  }

  /** After a step of a clock, and with another sender, the floor is somewhere else. */
  restart() {
    this.#floorUs = NaN;
  }

  /** Nothing, as long as there is nothing to vary from. */
  statistics(): DelayStatistics | undefined {
    if (this.#above.count < 2) return undefined;
    const statistics = this.#above.statistics();
    const { minUs, meanUs, percentilesUs, max } = statistics;
    const above = PERCENTILES.map((percent) => [percent, percentilesUs[percent] - minUs]);
    return {
      ...statistics,
      minUs: 0,
      meanUs: meanUs - minUs,
      percentilesUs: Object.fromEntries(above),
      max: { ...max, us: max.us - minUs },
    };
  }
}

/** Whether the time in a tick can be true, by those of the same sender before it. */

import type { ReceivedTick } from "../../arrival.ts";

/** What a tick's time may be off without doubt: more than that is its clock, or somebody's joke. */
const MAX_OFF_US = 60e6;
/** A clock has stepped, unannounced, once so many ticks in a row say so, for so long. */
const MIN_TICKS = 3;
const MIN_US = 1e6;

type Times = Pick<ReceivedTick, "signUs" | "realUs" | "monoUs">;

export type Timed = "plausible" | "implausible" | "stepped";

export class PlausibleTime {
  #believed = new Reference();
  /** What the ticks say that are not believed. */
  #doubted: { reference: Reference; ticks: number; sinceUs: number } | undefined;

  /** The least dt so far: what the age of a tick is above. */
  get minDtUs(): number {
    return this.#believed.minDtUs;
  }

  /**
   * Takes in a tick's times. A delay, however long, puts no tick ahead of the least delayed one before it,
   * and none behind the time that was sent last.
   *
   * @param behindUs how much earlier than the newest one it was sent, as its number says
   */
  check(tick: Times, behindUs = 0): Timed {
    if (this.#believed.fits(tick, behindUs)) {
      this.#believed.take(tick);
      this.#doubted = undefined;
      return "plausible";
    }
    if (!this.#doubted?.reference.fits(tick, behindUs)) {
      this.#doubted = { reference: new Reference(), ticks: 0, sinceUs: tick.monoUs };
    }
    const doubted = this.#doubted;
    doubted.reference.take(tick);
    doubted.ticks++;
    if (doubted.ticks < MIN_TICKS || tick.monoUs - doubted.sinceUs < MIN_US) {
      return "implausible";
    }
    this.#believed = doubted.reference;
    this.#doubted = undefined;
    return "stepped";
  }

  /** Whether a tick of another sender could be by the same clock. */
  fits(tick: Times): boolean {
    return this.#believed.fits(tick, 0);
  }

  /** After a step that was announced, and with another sender. */
  restart() {
    this.#believed = new Reference();
    this.#doubted = undefined;
  }
}

class Reference {
  minDtUs = Infinity;
  #newestUs = -Infinity;

  take({ signUs, realUs }: Times) {
    this.minDtUs = Math.min(this.minDtUs, realUs - signUs);
    this.#newestUs = Math.max(this.#newestUs, signUs);
  }

  fits({ signUs, realUs }: Times, behindUs: number): boolean {
    if (this.minDtUs === Infinity) return true;
    return this.minDtUs - (realUs - signUs) <= MAX_OFF_US &&
      this.#newestUs - signUs <= MAX_OFF_US + 2 * behindUs;
  }
}

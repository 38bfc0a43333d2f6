/** Ticks of the peer whose numbers could not be true when they came, since the last one that counts. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../arrival.ts";
import { minOutageUs, type RefusedShare } from "../outages.ts";
import type { Sender } from "./senders.ts";

/** One explains no more of an outage than so many of its sender's intervals: one that somebody forged is no cause. */
const INTERVALS = 5;

export class RefusedTicks {
  /** When the last one of all came. */
  lastUs = -Infinity;
  /** What all of them explain at most. */
  #mostUs = 0;
  #borneOut = 0;

  add({ monoUs }: ReceivedTick, { last, intervalUs }: Sender) {
    if (last.monoUs >= this.lastUs) this.#mostUs = this.#borneOut = 0;
    this.#mostUs += INTERVALS * intervalUs;
    this.lastUs = monoUs;
  }

  /** So many turned out true. */
  bearOut(count: number) {
    this.#borneOut += count;
  }

  /** For how long they came, up to a moment. */
  since({ last, intervalUs }: Sender, untilUs: MonoUs): RefusedShare {
    if (last.monoUs >= this.lastUs) return { refusedUs: 0, borneOut: 0 };
    const sinceUs = untilUs - this.lastUs;
    // Where none of those comes either, for as long as an outage is, that has another cause.
    const forUs = this.lastUs - last.monoUs + (sinceUs < minOutageUs(intervalUs) ? sinceUs : 0);
    return { refusedUs: Math.min(forUs, this.#mostUs), borneOut: this.#borneOut };
  }
}

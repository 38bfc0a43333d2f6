/** Ticks of the peer whose numbers could not be true when they came, since the last one that counts. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../arrival.ts";
import { minOutageUs, type RefusedShare } from "../outages.ts";
import type { Sender } from "./senders.ts";

export class RefusedTicks {
  /** When the last one of all came. */
  lastUs = -Infinity;
  #forUs = 0;
  #borneOut = 0;

  add({ monoUs }: ReceivedTick, sender: Sender) {
    const { refusedUs, borneOut } = this.since(sender, monoUs);
    const isFirst = sender.last.monoUs >= this.lastUs;
    this.#forUs = isFirst ? apartUs(sender.last.monoUs, monoUs, sender) : refusedUs;
    this.#borneOut = borneOut;
    this.lastUs = monoUs;
  }

  /** So many turned out true. */
  bearOut(count: number) {
    this.#borneOut += count;
  }

  /** For how long they came one after the other, up to a moment. */
  since(sender: Sender, untilUs: MonoUs): RefusedShare {
    if (sender.last.monoUs >= this.lastUs) return { refusedUs: 0, borneOut: 0 };
    const refusedUs = this.#forUs + apartUs(this.lastUs, untilUs, sender);
    return { refusedUs, borneOut: this.#borneOut };
  }
}

/** Where none of those came either for as long as an outage is, that has another cause. */
function apartUs(fromUs: number, toUs: number, { intervalUs }: Sender): number {
  const forUs = Math.max(0, toUs - fromUs);
  return forUs < minOutageUs(intervalUs) ? forUs : 0;
}

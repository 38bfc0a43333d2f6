/** What is known of the clock of one sender: its offset, its drift, and so the delay of its ticks. */

import type { ReceivedTick } from "../../arrival.ts";
import type { MonoUs } from "../../time/clock.ts";
import { ClockDrift } from "./drift.ts";
import { type Agreement, ClockOffset } from "./offset.ts";

/** A delay, and what it is certain to lie within ± of. */
export interface BoundedDelay {
  delayUs: number;
  boundUs: number;
}

/** The first bounds are wide; ticks wait for this many exchanges, as the best of them is good for all. */
const SETTLED = 20;
/** The offset is told of the drift so often. */
const DRIFT_US = 10e6;
/** What the clocks may have been slewed between a tick and the offset it is placed by. */
const SLEW = 500e-6;

export class PeerClock {
  readonly offset: ClockOffset;
  #drift = new ClockDrift();
  #driftPpm = 0;
  #toldUs = -Infinity;

  constructor(offset = new ClockOffset()) {
    this.offset = offset;
  }

  get drift(): ClockDrift {
    return this.#drift;
  }

  /** Takes in a tick at its arrival, and the exchange it completes where it echoes one of ours. */
  received({ header, signUs, realUs, monoUs }: ReceivedTick, echoesOurs: boolean): Agreement {
    const dtUs = realUs - signUs;
    this.#drift.record(monoUs, dtUs);
    if (monoUs - this.#toldUs >= DRIFT_US) this.#followDrift(monoUs);
    if (!echoesOurs) return this.offset.received(dtUs, monoUs);
    const { signUs: t1Us, realUs: t2Us } = header!.echo!;
    return this.offset.record({ t1Us, t2Us, t3Us: signUs, t4Us: realUs }, monoUs);
  }

  /** Whether a delay can be told now as well as ever. */
  get isSettled(): boolean {
    return this.offset.samples >= SETTLED && this.offset.isKnown;
  }

  /** delay = t_real - (t_sign - offset), of a tick that arrived then or before; never negative, as no delay is. */
  delayOf(dtUs: number, arrivedUs: MonoUs, nowUs: MonoUs): BoundedDelay | undefined {
    const estimate = this.offset.at(nowUs);
    if (!estimate) return undefined;
    const delayUs = Math.max(0, Math.round(dtUs + estimate.offsetUs));
    if (this.offset.isExact) return { delayUs, boundUs: 0 };
    // The offset that matters is the one at which it was sent.
    const boundUs = estimate.boundUs + SLEW * (Math.max(0, nowUs - arrivedUs) + delayUs);
    return { delayUs, boundUs };
  }

  /** How it changes, as far as dt alone tells. */
  wander(nowUs: MonoUs): { driftPpm: number; ppm: number } {
    return { driftPpm: this.#driftPpm, ppm: this.offset.wanderPpm(nowUs) };
  }

  /** After a step of either clock; how they drift is the same as before. */
  restart() {
    this.offset.restart();
    this.#drift = new ClockDrift();
  }

  #followDrift(nowUs: MonoUs) {
    this.#toldUs = nowUs;
    const drift = this.#drift.statistics();
    if (drift.state !== "known") return;
    this.#driftPpm = drift.ppm;
    this.offset.drifts(drift.ppm);
  }
}

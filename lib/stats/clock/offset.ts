/**
 * The peer's clock minus ours, as an interval that it is certain to lie within, from the four timestamps
 * that ride on the ticks (RFC 5905 §8).
 *
 * Of one exchange, θ - δ/2 is T3 - T4 and θ + δ/2 is T2 - T1: each is what one way says by itself. No tick
 * arrives before it was sent, so the peer's tick says that the offset is at least T3 - T4 (it holds at T3, at
 * T4 and in between, as both clocks only go forward), and ours said at the peer's that it was at most
 * T2 - T1. So every tick narrows the interval from below, with an echo or without.
 */

import type { MonoUs } from "../../time/clock.ts";
import { type Bounds, DriftingInterval } from "./interval.ts";

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
  /** Both ways together, the min since the clocks were last set. */
  roundTripUs: number;
}

/** What an exchange says of all before it. */
export type Agreement =
  | "agrees"
  /** A clock was stepped, or slewed faster than 500 ppm; or somebody forges. */
  | { contradictsByUs: number };

/** The most that NTP slews, taken of an age that is measured by a clock which may itself be off by as much. */
const SLEW_PPM = 500 / (1 - 500e-6);
/** What two clocks drift apart without being slewed, as long as the drift isn't known: crystals are within 50 ppm. */
const UNKNOWN_DRIFT_PPM = 120;
/** PHI of RFC 5905: what the drift may change by, once it is known. */
const PHI_PPM = 15;
/** Of the difference of two times in whole µs, rounded either way. */
const PRECISION_US = 1;

const AGREES: Agreement = "agrees";

export class ClockOffset {
  /** Exchanges taken in since the clocks were last set. */
  samples = 0;
  /** Whether it is known without any doubt. */
  readonly isExact: boolean = false;
  /** What is certain, as long as no clock is slewed faster than 500 ppm. */
  readonly #certain = new DriftingInterval(SLEW_PPM);
  /** What is likely, as clocks are rarely slewed: its middle is the estimate, where that is certain too. */
  readonly #likely = new DriftingInterval(UNKNOWN_DRIFT_PPM);
  #roundTripUs = Infinity;

  /** Takes in a tick's dt at its arrival: the offset is no less than that dt would make a delay of 0. */
  received(dtUs: number, nowUs: MonoUs): Agreement {
    return this.#narrow({ minUs: -dtUs - PRECISION_US, maxUs: Infinity }, undefined, nowUs);
  }

  /** Takes in the exchange that a tick completes at its arrival; its dt need not be taken in besides. */
  record({ t1Us, t2Us, t3Us, t4Us }: Timestamps, nowUs: MonoUs): Agreement {
    // T2 was between T1 and T4: what it says has at most this age.
    const echo = { maxUs: t2Us - t1Us + PRECISION_US, ageUs: Math.max(0, t4Us - t1Us) };
    const now = { minUs: t3Us - t4Us - PRECISION_US, maxUs: Infinity };
    this.samples++;
    const roundTripUs = (t4Us - t1Us) - (t3Us - t2Us);
    this.#roundTripUs = Math.max(0, Math.min(this.#roundTripUs, roundTripUs));
    return this.#narrow(now, echo, nowUs);
  }

  /** The peer's clock gains this much on ours, as its ticks tell. */
  drifts(ppm: number) {
    this.#likely.follow(PHI_PPM, ppm);
  }

  /** After a step of either clock nothing is known any more, but for how they drift. */
  restart() {
    this.samples = 0;
    this.#certain.restart();
    this.#likely.restart();
    this.#roundTripUs = Infinity;
  }

  /** How far from its drift the peer's clock may wander now, by all that is known: more where it was slewed. */
  wanderPpm(nowUs: MonoUs): number {
    return this.#likely.ppmAt(nowUs);
  }

  /** Whether a tick of ours was echoed, and what it says isn't contradicted. */
  get isKnown(): boolean {
    return this.#certain.isBounded;
  }

  /** What it is certain to lie within at a moment that isn't before the last tick. */
  within(nowUs: MonoUs): Bounds {
    return this.#certain.at(nowUs);
  }

  /** The offset at a moment that isn't before the last tick; nothing as long as no tick of ours was echoed. */
  at(nowUs: MonoUs): OffsetEstimate | undefined {
    if (!this.isKnown) return undefined;
    const { minUs, maxUs } = this.within(nowUs);
    const likely = this.#likely.at(nowUs);
    const middleUs = (likely.minUs + likely.maxUs) / 2;
    const offsetUs = Math.round(Math.min(maxUs, Math.max(minUs, middleUs)));
    const boundUs = Math.ceil(Math.max(maxUs - offsetUs, offsetUs - minUs));
    return { offsetUs, boundUs, roundTripUs: this.#roundTripUs };
  }

  #narrow(
    now: Bounds,
    echo: { maxUs: number; ageUs: number } | undefined,
    nowUs: MonoUs,
  ): Agreement {
    const contradictsByUs = narrowed(this.#certain, now, echo, nowUs);
    const unlikelyByUs = narrowed(this.#likely, now, echo, nowUs);
    if (contradictsByUs > 0 || unlikelyByUs > 0) this.#likely.restart(this.#certain.at(nowUs));
    return contradictsByUs > 0 ? { contradictsByUs } : AGREES;
  }
}

/** The offset where both ends read one clock: exactly zero, whatever the ticks say. */
export class NoOffset extends ClockOffset {
  override samples = Infinity;
  override readonly isExact = true;

  override get isKnown(): boolean {
    return true;
  }

  override received(): Agreement {
    return AGREES;
  }

  override record(): Agreement {
    return AGREES;
  }

  override restart() {}

  override within(): Bounds {
    return { minUs: 0, maxUs: 0 };
  }

  override at(): OffsetEstimate {
    return { offsetUs: 0, boundUs: 0, roundTripUs: 0 };
  }
}

/** @returns by how much the observation contradicts those before, or itself; then it isn't taken in */
function narrowed(
  interval: DriftingInterval,
  now: Bounds,
  echo: { maxUs: number; ageUs: number } | undefined,
  nowUs: MonoUs,
): number {
  if (!echo) return interval.narrow(now, nowUs);
  const { maxUs } = interval.aged({ minUs: -Infinity, maxUs: echo.maxUs }, echo.ageUs, nowUs);
  if (now.minUs <= maxUs) return interval.narrow({ minUs: now.minUs, maxUs }, nowUs);
  // A negative round trip: a clock moved too fast within the exchange, if it isn't forged.
  interval.hurry(nowUs);
  return now.minUs - maxUs;
}

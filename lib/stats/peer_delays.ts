/** One peer's delays and its clock: raw dt, and the delay with the clock's offset taken out. */

import type { MonoUs } from "../clock.ts";
import type { HeardTick } from "../tick.ts";
import { ClockOffset, type OffsetFigures } from "./clock_offset.ts";
import { ClockSkew, type SkewFigures } from "./clock_skew.ts";
import { type DelayFigures, DelayStats } from "./delay.ts";
import { Variation, type VariationFigures } from "./variation.ts";

export interface PeerDelayFigures {
  /** Raw, since a clock stepped last. */
  dt: DelayFigures;
  /** With the offset taken out; none as long as that isn't known. */
  delay?: DelayFigures;
  /** Ticks whose delay could not be told, as the offset was not known in time. */
  unplaced: number;
  variation: VariationFigures;
  clock?: OffsetFigures;
  skew: SkewFigures;
}

interface Sample {
  dtUs: number;
  seq: number;
  atUs: number;
}

/** The first offsets are rough; ticks wait for this many exchanges, as the best of them is good for all. */
const SETTLED = 100;
/** So many ticks wait at most. */
const MOST_WAITING = 1024;

export class PeerDelays {
  #dt = new DelayStats();
  readonly #delay = new DelayStats();
  #variation = new Variation();
  #clock = new ClockOffset();
  #skew = new ClockSkew();
  #waiting: Sample[] = [];
  #unplaced = 0;
  #interval: { of: "delay" | "dt"; stats: DelayStats } | undefined;

  constructor(intervals: boolean) {
    if (intervals) this.#interval = { of: "dt", stats: new DelayStats(3) };
  }

  /** Takes in a tick that wasn't here before. */
  record({ header, realUs, signUs, monoUs }: HeardTick) {
    const sample = { dtUs: realUs - signUs, seq: header?.seq ?? -1, atUs: realUs };
    this.#recordDt(sample);
    this.#variation.record(sample.dtUs, header?.seq);
    this.#skew.record(monoUs, sample.dtUs);
    if (this.#clock.samples >= SETTLED) return this.#place(sample);
    this.#waiting.push(sample);
    if (this.#waiting.length <= MOST_WAITING) return;
    this.#waiting.shift();
    this.#unplaced++;
  }

  /** How old a tick was on arrival: its delay, or what its dt has above the least where the clock isn't known. */
  ageUs({ realUs, signUs }: HeardTick): number {
    const dtUs = realUs - signUs;
    const { offsetUs } = this.#clock;
    return offsetUs === undefined ? dtUs - Math.min(this.#dt.leastUs, dtUs) : dtUs + offsetUs;
  }

  /** Takes in a tick of a run that is over: with what clock it was sent isn't known any more. */
  recordPast({ header, realUs, signUs }: HeardTick) {
    this.#recordDt({ dtUs: realUs - signUs, seq: header?.seq ?? -1, atUs: realUs });
    this.#unplaced++;
  }

  /** Takes in the four timestamps of RFC 5905 that a tick completes by echoing one of ours. */
  exchange({ header, signUs, realUs, monoUs }: HeardTick) {
    const { signUs: t1Us, realUs: t2Us } = header!.echo!;
    this.#clock.record({ t1Us, t2Us, t3Us: signUs, t4Us: realUs }, monoUs);
    if (this.#clock.samples >= SETTLED) this.#placeWaiting();
  }

  /** After a restart of the peer, whose clock need not be the one before: the estimates start anew. */
  restartClock() {
    this.#placeWaiting();
    this.#unplaced += this.#waiting.length;
    this.#waiting = [];
    this.#clock = new ClockOffset();
    this.#skew = new ClockSkew();
    this.#variation.restart();
  }

  /** After a step of either clock: dt starts anew too. The delay goes on, as the offset is out of it. */
  clockStepped() {
    this.restartClock();
    this.#dt = new DelayStats();
  }

  /** The figures since the last call, or since the start: of the delay where it is known, else of dt. */
  takeInterval(): { of: "delay" | "dt"; figures: DelayFigures } | undefined {
    if (!this.#interval) return undefined;
    const { of, stats } = this.#interval;
    const settled = this.#clock.samples >= SETTLED;
    this.#interval = { of: settled ? "delay" : "dt", stats: new DelayStats(3) };
    return { of, figures: stats.figures() };
  }

  figures(nowUs: MonoUs): PeerDelayFigures {
    this.#placeWaiting();
    return {
      dt: this.#dt.figures(),
      delay: this.#delay.count > 0 ? this.#delay.figures() : undefined,
      unplaced: this.#unplaced + this.#waiting.length,
      variation: this.#variation.figures(),
      clock: this.#clock.figures(nowUs),
      skew: this.#skew.figures(),
    };
  }

  /** The text HdrHistogram's plotters read, of the delay where it is known, else of dt. */
  percentileText(): { of: "delay" | "dt"; text: string; aboveFloor: boolean } {
    const known = this.#delay.count > 0;
    const stats = known ? this.#delay : this.#dt;
    return { of: known ? "delay" : "dt", ...stats.percentileText() };
  }

  #recordDt({ dtUs, seq, atUs }: Sample) {
    this.#dt.record(dtUs, seq, atUs);
    if (this.#interval?.of === "dt") this.#interval.stats.record(dtUs, seq, atUs);
  }

  #placeWaiting() {
    if (this.#clock.offsetUs === undefined) return;
    this.#waiting.forEach((sample) => this.#place(sample));
    this.#waiting = [];
  }

  /** delay = t_real - (t_sign - offset) */
  #place({ dtUs, seq, atUs }: Sample) {
    const delayUs = Math.round(dtUs + this.#clock.offsetUs!);
    this.#delay.record(delayUs, seq, atUs);
    if (this.#interval?.of === "delay") this.#interval.stats.record(delayUs, seq, atUs);
  }
}

/** One peer's delays and its clock: raw dt, and the delay with the clock's offset taken out. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../tick.ts";
import { ClockOffset, type OffsetEstimate } from "../clock/offset.ts";
import { ClockDrift, type DriftEstimate } from "../clock/drift.ts";
import { DelayHistogram, type DelayStatistics } from "./histogram.ts";
import { Variation, type VariationStatistics } from "./variation.ts";

export interface PeerDelayStatistics {
  /** Raw, since a clock stepped last. */
  dt: DelayStatistics;
  /** With the offset taken out; none as long as that isn't known. */
  delay?: DelayStatistics;
  /** Ticks whose delay could not be told, as the offset was not known in time. */
  unplaced: number;
  variation: VariationStatistics;
  clock?: OffsetEstimate;
  drift: DriftEstimate;
}

/** What is known of the clock of one sender. */
interface Estimates {
  clock: ClockOffset;
  drift: ClockDrift;
  /** Ticks that wait for the offset. */
  waiting: Sample[];
}

interface Sample {
  dtUs: number;
  seq: number;
  atUs: number;
}

/** The first offsets are rough; ticks wait for this many exchanges, as the best of them is good for all. */
const SETTLED = 100;
/** The drift is looked up for the clock once in so many exchanges: some 10 s. */
const DRIFT_EVERY = 1000;
/** So many ticks wait at most. */
const MAX_WAITING = 1024;
/** Senders whose clocks are remembered beside the one that is received. */
const MAX_ASIDE = 4;

export class PeerDelays {
  #dt = new DelayHistogram();
  readonly #delay = new DelayHistogram();
  readonly #variation = new Variation();
  #estimates = newEstimates();
  readonly #aside = new Map<string | undefined, Estimates>();
  #run: string | undefined;
  #unplaced = 0;
  #interval: { of: "delay" | "dt"; stats: DelayHistogram } | undefined;

  /** @param run of the sender that is received first */
  constructor(intervals: boolean, run: string | undefined) {
    this.#run = run;
    if (intervals) this.#interval = { of: "dt", stats: new DelayHistogram(3) };
  }

  /** Takes in a tick that wasn't here before. */
  record({ header, realUs, signUs, monoUs }: ReceivedTick) {
    const { clock, drift, waiting } = this.#estimates;
    const sample = { dtUs: realUs - signUs, seq: header?.seq ?? -1, atUs: realUs };
    this.#recordDt(sample);
    this.#variation.record(sample.dtUs, header?.seq);
    drift.record(monoUs, sample.dtUs);
    if (clock.samples >= SETTLED) return this.#place(sample);
    waiting.push(sample);
    if (waiting.length <= MAX_WAITING) return;
    waiting.shift();
    this.#unplaced++;
  }

  /** How old a tick was on arrival: its delay, or what its dt has above the least where the clock isn't known. */
  ageUs({ realUs, signUs }: ReceivedTick, minDtUs: number): number {
    const dtUs = realUs - signUs;
    const { offsetUs } = this.#estimates.clock;
    return offsetUs === undefined ? dtUs - Math.min(minDtUs, dtUs) : dtUs + offsetUs;
  }

  /** Takes in a tick of a run that is over: with what clock it was sent isn't known any more. */
  recordPast({ header, realUs, signUs }: ReceivedTick) {
    this.#recordDt({ dtUs: realUs - signUs, seq: header?.seq ?? -1, atUs: realUs });
    this.#unplaced++;
  }

  /** Takes in that a tick was received, by a clock that isn't the present one. */
  recordUnplaced() {
    this.#unplaced++;
  }

  /** Takes in the four timestamps of RFC 5905 that a tick completes by echoing one of ours. */
  exchange({ header, signUs, realUs, monoUs }: ReceivedTick) {
    const { signUs: t1Us, realUs: t2Us } = header!.echo!;
    const { clock, drift } = this.#estimates;
    if (clock.samples % DRIFT_EVERY === 0) {
      const statistics = drift.statistics();
      if (statistics.state === "known") clock.drifts(statistics.ppm);
    }
    clock.record({ t1Us, t2Us, t3Us: signUs, t4Us: realUs }, monoUs);
    if (clock.samples >= SETTLED) this.#placeWaiting();
  }

  /** Another sender is received, whose clock need not be the one before: that one is put aside. */
  switchTo(run: string | undefined) {
    this.#placeWaiting();
    this.#variation.restart();
    this.#aside.set(this.#run, this.#estimates);
    this.#estimates = this.#aside.get(run) ?? newEstimates();
    this.#aside.delete(run);
    this.#run = run;
    if (this.#aside.size > MAX_ASIDE) this.#forget(this.#aside.keys().next().value);
  }

  /** After a step of either clock, the estimates and dt start anew. The delay goes on, as the offset is out of it. */
  clockStepped() {
    this.#placeWaiting();
    this.#unplaced += this.#estimates.waiting.length;
    for (const run of [...this.#aside.keys()]) this.#forget(run);
    this.#estimates = newEstimates();
    this.#variation.restart();
    this.#dt = new DelayHistogram();
    if (this.#interval?.of === "dt") this.#interval.stats = new DelayHistogram(3);
  }

  /** The statistics since the last call, or since the start: of the delay where it is known, else of dt. */
  takeInterval(): { of: "delay" | "dt"; statistics: DelayStatistics } | undefined {
    if (!this.#interval) return undefined;
    const { of, stats } = this.#interval;
    const settled = this.#estimates.clock.samples >= SETTLED;
    this.#interval = { of: settled ? "delay" : "dt", stats: new DelayHistogram(3) };
    return { of, statistics: stats.statistics() };
  }

  statistics(nowUs: MonoUs): PeerDelayStatistics {
    this.#placeWaiting();
    const { clock, drift } = this.#estimates;
    const waiting = [this.#estimates, ...this.#aside.values()].map(({ waiting }) => waiting.length);
    return {
      dt: this.#dt.statistics(),
      delay: this.#delay.count > 0 ? this.#delay.statistics() : undefined,
      unplaced: waiting.reduce((sum, count) => sum + count, this.#unplaced),
      variation: this.#variation.statistics(),
      clock: clock.statistics(nowUs),
      drift: drift.statistics(),
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

  #forget(run: string | undefined) {
    this.#unplaced += this.#aside.get(run)!.waiting.length;
    this.#aside.delete(run);
  }

  #placeWaiting() {
    const { clock, waiting } = this.#estimates;
    if (waiting.length === 0 || clock.offsetUs === undefined) return;
    waiting.forEach((sample) => this.#place(sample));
    this.#estimates.waiting = [];
  }

  /** delay = t_real - (t_sign - offset) */
  #place({ dtUs, seq, atUs }: Sample) {
    const delayUs = Math.round(dtUs + this.#estimates.clock.offsetUs!);
    this.#delay.record(delayUs, seq, atUs);
    if (this.#interval?.of === "delay") this.#interval.stats.record(delayUs, seq, atUs);
  }
}

function newEstimates(): Estimates {
  return { clock: new ClockOffset(), drift: new ClockDrift(), waiting: [] };
}

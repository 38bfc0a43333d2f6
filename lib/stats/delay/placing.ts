/** One peer's delays and its clock: raw dt, and the delay with the clock's offset taken out. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../tick.ts";
import type { DriftEstimate } from "../clock/drift.ts";
import type { Agreement, OffsetEstimate } from "../clock/offset.ts";
import { PeerClock } from "../clock/peer_clock.ts";
import { DelayHistogram, type DelayStatistics } from "./histogram.ts";
import { DelayVariation } from "./pdv.ts";
import { DelayRange, type RangeStatistics } from "./range.ts";
import { Variation, type VariationStatistics } from "./variation.ts";

export interface PeerDelayStatistics {
  /** Raw, since a clock stepped last. */
  dt: DelayStatistics;
  /** With the offset taken out; none as long as that isn't known. */
  delay?: DelayStatistics;
  /** What the clock's bound leaves open of it: each percentile lies between the two, and so does the max. */
  delayRange?: RangeStatistics;
  /** What dt is above its minimum, by RFC 5481: needs no offset. */
  pdv?: DelayStatistics;
  /** Ticks whose delay could not be told, as the offset was not known in time. */
  unplaced: number;
  variation: VariationStatistics;
  clock?: OffsetEstimate;
  drift: DriftEstimate;
}

/** One sender's clock, and the ticks that wait for its offset. */
interface Estimates {
  clock: PeerClock;
  waiting: Sample[];
}

interface Sample {
  dtUs: number;
  seq: number;
  atUs: number;
  monoUs: MonoUs;
}

/** So many ticks wait at most. */
const MAX_WAITING = 1024;
/** Senders whose clocks are remembered beside the one that is received. */
const MAX_ASIDE = 4;

export class PeerDelays {
  #dt = new DelayHistogram();
  readonly #delay = new DelayHistogram();
  readonly #range = new DelayRange();
  readonly #pdv = new DelayVariation();
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

  /**
   * Takes in what the times of a tick say of the clocks, before its delay is recorded.
   *
   * @param echoesOurs whether it completes an exchange of the four timestamps of RFC 5905
   */
  follow(tick: ReceivedTick, echoesOurs: boolean): Agreement {
    const { clock } = this.#estimates;
    const agreement = clock.received(tick, echoesOurs);
    if (clock.isSettled) this.#placeWaiting(tick.monoUs);
    return agreement;
  }

  /** Takes in a tick that wasn't here before. */
  record({ header, realUs, signUs, monoUs }: ReceivedTick) {
    const { clock, waiting } = this.#estimates;
    const dtUs = realUs - signUs;
    const sample = { dtUs, seq: header?.seq ?? -1, atUs: realUs, monoUs };
    this.#recordDt(sample);
    this.#variation.record(dtUs, header?.seq);
    this.#pdv.record(dtUs, monoUs, clock.wander(monoUs), sample.seq, realUs);
    if (clock.isSettled) return this.#place(sample, monoUs);
    waiting.push(sample);
    if (waiting.length <= MAX_WAITING) return;
    waiting.shift();
    this.#unplaced++;
  }

  /** How old a tick was on arrival: its delay, or what its dt has above the min where the clock isn't known. */
  ageUs({ realUs, signUs, monoUs }: ReceivedTick, minDtUs: number): number {
    const dtUs = realUs - signUs;
    const placed = this.#estimates.clock.delayOf(dtUs, monoUs, monoUs);
    return placed ? placed.delayUs : dtUs - Math.min(minDtUs, dtUs);
  }

  /** Takes in a tick of a run that is over: with what clock it was sent isn't known any more. */
  recordPast({ header, realUs, signUs, monoUs }: ReceivedTick) {
    this.#recordDt({ dtUs: realUs - signUs, seq: header?.seq ?? -1, atUs: realUs, monoUs });
    this.#unplaced++;
  }

  /** Takes in that a tick was received, by a clock that isn't the present one. */
  recordUnplaced() {
    this.#unplaced++;
  }

  /** Another sender is received, whose clock need not be the one before: that one is put aside. */
  switchTo(run: string | undefined, nowUs: MonoUs) {
    this.#placeWaiting(nowUs);
    this.#variation.restart();
    this.#pdv.restart();
    this.#aside.set(this.#run, this.#estimates);
    this.#estimates = this.#aside.get(run) ?? newEstimates();
    this.#aside.delete(run);
    this.#run = run;
    if (this.#aside.size > MAX_ASIDE) this.#forget(this.#aside.keys().next().value);
  }

  /** After a step of either clock, the estimates and dt start anew. The delay goes on, as the offset is out of it. */
  clockStepped(nowUs: MonoUs) {
    this.#placeWaiting(nowUs);
    const { clock, waiting } = this.#estimates;
    this.#unplaced += waiting.length;
    for (const run of [...this.#aside.keys()]) this.#forget(run);
    clock.restart();
    this.#estimates = { clock, waiting: [] };
    this.#variation.restart();
    this.#pdv.restart();
    this.#dt = new DelayHistogram();
    if (this.#interval?.of === "dt") this.#interval.stats = new DelayHistogram(3);
  }

  /** The statistics since the last call, or since the start: of the delay where it is known, else of dt. */
  takeInterval(): { of: "delay" | "dt"; statistics: DelayStatistics } | undefined {
    if (!this.#interval) return undefined;
    const { of, stats } = this.#interval;
    const known = this.#estimates.clock.isSettled;
    this.#interval = { of: known ? "delay" : "dt", stats: new DelayHistogram(3) };
    return { of, statistics: stats.statistics() };
  }

  statistics(nowUs: MonoUs): PeerDelayStatistics {
    this.#placeWaiting(nowUs);
    const { clock } = this.#estimates;
    const waiting = [this.#estimates, ...this.#aside.values()].map(({ waiting }) => waiting.length);
    return {
      dt: this.#dt.statistics(),
      delay: this.#delay.count > 0 ? this.#delay.statistics() : undefined,
      delayRange: this.#delay.count > 0 ? this.#range.statistics() : undefined,
      pdv: this.#pdv.statistics(),
      unplaced: waiting.reduce((sum, count) => sum + count, this.#unplaced),
      variation: this.#variation.statistics(),
      clock: clock.offset.at(nowUs),
      drift: clock.drift.statistics(),
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

  #placeWaiting(nowUs: MonoUs) {
    const { clock, waiting } = this.#estimates;
    if (waiting.length === 0 || !clock.offset.isKnown) return;
    waiting.forEach((sample) => this.#place(sample, nowUs));
    this.#estimates.waiting = [];
  }

  #place({ dtUs, seq, atUs, monoUs }: Sample, nowUs: MonoUs) {
    const { delayUs, boundUs } = this.#estimates.clock.delayOf(dtUs, monoUs, nowUs)!;
    this.#delay.record(delayUs, seq, atUs);
    this.#range.record(delayUs, boundUs);
    if (this.#interval?.of === "delay") this.#interval.stats.record(delayUs, seq, atUs);
  }
}

function newEstimates(): Estimates {
  return { clock: new PeerClock(), waiting: [] };
}

/** All that is known of one peer: the ticks of one subject. */

import type { MonoUs } from "../clock.ts";
import type { PeerEvent } from "../event.ts";
import type { HeardTick } from "../tick.ts";
import type { Heard, TickHeader } from "../wire.ts";
import { ClockOffset, type OffsetFigures, type Timestamps } from "./clock_offset.ts";
import { ClockSkew, type SkewFigures } from "./clock_skew.ts";
import { type DelayFigures, DelayStats } from "./delay.ts";
import { type Gap, Gaps, type GapTick, leastGapUs, type OwnFaults } from "./gaps.ts";
import { SequenceAccounts, type SequenceFigures } from "./sequence_accounts.ts";
import { Variation, type VariationFigures } from "./variation.ts";

export interface PeerFigures {
  subject: string;
  /** The run that speaks now; none for a bare peer. */
  run?: string;
  runs: number;
  sequence: SequenceFigures;
  /** Ticks that came with a number only. */
  bare: number;
  headerFaults: Record<string, number>;
  /** Raw, since a clock stepped last. */
  dt: DelayFigures;
  /** With the offset taken out; none as long as that isn't known. */
  delay?: DelayFigures;
  /** Ticks whose delay could not be told, as the offset was not known in time. */
  unplaced: number;
  variation: VariationFigures;
  clock?: OffsetFigures;
  skew: SkewFigures;
  clockSteps: number;
  gaps: { count: number; totalUs: number; longest?: Gap; openUs?: number };
  /** Ticks heard a second, from the first one heard to the last. */
  ratePerS: number;
  /** What it says of itself and of us: its lateness, its round trip to the broker, what it heard of our run. */
  peerRttUs?: number;
  heardOfUs?: Heard;
}

/** What a peer's record needs to know of ourselves. */
export interface Own extends OwnFaults {
  run: string;
  /** Steps of our own wall clock so far. */
  steps: number;
  /** Finds the times of a tick that we sent since our clock stepped last. */
  sentAtUs(seq: number, signUs: number): boolean;
}

/** One peer since it was last asked: of the delay where it is known, else of dt. */
export interface IntervalFigures {
  subject: string;
  of: "delay" | "dt";
  heard: number;
  lost: number;
  figures: DelayFigures;
}

export interface PeerOptions {
  lossTimeoutUs: number;
  /** Keep figures for each interval, to be taken by takeInterval(). */
  intervals?: boolean;
  /** Our own, until the peer's is known. */
  intervalUs: number;
}

/** The first offsets are rough; ticks wait for this many exchanges, as the best of them is good for all. */
const SETTLED = 100;
/** So many at most. */
const MOST_WAITING = 1024;
/** A peer that is silent for this long is told; or for five of its intervals, if those are longer. */
const SILENT_AFTER_US = 1e6;

export class PeerRecord {
  readonly subject: string;
  /** The tick that arrived last. */
  last: HeardTick;
  /** What rides back to the peer: none where its clock or ours has stepped since. */
  echoed: HeardTick | undefined;
  readonly sequences: SequenceAccounts;
  #run: string | undefined;
  #runs = 0;
  #bare = 0;
  #headerFaults: Record<string, number> = {};
  #dt = new DelayStats();
  #delay = new DelayStats();
  #waiting: { dtUs: number; seq: number; atUs: number }[] = [];
  #unplaced = 0;
  #variation = new Variation();
  #clock = new ClockOffset();
  #skew = new ClockSkew();
  #clockSteps = 0;
  #ownSteps: number;
  #gaps = new Gaps();
  #lastGapTick: GapTick | undefined;
  #firstUs: MonoUs | undefined;
  #intervalUs: number;
  #silent = false;
  #header: TickHeader | undefined;
  #interval: { of: "delay" | "dt"; stats: DelayStats; heard: number; lost: number } | undefined;
  readonly #events: PeerEvent[] = [];

  constructor(first: HeardTick, own: Own, { lossTimeoutUs, intervalUs, intervals }: PeerOptions) {
    this.subject = first.subject;
    this.last = first;
    this.#intervalUs = intervalUs;
    this.#ownSteps = own.steps;
    this.sequences = new SequenceAccounts(lossTimeoutUs, (run, burst) => {
      this.#events.push({ type: "lost", subject: this.subject, run, ...burst });
    });
    if (intervals) this.#interval = { of: "dt", stats: new DelayStats(3), heard: 0, lost: 0 };
  }

  /** Takes in a tick; returns the events it makes. */
  heard(tick: HeardTick, own: Own): PeerEvent[] {
    const { header, monoUs, realUs, signUs } = tick;
    const dtUs = realUs - signUs;
    if (tick.headerFault !== undefined) {
      this.#headerFaults[tick.headerFault] = (this.#headerFaults[tick.headerFault] ?? 0) + 1;
    }
    const arrived = header ? this.sequences.arrive(header.run, header, monoUs) : "bare";
    if (arrived === "bare") this.#bare++;
    const current = this.#follow(tick, own);
    if (arrived !== "duplicate") {
      this.#sample(dtUs, current ? header?.seq : undefined, tick, current);
      if (current) this.#exchange(tick, own);
    }
    this.last = tick;
    if (current) this.echoed = tick;
    return this.#events.splice(0);
  }

  /** What became true by waiting. */
  check(nowUs: MonoUs): PeerEvent[] {
    this.sequences.settle(nowUs);
    const forUs = nowUs - this.last.monoUs;
    const ended = this.#header?.last === true;
    if (!this.#silent && !ended && forUs >= Math.max(SILENT_AFTER_US, 5 * this.#intervalUs)) {
      this.#silent = true;
      this.#events.push({ type: "peer silent", subject: this.subject, forMs: forUs / 1000 });
    }
    return this.#events.splice(0);
  }

  figures(nowUs: MonoUs): PeerFigures {
    this.#placeWaiting();
    const openUs = nowUs - this.last.monoUs;
    const isOpen = this.#header?.last !== true && openUs >= leastGapUs(this.#intervalUs);
    const forS = (this.last.monoUs - this.#firstUs!) / 1e6;
    const { count, totalUs, longest } = this.#gaps;
    const sequence = this.sequences.figures();
    return {
      subject: this.subject,
      run: this.#run,
      runs: this.#runs,
      sequence,
      bare: this.#bare,
      headerFaults: this.#headerFaults,
      dt: this.#dt.figures(),
      delay: this.#delay.count > 0 ? this.#delay.figures() : undefined,
      unplaced: this.#unplaced + this.#waiting.length,
      variation: this.#variation.figures(),
      clock: this.#clock.figures(nowUs),
      skew: this.#skew.figures(),
      clockSteps: this.#clockSteps,
      gaps: { count, totalUs, longest, openUs: isOpen ? openUs : undefined },
      ratePerS: forS > 0 ? (sequence.heard + this.#bare - 1) / forS : 0,
      peerRttUs: this.#header?.rttUs,
      heardOfUs: this.#header?.heard,
    };
  }

  /** The text HdrHistogram's plotters read, of the delay where it is known, else of dt. */
  percentileText() {
    const known = this.#delay.count > 0;
    return { of: known ? "delay" : "dt", ...(known ? this.#delay : this.#dt).percentileText() };
  }

  /** The figures since the last call, or since the start. */
  takeInterval(): IntervalFigures | undefined {
    if (!this.#interval) return undefined;
    const { of, stats, heard, lost } = this.#interval;
    const { heard: allHeard, lost: allLost } = this.sequences.figures();
    const nowHeard = allHeard + this.#bare;
    const known = this.#clock.offsetUs !== undefined;
    this.#interval = {
      of: known ? "delay" : "dt",
      stats: new DelayStats(3),
      heard: nowHeard,
      lost: allLost,
    };
    const { subject } = this;
    return { subject, of, heard: nowHeard - heard, lost: allLost - lost, figures: stats.figures() };
  }

  /** Tells a new run, a gap and a step by what changed since the tick before; false for a run that is over. */
  #follow(tick: HeardTick, own: Own): boolean {
    const { subject, header, monoUs } = tick;
    const first = this.#firstUs === undefined;
    const afterMs = (monoUs - this.last.monoUs) / 1000;
    const newRun = header !== undefined && header.run !== this.#run &&
      this.sequences.isNew(header.run);
    if (header && header.run !== this.#run && !newRun) return false;
    const gapTick = gapTickOf(tick);
    const gap = first
      ? undefined
      : this.#gaps.between(this.#lastGapTick!, gapTick, this.#intervalUs, own);
    if (gap) this.#events.push({ type: "gap", subject, ...gap });
    if (first) {
      this.#firstUs = monoUs;
      this.#events.push({ type: "peer heard", subject, run: header?.run });
    } else if (newRun) {
      this.#events.push({ type: "peer restarted", subject, run: header.run, afterMs });
      this.#restartClock();
    } else if (this.#silent) {
      this.#events.push({ type: "peer back", subject, afterMs });
    }
    this.#silent = false;
    if (newRun) {
      this.#run = header.run;
      this.#runs++;
    }
    this.#followClocks(tick, newRun, own);
    // In order only: a reordered tick's counts and number are those of the past.
    const lastSeq = this.#lastGapTick?.seq ?? -1;
    if (newRun || !header || header.seq > lastSeq) {
      const slots = header ? header.seq - lastSeq : 0;
      const signUs = this.#header && !newRun && slots > 0 ? this.#lastSignUs : undefined;
      if (signUs !== undefined && tick.signUs > signUs) {
        this.#intervalUs = (tick.signUs - signUs) / slots;
      }
      this.#lastSignUs = tick.signUs;
      this.#lastGapTick = gapTick;
      this.#header = header;
    } else {
      this.#lastGapTick = { ...this.#lastGapTick!, monoUs, realUs: tick.realUs };
    }
    if (header?.last) this.#events.push({ type: "peer ended", subject, run: header.run });
    return true;
  }
  #lastSignUs: number | undefined;

  /** A step of either clock starts its estimate and dt anew; the delay goes on, as the offset is out of it. */
  #followClocks(tick: HeardTick, newRun: boolean, own: Own) {
    const { header, subject } = tick;
    const peerStepped = !newRun && (header?.steps ?? 0) > (this.#header?.steps ?? 0);
    const ownStepped = own.steps !== this.#ownSteps;
    this.#ownSteps = own.steps;
    if (!peerStepped && !ownStepped) return;
    this.#clockSteps++;
    if (peerStepped) {
      const byUs = (this.last.realUs - this.last.signUs) - (tick.realUs - tick.signUs);
      this.#events.push({ type: "peer clock stepped", subject, byMs: byUs / 1000 });
    }
    this.#restartClock();
    this.#dt = new DelayStats();
  }

  #restartClock() {
    this.#placeWaiting(); // with the offset as known, if it is
    this.#unplaced += this.#waiting.length;
    this.#waiting = [];
    this.#clock = new ClockOffset();
    this.#skew = new ClockSkew();
    this.#variation.restart();
    this.echoed = undefined;
  }

  #sample(dtUs: number, seq: number | undefined, tick: HeardTick, current: boolean) {
    const atUs = tick.realUs;
    this.#dt.record(dtUs, seq, atUs);
    if (this.#interval?.of === "dt") this.#interval.stats.record(dtUs, seq, atUs);
    if (!current) {
      this.#unplaced++;
      return;
    }
    this.#variation.record(dtUs, seq);
    this.#skew.record(tick.monoUs, dtUs);
    if (this.#clock.samples >= SETTLED) this.#place(dtUs, seq ?? -1, atUs);
    else if (tick.header) {
      this.#waiting.push({ dtUs, seq: seq ?? -1, atUs });
      if (this.#waiting.length > MOST_WAITING) {
        this.#waiting.shift();
        this.#unplaced++;
      }
    } else this.#unplaced++;
  }

  /** The four timestamps of RFC 5905, where this tick echoes one of ours, with both clocks as they were. */
  #exchange({ header, signUs, realUs, monoUs }: HeardTick, own: Own) {
    const echo = header?.echo;
    if (echo?.run !== own.run || !own.sentAtUs(echo.seq, echo.signUs)) return;
    const times: Timestamps = {
      t1Us: echo.signUs,
      t2Us: echo.realUs,
      t3Us: signUs,
      t4Us: realUs,
    };
    if (this.#clock.record(times, monoUs) && this.#clock.samples >= SETTLED) this.#placeWaiting();
  }

  #placeWaiting() {
    if (this.#clock.offsetUs === undefined) return;
    for (const { dtUs, seq, atUs } of this.#waiting) this.#place(dtUs, seq, atUs);
    this.#waiting = [];
  }

  /** delay = t_real - (t_sign - offset) */
  #place(dtUs: number, seq: number, atUs: number) {
    const delayUs = Math.round(dtUs + this.#clock.offsetUs!);
    this.#delay.record(delayUs, seq, atUs);
    if (this.#interval?.of === "delay") this.#interval.stats.record(delayUs, seq, atUs);
  }
}

function gapTickOf({ header, realUs, monoUs }: HeardTick): GapTick {
  const { run, seq, unsent = 0, skipped = 0, last = false } = header ?? {};
  return { realUs, monoUs, run, seq, unsent, skipped, last };
}

/** All that is known of one peer: the ticks of one subject. */

import type { MonoUs } from "../clock.ts";
import type { PeerEvent } from "../event.ts";
import type { HeardTick } from "../tick.ts";
import type { Heard, TickHeader } from "../wire.ts";
import type { DelayFigures } from "./delay.ts";
import { type Gap, Gaps, leastGapUs, type OwnFaults } from "./gaps.ts";
import { type PeerDelayFigures, PeerDelays } from "./peer_delays.ts";
import { SequenceAccounts, type SequenceFigures } from "./sequence_accounts.ts";

export interface PeerFigures extends PeerDelayFigures {
  subject: string;
  /** The run that speaks now; none for a bare peer. */
  run?: string;
  runs: number;
  sequence: SequenceFigures;
  /** Ticks that came with a number only. */
  bare: number;
  /** Headers that could not be used, by reason; their bodies were. */
  headerFaults: Record<string, number>;
  /** Ticks that were older than `--stale` on arrival; they count for all else too. */
  stale: number;
  /** Ticks that came while our event loop stood still: heard, but when can't be said, so without a delay. */
  untimed: number;
  /** Steps of either clock. */
  clockSteps: number;
  gaps: GapFigures;
  /** Ticks heard a second, from the first one heard to the last. */
  ratePerS: number;
  /** Its round trip to the broker, as it says. */
  peerRttUs?: number;
  /** What it heard of our run, as it says. */
  heardOfUs?: Heard;
}

export interface GapFigures {
  count: number;
  totalUs: number;
  longest?: Gap;
  /** The longest that was not a stall of our own. */
  longestOfOthersUs: number;
  /** How long the peer has been dark up to now, where it has. */
  openUs?: number;
}

/** One peer since it was last asked. */
export interface IntervalFigures {
  subject: string;
  of: "delay" | "dt";
  heard: number;
  lost: number;
  figures: DelayFigures;
}

/** What a peer's record needs to know of ourselves. */
export interface Own extends OwnFaults {
  run: string;
  /** Steps of our own wall clock so far. */
  steps: number;
  /** Whether we sent this tick, and our clock has not stepped since. */
  hasSent(seq: number, signUs: number): boolean;
}

export interface PeerOptions {
  lossTimeoutUs: number;
  /** A tick older than this on arrival is stale; 250 ms when it isn't given. */
  staleUs?: number;
  /** Our own, until the peer's is known. */
  intervalUs: number;
  /** Keep figures for each interval, to be taken by takeInterval(). */
  intervals?: boolean;
}

/** A peer that is silent for this long is told; or for five of its intervals, if those are longer. */
const SILENT_AFTER_US = 1e6;

export class PeerRecord {
  readonly subject: string;
  readonly sequences: SequenceAccounts;
  readonly delays: PeerDelays;
  /** The tick that rides back to the peer: none of before a clock stepped. */
  echoed: HeardTick | undefined;
  /** The newest tick of the run that speaks now, by its number, and the one that arrived last. */
  #newest: HeardTick;
  #last: HeardTick;
  readonly #first: HeardTick;
  #runs = 0;
  #bare = 0;
  readonly #headerFaults: Record<string, number> = {};
  #clockSteps = 0;
  #ownSteps: number;
  readonly #gaps = new Gaps();
  #intervalUs: number;
  #silent = false;
  readonly #staleUs: number;
  #stale = 0;
  #untimed = 0;
  #inStale = false;
  #taken = { heard: 0, lost: 0 };
  readonly #events: PeerEvent[] = [];

  constructor(first: HeardTick, own: Own, options: PeerOptions) {
    const { subject, header } = first;
    const { lossTimeoutUs, staleUs = 250_000, intervalUs, intervals } = options;
    this.#staleUs = staleUs;
    this.subject = subject;
    this.#first = this.#newest = this.#last = first;
    this.#intervalUs = intervalUs;
    this.#ownSteps = own.steps;
    this.delays = new PeerDelays(intervals === true);
    this.sequences = new SequenceAccounts(lossTimeoutUs, (run, burst) => {
      this.#events.push({ type: "lost", subject, run, ...burst });
    });
    this.#events.push({ type: "peer heard", subject, run: header?.run });
  }

  /** The run that speaks now; none for a bare peer. */
  get run(): string | undefined {
    return this.#newest.header?.run;
  }

  /** Takes in a tick; returns the events it makes. */
  heard(tick: HeardTick, own: Own): PeerEvent[] {
    const { header, headerFault, monoUs } = tick;
    if (headerFault !== undefined) {
      this.#headerFaults[headerFault] = (this.#headerFaults[headerFault] ?? 0) + 1;
    }
    const arrived = header ? this.sequences.arrive(header.run, header, monoUs) : "bare";
    if (arrived === "bare") this.#bare++;
    const startsRun = header !== undefined && this.sequences.isNew(header.run);
    if (startsRun) this.#runs++;
    const isPast = header !== undefined && header.run !== this.run && !startsRun;
    if (isPast) {
      if (arrived !== "duplicate") this.delays.recordPast(tick);
      return this.#events.splice(0);
    }
    this.#followSilence(tick, startsRun, own);
    this.#followClocks(tick, startsRun, own);
    if (arrived !== "duplicate") {
      const ageUs = this.delays.ageUs(tick);
      if (own.stalledUs(monoUs - ageUs, monoUs) > 0) {
        this.#untimed++;
      } else {
        this.#followAge(ageUs);
        this.delays.record(tick);
      }
      const echo = header?.echo;
      if (echo?.run === own.run && own.hasSent(echo.seq, echo.signUs)) this.delays.exchange(tick);
    }
    this.#advance(tick, startsRun);
    return this.#events.splice(0);
  }

  /** What became true by waiting. */
  check(nowUs: MonoUs): PeerEvent[] {
    this.sequences.settle(nowUs);
    const forUs = nowUs - this.#last.monoUs;
    if (!this.#silent && !this.#ended && forUs >= Math.max(SILENT_AFTER_US, 5 * this.#intervalUs)) {
      this.#silent = true;
      this.#events.push({ type: "peer silent", subject: this.subject, forMs: forUs / 1000 });
    }
    return this.#events.splice(0);
  }

  /** What rides back to it on our ticks. */
  about(): Partial<TickHeader> {
    if (!this.echoed) return {};
    const { header, signUs, realUs } = this.echoed;
    const { run, seq } = header ?? { run: "-", seq: -1 };
    return { echo: { run, seq, signUs, realUs }, heard: this.sequences.account(run) };
  }

  /** The figures since the last call, or since the start. */
  takeInterval(): IntervalFigures | undefined {
    const taken = this.delays.takeInterval();
    if (!taken) return undefined;
    const { heard, lost } = this.sequences.figures();
    const before = this.#taken;
    this.#taken = { heard: heard + this.#bare, lost };
    return {
      subject: this.subject,
      ...taken,
      heard: this.#taken.heard - before.heard,
      lost: lost - before.lost,
    };
  }

  figures(nowUs: MonoUs): PeerFigures {
    const openUs = nowUs - this.#last.monoUs;
    const isOpen = !this.#ended && openUs >= leastGapUs(this.#intervalUs);
    const forS = (this.#last.monoUs - this.#first.monoUs) / 1e6;
    const { count, totalUs, longest, longestOfOthersUs } = this.#gaps;
    const sequence = this.sequences.figures();
    const { header } = this.#newest;
    return {
      subject: this.subject,
      run: this.run,
      runs: this.#runs,
      sequence,
      bare: this.#bare,
      headerFaults: this.#headerFaults,
      ...this.delays.figures(nowUs),
      stale: this.#stale,
      untimed: this.#untimed,
      clockSteps: this.#clockSteps,
      gaps: { count, totalUs, longest, longestOfOthersUs, openUs: isOpen ? openUs : undefined },
      ratePerS: forS > 0 ? (sequence.heard + this.#bare - 1) / forS : 0,
      peerRttUs: header?.rttUs,
      heardOfUs: header?.heard,
    };
  }

  get #ended(): boolean {
    return this.#newest.header?.last === true;
  }

  /** Tells a gap, a restart and a return by what the tick comes after. */
  #followSilence(tick: HeardTick, startsRun: boolean, own: Own) {
    const { subject } = this;
    if (tick === this.#first) return;
    const before = { ...this.#newest, realUs: this.#last.realUs, monoUs: this.#last.monoUs };
    const gap = this.#gaps.between(before, tick, this.#intervalUs, own);
    if (gap) this.#events.push({ type: "gap", subject, ...gap });
    const afterMs = (tick.monoUs - this.#last.monoUs) / 1000;
    if (startsRun) {
      this.#events.push({ type: "peer restarted", subject, run: tick.header!.run, afterMs });
    } else if (this.#silent) this.#events.push({ type: "peer back", subject, afterMs });
    this.#silent = false;
  }

  /** Told at the first one of a burst. */
  #followAge(ageUs: number) {
    const stale = ageUs > this.#staleUs;
    if (stale) this.#stale++;
    if (stale && !this.#inStale) {
      this.#events.push({ type: "stale", subject: this.subject, ageMs: ageUs / 1000 });
    }
    this.#inStale = stale;
  }

  #followClocks(tick: HeardTick, startsRun: boolean, own: Own) {
    const ownStepped = own.steps !== this.#ownSteps;
    this.#ownSteps = own.steps;
    const steps = tick.header?.steps ?? 0;
    const peerStepped = !startsRun && steps > (this.#newest.header?.steps ?? 0);
    if (ownStepped || peerStepped) {
      this.#clockSteps++;
      this.delays.clockStepped();
    } else if (startsRun && tick !== this.#first) this.delays.restartClock();
    else return;
    if (!peerStepped) return;
    const { realUs, signUs } = this.#last;
    const byMs = (realUs - signUs - (tick.realUs - tick.signUs)) / 1000;
    this.#events.push({ type: "peer clock stepped", subject: this.subject, byMs });
  }

  #advance(tick: HeardTick, startsRun: boolean) {
    const { header } = tick;
    const before = this.#newest;
    this.#last = tick;
    this.echoed = tick;
    const slots = header && before.header ? header.seq - before.header.seq : 0;
    if (header && !startsRun && slots <= 0) return; // what a reordered tick says is of the past
    this.#newest = tick;
    const passedUs = tick.signUs - before.signUs;
    if (!startsRun && slots > 0 && passedUs > 0) this.#intervalUs = passedUs / slots;
    if (this.#ended) {
      this.#events.push({ type: "peer ended", subject: this.subject, run: header!.run });
    }
  }
}

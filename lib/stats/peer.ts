/** All that is known of one peer: the ticks of one subject. */

import type { MonoUs } from "../clock.ts";
import type { PeerEvent } from "../event.ts";
import type { HeardTick } from "../tick.ts";
import type { Heard, TickHeader } from "../wire.ts";
import type { DelayFigures } from "./delay.ts";
import { type Gap, Gaps, leastGapUs, type OwnFaults } from "./gaps.ts";
import { type NumberedTick, NumberWatch } from "./number_watch.ts";
import { Oddities } from "./oddities.ts";
import { type PeerDelayFigures, PeerDelays } from "./peer_delays.ts";
import { hasEnded, type Sender, Senders } from "./senders.ts";
import type { Arrived } from "./sequence.ts";
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
  /** Copies from long ago, or of a run that is over: each is in late or duplicate too, where its run is known. */
  replayed: number;
  /** Ticks whose time could not be true, by those before: heard, but without a delay. */
  implausibleTimes: number;
  /** Ticks whose number could not be true, by those before: in no account. */
  implausibleNumbers: number;
  /** Senders that spoke at once. */
  senders: number;
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
  /** When it stepped last; what arrived before that is stamped by another clock. */
  steppedUs: MonoUs;
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
/** A copy of a tick from before that is no duplicate of the bus, but somebody's; or from three intervals before, if those are longer. */
const REPLAYED_AFTER_US = 1e6;

export class PeerRecord {
  readonly subject: string;
  readonly sequences: SequenceAccounts;
  readonly delays: PeerDelays;
  /** The tick that rides back to the peer: none of before a clock stepped. */
  echoed: HeardTick | undefined;
  readonly #senders: Senders;
  readonly #numbers = new NumberWatch();
  readonly #oddities = new Oddities();
  readonly #first: HeardTick;
  #runs = 0;
  #bare = 0;
  readonly #headerFaults: Record<string, number> = {};
  #clockSteps = 0;
  #ownSteps: number;
  readonly #gaps = new Gaps();
  #silent = false;
  readonly #staleUs: number;
  #stale = 0;
  #untimed = 0;
  #replayed = 0;
  #implausibleTimes = 0;
  #senderCount = 1;
  #misreported = 0;
  #inStale = false;
  #heardOfUs: Heard | undefined;
  #taken = { heard: 0, lost: 0 };
  readonly #events: PeerEvent[] = [];

  constructor(first: HeardTick, own: Own, options: PeerOptions) {
    const { subject, header } = first;
    const { lossTimeoutUs, staleUs = 250_000, intervalUs, intervals } = options;
    this.#staleUs = staleUs;
    this.subject = subject;
    this.#first = first;
    this.#senders = new Senders(first, intervalUs);
    this.#ownSteps = own.steps;
    this.delays = new PeerDelays(intervals === true, header?.run);
    this.sequences = new SequenceAccounts(lossTimeoutUs, (run, burst) => {
      this.#events.push({ type: "lost", subject, run, ...burst });
    });
    this.#events.push({ type: "peer heard", subject, run: header?.run });
  }

  /** The run that speaks now; none for a bare peer. */
  get run(): string | undefined {
    return this.#senders.current.run;
  }

  /** Takes in a tick; returns the events it makes. */
  heard(tick: HeardTick, own: Own): PeerEvent[] {
    const { header, headerFault: reason } = tick;
    if (reason !== undefined) {
      this.#headerFaults[reason] = (this.#headerFaults[reason] ?? 0) + 1;
      this.#oddities.add({ type: "header unused", subject: this.subject, reason, count: 1 });
    }
    this.#followOwnClock(own);
    if (header) this.#hearInTurn(tick as NumberedTick, own);
    else {
      this.#bare++;
      this.#hear(tick, "bare", own);
    }
    return this.#events.length > 0 ? this.#events.splice(0) : [];
  }

  /** What became true by waiting. */
  check(nowUs: MonoUs): PeerEvent[] {
    const { subject } = this;
    this.sequences.settle(nowUs);
    const { current } = this.#senders;
    const forUs = nowUs - current.last.monoUs;
    const afterUs = Math.max(SILENT_AFTER_US, 5 * current.intervalUs);
    if (!this.#silent && !hasEnded(current) && forUs >= afterUs) {
      this.#silent = true;
      this.#events.push({ type: "peer silent", subject, forMs: forUs / 1000 });
    }
    const { misreported } = this.sequences;
    const count = misreported - this.#misreported;
    if (count > 0) this.#oddities.add({ type: "misreported", subject, run: this.run, count });
    this.#misreported = misreported;
    this.#events.push(...this.#oddities.take());
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
    const { current } = this.#senders;
    const openUs = nowUs - current.last.monoUs;
    const isOpen = !hasEnded(current) && openUs >= leastGapUs(current.intervalUs);
    const forS = (current.last.monoUs - this.#first.monoUs) / 1e6;
    const { count, totalUs, longest, longestOfOthersUs } = this.#gaps;
    const sequence = this.sequences.figures();
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
      replayed: this.#replayed,
      implausibleTimes: this.#implausibleTimes,
      implausibleNumbers: this.#numbers.implausible,
      senders: this.#senderCount,
      clockSteps: this.#clockSteps,
      gaps: { count, totalUs, longest, longestOfOthersUs, openUs: isOpen ? openUs : undefined },
      ratePerS: forS > 0 ? (sequence.heard + this.#bare - 1) / forS : 0,
      peerRttUs: current.newest.header?.rttUs,
      heardOfUs: this.#heardOfUs,
    };
  }

  /** A tick whose number can't be true waits for the next one. */
  #hearInTurn(tick: NumberedTick, own: Own) {
    const { run, seq } = tick.header;
    const { current } = this.#senders;
    const before = this.#first === tick ? undefined : this.#senders.get(run)?.newest;
    const { implausible } = this.#numbers;
    const ticks = this.#numbers.check(tick, before as NumberedTick | undefined, current.intervalUs);
    if (this.#numbers.implausible > implausible) {
      const { subject } = this;
      this.#oddities.add({ type: "implausible number", subject, run, seq, count: 1 });
    }
    for (const each of ticks) {
      const arrived = this.sequences.arrive(run, each.header, each.monoUs);
      if (this.sequences.isNew(run)) this.#runs++;
      if (arrived === "over" || this.#isReplayed(each, arrived)) this.#replay(each);
      else this.#hear(each, arrived, own);
    }
  }

  #hear(tick: HeardTick, arrived: Arrived | "bare", own: Own) {
    const senders = this.#senders;
    const sender = senders.of(tick);
    const isNewest = tick === sender.newest || arrived === "bare" || isAhead(arrived);
    if (sender === senders.current) {
      senders.stays();
      return this.#hearCurrent(tick, arrived, own);
    }
    if (isNewest && senders.takesOver(sender, tick)) {
      return this.#switchTo(sender, tick, arrived, own);
    }
    if (isNewest) {
      if (senders.beside(sender, tick)) this.#tellSenders(sender);
      sender.newest = tick;
    }
    sender.last = tick;
    if (!isCopy(arrived)) this.#hearBeside(tick, own);
  }

  /** Of one that isn't the peer, dt counts where it can be by the same clock: a run before this one, mostly. */
  #hearBeside(tick: HeardTick, own: Own) {
    if (tick.monoUs < own.steppedUs) this.delays.recordUnplaced();
    else if (this.#senders.current.times.fits(tick)) this.delays.recordPast(tick);
    else this.#doubtTime(tick);
  }

  #hearCurrent(tick: HeardTick, arrived: Arrived | "bare", own: Own) {
    const { current } = this.#senders;
    this.#followInterval(tick, current);
    this.#followSilence(tick, current, own);
    this.#followTime(tick, current, arrived, own);
    this.#advance(tick, current, own);
  }

  /** Another sender is the peer from now on: its next run, or one that was beside it. */
  #switchTo(sender: Sender, tick: HeardTick, arrived: Arrived | "bare", own: Own) {
    const before = this.#senders.current;
    this.#senders.current = sender;
    this.#senders.stays();
    this.delays.switchTo(sender.run);
    if (!sender.wasHeard) {
      sender.wasHeard = true;
      const { subject } = this;
      const afterMs = (tick.monoUs - before.last.monoUs) / 1000;
      this.#followGap(tick, sender.newest === tick ? before : sender, own);
      this.#events.push({ type: "peer restarted", subject, run: sender.run, afterMs });
      this.#silent = false;
    } else this.#followSilence(tick, sender, own);
    this.#followTime(tick, sender, arrived, own);
    this.#advance(tick, sender, own);
  }

  #tellSenders({ run }: Sender) {
    this.#senderCount++;
    const runs = [this.run!, run!];
    this.#events.push({ type: "several senders", subject: this.subject, runs });
  }

  #isReplayed({ header, monoUs }: NumberedTick, arrived: Arrived): boolean {
    if (!isCopy(arrived)) return false;
    const sender = this.#senders.get(header.run);
    if (!sender) return true;
    const { newest, last, intervalUs } = sender;
    const afterUs = Math.max(REPLAYED_AFTER_US, 3 * intervalUs);
    return (newest.header!.seq - header.seq) * intervalUs > afterUs ||
      monoUs - last.monoUs > afterUs;
  }

  #replay({ header: { run, seq } }: NumberedTick) {
    this.#replayed++;
    this.#oddities.add({ type: "replayed", subject: this.subject, run, seq, count: 1 });
  }

  #doubtTime({ realUs, signUs }: HeardTick) {
    this.#implausibleTimes++;
    const { timed } = this.#senders.current;
    const dtUs = timed ? timed.realUs - timed.signUs : 0;
    const byMs = (dtUs - (realUs - signUs)) / 1000;
    this.#oddities.add({ type: "implausible time", subject: this.subject, byMs, count: 1 });
  }

  /** Tells a gap, and a return after it, by what the tick comes after. */
  #followSilence(tick: HeardTick, sender: Sender, own: Own) {
    if (tick === this.#first) return;
    this.#followGap(tick, sender, own);
    const afterMs = (tick.monoUs - sender.last.monoUs) / 1000;
    if (this.#silent) this.#events.push({ type: "peer back", subject: this.subject, afterMs });
    this.#silent = false;
  }

  #followGap(tick: HeardTick, { newest, last, intervalUs }: Sender, own: Own) {
    const lengthUs = tick.monoUs - last.monoUs;
    // Mostly there is none; this is asked at every tick.
    if (lengthUs <= this.#gaps.longestOfOthersUs && lengthUs < leastGapUs(intervalUs)) return;
    const before = { ...newest, realUs: last.realUs, monoUs: last.monoUs };
    const gap = this.#gaps.between(before, tick, intervalUs, own);
    if (gap) this.#events.push({ type: "gap", subject: this.subject, ...gap });
  }

  #followOwnClock(own: Own) {
    if (own.steps === this.#ownSteps) return;
    this.#ownSteps = own.steps;
    this.#stepped();
  }

  #stepped() {
    this.#clockSteps++;
    this.delays.clockStepped();
    for (const { times } of this.#senders.all()) times.restart();
  }

  /** The delay, and what it tells of the clock, where the tick's time can be told. */
  #followTime(tick: HeardTick, sender: Sender, arrived: Arrived | "bare", own: Own) {
    const { header, monoUs } = tick;
    const { newest } = sender;
    if (isCopy(arrived)) return;
    const steps = (header?.steps ?? 0) - (newest.header?.steps ?? 0);
    // Of before a step of either clock, overtaken by what came after it.
    if (steps < 0 || monoUs < own.steppedUs) return this.delays.recordUnplaced();
    if (steps > 0) {
      this.#stepped();
      this.#tellStep(tick, sender);
    }
    const slots = header && newest.header ? newest.header.seq - header.seq : 0;
    const timed = sender.times.check(tick, Math.max(0, slots * sender.intervalUs));
    if (timed === "implausible") return this.#doubtTime(tick);
    if (timed === "stepped") {
      this.#clockSteps++;
      this.delays.clockStepped();
      this.#tellStep(tick, sender);
    }
    sender.timed = tick;
    this.echoed = tick;
    const ageUs = this.delays.ageUs(tick, sender.times.leastDtUs);
    if (own.stalledUs(monoUs - ageUs, monoUs) > 0) this.#untimed++;
    else {
      this.#followAge(ageUs);
      this.delays.record(tick);
    }
    const echo = header?.echo;
    if (echo?.run === own.run && own.hasSent(echo.seq, echo.signUs)) this.delays.exchange(tick);
  }

  #tellStep({ realUs, signUs }: HeardTick, { timed }: Sender) {
    if (!timed) return;
    const byMs = (timed.realUs - timed.signUs - (realUs - signUs)) / 1000;
    this.#events.push({ type: "peer clock stepped", subject: this.subject, byMs });
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

  #followInterval(tick: HeardTick, sender: Sender) {
    const { header, signUs } = tick;
    const { timed } = sender;
    if (!timed || timed.header?.steps !== header?.steps || !sender.times.fits(tick)) return;
    const slots = header ? header.seq - timed.header!.seq : 1;
    const passedUs = signUs - timed.signUs;
    if (slots <= 0 || passedUs <= 0) return;
    // The lesser of two, so that a silence is none.
    const apartUs = passedUs / slots;
    sender.intervalUs = Math.min(apartUs, sender.apartUs);
    sender.apartUs = apartUs;
  }

  #advance(tick: HeardTick, sender: Sender, own: Own) {
    const { header } = tick;
    sender.last = tick;
    const before = sender.newest.header;
    // What a reordered tick says is of the past.
    if (header && before && tick !== sender.newest && header.seq <= before.seq) return;
    sender.newest = tick;
    if (header?.heard && (header.echo === undefined || header.echo.run === own.run)) {
      this.#heardOfUs = header.heard;
    }
    if (hasEnded(sender)) {
      this.#events.push({ type: "peer ended", subject: this.subject, run: sender.run! });
    }
  }
}

function isAhead(arrived: Arrived | "bare"): boolean {
  return arrived === "in order" || arrived === "after a gap";
}

/** It was here before, or that can't be said any more. */
function isCopy(arrived: Arrived | "bare"): boolean {
  return arrived === "duplicate" || arrived === "too old";
}

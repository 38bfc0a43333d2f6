/** All that is known of one peer: the ticks of one subject. */

import type { MonoUs } from "../../time/clock.ts";
import type { PeerEvent } from "../events.ts";
import type { ReceivedTick } from "../../tick.ts";
import type { ReceivedCounts, TickHeader } from "../../wire.ts";
import { type NumberedTick, PlausibleNumber } from "./plausible_number.ts";
import { Anomalies } from "./anomalies.ts";
import type { LocalState } from "../local_faults.ts";
import type { PeerStatistics } from "./statistics.ts";
import type { Intervals } from "../interval/intervals.ts";
import type { PeerIntervals } from "../interval/peer_intervals.ts";
import { PeerTimes } from "./times.ts";
import { followInterval, hasEnded, type Sender, Senders } from "./senders.ts";
import type { Arrived } from "../sequence/account.ts";
import { SequenceAccounts } from "../sequence/accounts.ts";
import type { GivenUp } from "../sequence/gap.ts";
import { OutageWatch } from "./outage_watch.ts";

export interface PeerOptions {
  lossTimeoutUs: number;
  /** A tick older than this on arrival is stale; 250 ms when it isn't given. */
  staleUs?: number;
  /** Our own, until the peer's is known. */
  intervalUs: number;
}

/** A copy of a tick from before that is no duplicate of the bus, but somebody's; or from three intervals before, if those are longer. */
const REPLAYED_AFTER_US = 1e6;

export class PeerRecord {
  readonly subject: string;
  readonly sequences: SequenceAccounts;
  readonly times: PeerTimes;
  readonly #senders: Senders;
  readonly #outages: OutageWatch;
  readonly #numbers = new PlausibleNumber();
  readonly #anomalies = new Anomalies();
  readonly #first: ReceivedTick;
  #runs = 0;
  #bare = 0;
  readonly #headerFaults: Record<string, number> = {};
  #replayed = 0;
  #senderCount = 1;
  #misreported = 0;
  #receivedOfUs: ReceivedCounts | undefined;
  readonly #events: PeerEvent[] = [];
  /** One for each who asks for intervals. */
  readonly #intervals = new Map<Intervals, PeerIntervals>();
  /** The moment that is being taken in: what is given up is given up then. */
  #nowUs: MonoUs;

  constructor(first: ReceivedTick, local: LocalState, options: PeerOptions) {
    const { subject, header } = first;
    const { lossTimeoutUs, staleUs = 250_000, intervalUs } = options;
    const report = (event: PeerEvent) => void this.#events.push(event);
    this.subject = subject;
    this.#first = first;
    this.#nowUs = first.monoUs;
    this.#senders = new Senders(first, intervalUs);
    this.#outages = new OutageWatch(subject, local, report);
    this.times = new PeerTimes({
      subject,
      run: header?.run,
      senders: this.#senders,
      anomalies: this.#anomalies,
      report,
      staleUs,
      localSteps: local.steps,
      onSample: (sample) => {
        for (const intervals of this.#intervals.values()) intervals.sampled(sample);
      },
    });
    this.sequences = new SequenceAccounts(lossTimeoutUs, (run, gap) => this.#giveUp(run, gap));
    report({ type: "receiving", subject, run: header?.run });
  }

  /** The run that speaks now; none for a bare peer. */
  get run(): string | undefined {
    return this.#senders.current.run;
  }

  /** Takes in a tick; returns the events it makes. */
  received(tick: ReceivedTick, local: LocalState): PeerEvent[] {
    const { header, headerFault: reason } = tick;
    if (reason !== undefined) {
      this.#headerFaults[reason] = (this.#headerFaults[reason] ?? 0) + 1;
      this.#anomalies.add({ type: "header unused", subject: this.subject, reason, count: 1 });
    }
    this.#nowUs = tick.monoUs;
    this.times.followLocalClock(local);
    if (header) this.#hearInTurn(tick as NumberedTick, local);
    else {
      this.#bare++;
      this.#countInIntervals(tick);
      this.#receive(tick, "bare", local);
    }
    return this.#events.length > 0 ? this.#events.splice(0) : [];
  }

  /** What became true by waiting. */
  check(nowUs: MonoUs): PeerEvent[] {
    const { subject } = this;
    this.#nowUs = nowUs;
    this.sequences.settle(nowUs);
    this.#outages.check(this.#senders.current, nowUs);
    const { misreported } = this.sequences;
    const count = misreported - this.#misreported;
    if (count > 0) this.#anomalies.add({ type: "misreported", subject, run: this.run, count });
    this.#misreported = misreported;
    this.#events.push(...this.#anomalies.take());
    return this.#events.splice(0);
  }

  /** What rides back to it on our ticks. */
  about(): Partial<TickHeader> {
    const { echoed } = this.times;
    if (!echoed) return {};
    const { header, signUs, realUs } = echoed;
    const { run, seq } = header ?? { run: "-", seq: -1 };
    return { echo: { run, seq, signUs, realUs }, received: this.sequences.account(run) };
  }

  /** The end has come: gives up on what is still missing, however short it has been. */
  end(nowUs: MonoUs): PeerEvent[] {
    this.#nowUs = nowUs;
    this.sequences.settle(Infinity);
    const open = this.#outages.open(this.#senders.current, nowUs);
    if (open) this.#events.push({ type: "outage", subject: this.subject, ...open });
    return this.check(nowUs);
  }

  /** Keeps the intervals of one consumer from a moment on. */
  keep(intervals: Intervals, sinceUs: MonoUs) {
    this.#intervals.set(intervals, intervals.follow(this.subject, sinceUs));
  }

  /** Keeps them no longer. */
  drop(intervals: Intervals) {
    this.#intervals.delete(intervals);
  }

  /**
   * What is known at a moment: changes nothing.
   *
   * @param ended counts what is still missing as given up, however short it has been
   */
  statistics(nowUs: MonoUs, ended = false): PeerStatistics {
    const { current } = this.#senders;
    const outages = this.#outages.statistics(current, nowUs);
    const { delays, duringStall, implausible, clockSteps, clockContradictions } = this.times;
    const sequence = this.sequences.statistics(ended);
    const received = sequence.received + this.#bare;
    const untilUs = outages.openUs === undefined ? current.last.monoUs : nowUs;
    const forS = (untilUs - this.#first.monoUs) / 1e6;
    return {
      subject: this.subject,
      run: this.run,
      runs: this.#runs,
      sequence,
      bare: this.#bare,
      headerFaults: { ...this.#headerFaults },
      ...delays.statistics(nowUs),
      stale: this.times.stale,
      duringStall,
      replayed: this.#replayed,
      implausibleTimes: implausible,
      implausibleNumbers: this.#numbers.implausible,
      senders: this.#senderCount,
      clockSteps,
      clockContradictions,
      outages: received > 1 ? outages : { ...outages, longestOfOthersUs: NaN },
      ratePerS: received > 1 && forS > 0 ? (received - 1) / forS : NaN,
      endedUs: hasEnded(current) ? nowUs - current.last.monoUs : undefined,
      peerRttUs: current.newest.header?.rttUs,
      receivedOfUs: this.#receivedOfUs,
    };
  }

  #giveUp(run: string, gap: GivenUp) {
    const { seq, lost: length } = gap;
    if (length > 0) this.#events.push({ type: "lost", subject: this.subject, run, seq, length });
    for (const intervals of this.#intervals.values()) intervals.givenUp(gap, this.#nowUs);
  }

  #countInIntervals(tick: ReceivedTick) {
    for (const intervals of this.#intervals.values()) intervals.received(tick);
  }

  /** A tick whose number can't be true waits for the next one. */
  #hearInTurn(tick: NumberedTick, local: LocalState) {
    const { run, seq } = tick.header;
    const { current } = this.#senders;
    const before = this.#first === tick ? undefined : this.#senders.get(run)?.newest;
    const { implausible } = this.#numbers;
    const ticks = this.#numbers.check(tick, before as NumberedTick | undefined, current.intervalUs);
    if (this.#numbers.implausible > implausible) {
      const { subject } = this;
      this.#anomalies.add({ type: "implausible number", subject, run, seq, count: 1 });
    }
    for (const each of ticks) {
      const arrived = this.sequences.arrive(run, each.header, each.monoUs);
      if (this.sequences.isNew(run)) this.#runs++;
      if (isReceived(arrived)) this.#countInIntervals(each);
      if (arrived === "no account") continue;
      if (arrived === "over" || this.#isReplayed(each, arrived)) this.#replay(each);
      else this.#receive(each, arrived, local);
    }
  }

  #receive(tick: ReceivedTick, arrived: Arrived | "bare", local: LocalState) {
    const senders = this.#senders;
    const sender = senders.of(tick);
    const isNewest = tick === sender.newest || arrived === "bare" || isAhead(arrived);
    if (sender === senders.current) {
      senders.stays();
      return this.#hearCurrent(tick, arrived, local);
    }
    if (isNewest && senders.takesOver(sender, tick)) {
      return this.#switchTo(sender, tick, arrived, local);
    }
    if (isNewest) {
      if (senders.beside(sender, tick)) this.#reportSenders(sender);
      sender.newest = tick;
    }
    sender.last = tick;
    if (!isCopy(arrived)) this.times.followBeside(tick, local);
  }

  #hearCurrent(tick: ReceivedTick, arrived: Arrived | "bare", local: LocalState) {
    const { current } = this.#senders;
    followInterval(current, tick);
    if (tick !== this.#first) this.#outages.end(tick, current);
    if (!isCopy(arrived)) this.times.follow(tick, current, local);
    this.#advance(tick, current, local);
  }

  /** Another sender is the peer from now on: its next run, or one that was beside it. */
  #switchTo(sender: Sender, tick: ReceivedTick, arrived: Arrived | "bare", local: LocalState) {
    const before = this.#senders.current;
    this.#senders.current = sender;
    this.#senders.stays();
    this.times.delays.switchTo(sender.run, tick.monoUs);
    if (!sender.wasReceived) {
      sender.wasReceived = true;
      const { subject } = this;
      const afterMs = (tick.monoUs - before.last.monoUs) / 1000;
      this.#outages.endWithRestart(tick, sender.newest === tick ? before : sender);
      this.#events.push({ type: "peer restarted", subject, run: sender.run, afterMs });
    } else this.#outages.end(tick, sender);
    if (!isCopy(arrived)) this.times.follow(tick, sender, local);
    this.#advance(tick, sender, local);
  }

  #reportSenders({ run }: Sender) {
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
    this.#anomalies.add({ type: "replayed", subject: this.subject, run, seq, count: 1 });
  }

  #advance(tick: ReceivedTick, sender: Sender, local: LocalState) {
    const { header } = tick;
    sender.last = tick;
    const before = sender.newest.header;
    // What a reordered tick says is of the past.
    if (header && before && tick !== sender.newest && header.seq <= before.seq) return;
    sender.newest = tick;
    if (header?.received && (header.echo === undefined || header.echo.run === local.run)) {
      this.#receivedOfUs = header.received;
    }
    if (hasEnded(sender)) {
      this.#events.push({ type: "peer ended", subject: this.subject, run: sender.run! });
    }
  }
}

function isReceived(arrived: Arrived | "over" | "no account"): boolean {
  return isAhead(arrived) || arrived === "reordered";
}

function isAhead(arrived: string): boolean {
  return arrived === "in order" || arrived === "after a gap";
}

/** It was here before, or that can't be said any more. */
function isCopy(arrived: Arrived | "bare"): boolean {
  return arrived === "duplicate" || arrived === "too old";
}

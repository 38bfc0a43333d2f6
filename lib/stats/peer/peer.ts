/** All that is known of one peer: the ticks of one subject. */

import type { MonoUs } from "../../time/clock.ts";
import type { PeerEvent, TickEvent } from "../events.ts";
import type { ReceivedTick } from "../../arrival.ts";
import { NumberedTicks } from "./numbered.ts";
import type { PeerOptions } from "./options.ts";
import type { NumberedTick } from "./plausible_number.ts";
import { Echoes } from "./echoes.ts";
import { Anomalies } from "./anomalies.ts";
import type { LocalState } from "../local_faults.ts";
import type { PeerStatistics } from "./statistics.ts";
import { KeptIntervals } from "../interval/kept.ts";
import { Reception } from "./reception.ts";
import { PeerTimes } from "./times.ts";
import { hasEnded, type Pace, paceOf, Senders } from "./senders.ts";
import type { SequenceAccounts } from "../sequence/accounts.ts";
import { followedOf } from "./followed.ts";
import { StoreWatch } from "./store_watch.ts";
import { OutageWatch } from "./outage_watch.ts";

export class PeerRecord {
  readonly subject: string;
  readonly times: PeerTimes;
  /** Who follows its ticks one by one. */
  readonly followers: KeptIntervals;
  readonly #senders: Senders;
  readonly #outages: OutageWatch;
  readonly #numbered: NumberedTicks;
  readonly #anomalies = new Anomalies();
  readonly #first: ReceivedTick;
  /** What rides back to it. */
  readonly echoes = new Echoes(() => this.times.echoed);
  readonly #reception: Reception;
  #bare = 0;
  readonly #store = new StoreWatch();
  readonly #headerFaults: Record<string, number> = {};
  readonly #events: PeerEvent[] = [];
  /** The moment that is being taken in: what is given up is given up then. */
  #nowUs: MonoUs;

  constructor(first: ReceivedTick, local: LocalState, options: PeerOptions) {
    const { subject, header } = first;
    const { lossTimeoutUs, staleUs = 250_000, intervalUs, keeping } = options;
    const report = (event: PeerEvent) => void this.#events.push(event);
    this.subject = subject;
    this.#first = first;
    this.#nowUs = first.monoUs;
    this.#senders = new Senders(first, intervalUs);
    this.#outages = new OutageWatch({
      ...{ subject, local, report },
      onStretch: (toUs, lengthUs, ofOthersUs) => this.followers.stretch(toUs, lengthUs, ofOthersUs),
    });
    const parts = { subject, senders: this.#senders, anomalies: this.#anomalies, report };
    this.times = new PeerTimes({
      ...parts,
      run: header?.run,
      staleUs,
      keeping,
      localSteps: local.steps,
      onSample: (sample) => this.followers.sampled(sample),
    });
    this.#numbered = new NumberedTicks({
      ...{ ...parts, outages: this.#outages, lossTimeoutUs },
      onReceived: (tick) => this.followers.received(tick),
      isUnread: local.isUnread,
      onGivenUp: (gap) => this.followers.givenUp(gap, this.#nowUs),
    });
    const timed = { senders: this.#senders, outages: this.#outages, times: this.times };
    this.#reception = new Reception({ ...parts, ...timed, first, local });
    this.followers = new KeptIntervals(
      subject,
      followedOf({ ...timed, accounts: this.sequences, bare: () => this.#bare }),
    );
    report({ type: "receiving", subject, run: header?.run });
  }

  /** The run that speaks now; none for a bare peer. */
  get run(): string | undefined {
    return this.#senders.current.run;
  }

  /** The accounts of its runs. */
  get sequences(): SequenceAccounts {
    return this.#numbered.accounts;
  }

  /** Takes in a tick; returns the events it makes. */
  received(tick: ReceivedTick, local: LocalState): PeerEvent[] {
    const { header, headerFault: reason } = tick;
    this.followers.reached(tick.monoUs);
    if (reason !== undefined) {
      this.#headerFaults[reason] = (this.#headerFaults[reason] ?? 0) + 1;
      this.#anomalies.add({ type: "header unused", subject: this.subject, reason, count: 1 });
    }
    this.#store.take(tick);
    this.#nowUs = tick.monoUs;
    this.times.followLocalClock(local);
    if (header) {
      this.#numbered.take(tick as NumberedTick, (each, how) => this.#reception.take(each, how));
    } else {
      this.#bare++;
      this.followers.received(tick);
      this.#reception.take(tick, "bare");
    }
    return this.#events.length > 0 ? this.#events.splice(0) : [];
  }

  get pace(): Pace | undefined {
    return paceOf(this.#senders.current);
  }

  /** When its last tick arrived. */
  get lastUs(): MonoUs {
    return this.#senders.current.last.monoUs;
  }

  /** Adds what became true by waiting to events: of most peers, nothing. */
  check(nowUs: MonoUs, events: TickEvent[]) {
    this.#nowUs = nowUs;
    this.#numbered.settle(nowUs);
    this.#outages.check(this.#senders.current, nowUs);
    if (this.#events.length > 0) events.push(...this.#events.splice(0));
    this.#anomalies.takeTo(events);
  }

  /** The end has come: gives up on what is still missing, however short it has been. */
  end(nowUs: MonoUs): TickEvent[] {
    this.#nowUs = nowUs;
    this.#numbered.settle(Infinity);
    const open = this.#outages.open(this.#senders.current, nowUs);
    if (open) this.#events.push({ type: "outage", subject: this.subject, ...open });
    const events: TickEvent[] = [];
    this.check(nowUs, events);
    return events;
  }

  /** What is known at a moment, of outages up to `takenInUs`; changes nothing. `ended` gives up what is missing. */
  statistics(
    nowUs: MonoUs,
    ended = false,
    percents?: readonly number[],
    takenInUs = nowUs,
  ): PeerStatistics {
    const { current } = this.#senders;
    const { senderCount, receivedOfUs } = this.#reception;
    const outages = this.#outages.statistics(current, takenInUs);
    const { delays, duringStall, implausible, clockSteps, clockContradictions } = this.times;
    const sequence = this.sequences.statistics(ended);
    const received = sequence.received + this.#bare;
    const untilUs = outages.openUs === undefined ? current.last.monoUs : takenInUs;
    const forS = (untilUs - this.#first.monoUs) / 1e6;
    return {
      subject: this.subject,
      run: this.run,
      runs: this.#numbered.runs,
      sequence,
      bare: this.#bare,
      headerFaults: { ...this.#headerFaults },
      ...delays.statistics(nowUs, percents),
      stale: this.times.stale,
      duringStall,
      replayed: this.#numbered.replayed,
      ...this.#store.statistics(this.run, this.sequences),
      unaccounted: this.#numbered.unaccounted,
      implausibleTimes: implausible,
      implausibleNumbers: this.#numbered.implausible,
      senders: senderCount,
      clockSteps,
      clockContradictions,
      outages: received > 1 ? outages : { ...outages, longestOfOthersUs: NaN },
      ratePerS: received > 1 && forS > 0 ? (received - 1) / forS : NaN,
      endedUs: hasEnded(current) ? Math.max(0, nowUs - current.last.monoUs) : undefined,
      peerRttUs: this.#reception.peerRttUs,
      receivedOfUs: receivedOfUs && { ...receivedOfUs },
      lossRuns: this.#numbered.lossRuns,
    };
  }
}

/** The ticks of one peer that have numbers: in which account each is, and what is not to be received of them. */

import type { MonoUs } from "../../time/clock.ts";
import type { PeerEvent } from "../events.ts";
import { type Arrived, isAhead, isCopy } from "../sequence/arrived.ts";
import { SequenceAccounts } from "../sequence/accounts.ts";
import type { GivenUp } from "../sequence/gap.ts";
import type { Anomalies } from "./anomalies.ts";
import { type NumberedTick, PlausibleNumber } from "./plausible_number.ts";
import type { OutageWatch } from "./outage_watch.ts";
import type { Senders } from "./senders.ts";
import type { LossRun } from "./statistics.ts";

/** A copy of a tick from before that is no duplicate of the bus, but somebody's; or from three intervals before, if those are longer. */
const REPLAYED_AFTER_US = 1e6;
/** Runs of lost slots that are kept one by one: the longest. */
const MAX_LOSS_RUNS = 10;

export interface NumberedTicksOptions {
  subject: string;
  lossTimeoutUs: number;
  senders: Senders;
  anomalies: Anomalies;
  outages: OutageWatch;
  report: (event: PeerEvent) => void;
  /** Told of each tick that is received, and no copy. */
  onReceived: (tick: NumberedTick) => void;
  onGivenUp: (gap: GivenUp) => void;
  /** Whether some of what was sent in a stretch was not read in time by ourselves. */
  isUnread: (fromUs: number, toUs: number) => boolean;
}

export class NumberedTicks {
  readonly accounts: SequenceAccounts;
  runs = 0;
  replayed = 0;
  unaccounted = 0;
  readonly #numbers = new PlausibleNumber();
  readonly #options: NumberedTicksOptions;
  #misreported = 0;
  #lossRuns: LossRun[] = [];

  constructor(options: NumberedTicksOptions) {
    this.#options = options;
    this.accounts = new SequenceAccounts(
      options.lossTimeoutUs,
      (run, gap) => this.#giveUp(run, gap),
      options.isUnread,
    );
  }

  get implausible(): number {
    return this.#numbers.implausible;
  }

  /** The longest ones. */
  get lossRuns(): LossRun[] {
    return [...this.#lossRuns];
  }

  /** Takes in a tick; one whose number can't be true waits for the next one. Calls back for each to be received. */
  take(tick: NumberedTick, receive: (tick: NumberedTick, arrived: Arrived) => void) {
    const { run, seq } = tick.header;
    const { subject, senders, anomalies, outages, onReceived } = this.#options;
    const { implausible } = this.#numbers;
    const ticks = this.#numbers.check(tick, senders.get(run));
    if (this.#numbers.implausible > implausible) {
      anomalies.add({ type: "implausible number", subject, run, seq, count: 1 });
      if (run === senders.current.run) outages.refused.add(tick, senders.current);
    }
    for (const each of ticks) {
      this.#takeBorneOut(each);
      const arrived = this.accounts.arrive(run, each.header, each.monoUs);
      if (this.accounts.isNew(run)) this.runs++;
      if (arrived === "no account") {
        this.unaccounted++;
        anomalies.add({ type: "unaccounted", subject, run, count: 1 });
      } else if (arrived === "over" || this.#isReplayed(each, arrived)) this.#replay(each);
      else {
        if (isReceived(arrived)) onReceived(each);
        receive(each, arrived);
      }
    }
  }

  /** It came and was refused, and was true: received, but its time is gone, and so there is no delay of it. */
  #takeBorneOut(tick: NumberedTick) {
    const { header: { run }, monoUs } = tick;
    const { senders, outages } = this.#options;
    const highest = this.accounts.account(run)?.highestSeq;
    if (highest === undefined) return;
    for (const { from, end, ...header } of this.#numbers.borneOutBy(tick, highest)) {
      if (run === senders.current.run) outages.refused.bearOut(end - from);
      for (let seq = from; seq < end; seq++) {
        const slot = { ...tick.header, ...header, seq };
        this.accounts.arrive(run, slot, monoUs);
        this.#options.onReceived({ ...tick, header: slot });
      }
    }
  }

  /** Gives up what has been missing for too long, and reports whose counts don't add up. */
  settle(nowUs: MonoUs | typeof Infinity) {
    this.accounts.settle(nowUs);
    const { misreported } = this.accounts;
    const count = misreported - this.#misreported;
    this.#misreported = misreported;
    if (count === 0) return;
    const { subject, senders, anomalies } = this.#options;
    anomalies.add({ type: "misreported", subject, run: senders.current.run, count });
  }

  #giveUp(run: string, gap: GivenUp) {
    const { subject, report, onGivenUp } = this.#options;
    const { seq, lost: length, unsent, skipped } = gap;
    if (length > 0) {
      const slots = length + unsent + skipped;
      this.#lossRuns = longestRuns(this.#lossRuns, { run, seq, lost: length, slots });
      report({ type: "lost", subject, run, seq, length });
    }
    onGivenUp(gap);
  }

  #isReplayed({ header, monoUs }: NumberedTick, arrived: Arrived): boolean {
    if (!isCopy(arrived)) return false;
    const sender = this.#options.senders.get(header.run);
    if (!sender) return true;
    const { newest, last, intervalUs } = sender;
    const afterUs = Math.max(REPLAYED_AFTER_US, 3 * intervalUs);
    return (newest.header!.seq - header.seq) * intervalUs > afterUs ||
      monoUs - last.monoUs > afterUs;
  }

  #replay({ header: { run, seq } }: NumberedTick) {
    this.replayed++;
    const { subject, anomalies } = this.#options;
    anomalies.add({ type: "replayed", subject, run, seq, count: 1 });
  }
}

/** Those that are kept, one more considered. */
function longestRuns(kept: LossRun[], run: LossRun): LossRun[] {
  const all = [...kept, run];
  if (all.length <= MAX_LOSS_RUNS) return all;
  const shortest = Math.min(...all.map(({ lost }) => lost));
  // Of those that are as short, the last one goes.
  return all.toSpliced(all.findLastIndex(({ lost }) => lost === shortest), 1);
}

function isReceived(arrived: Arrived): boolean {
  return isAhead(arrived) || arrived === "reordered";
}

/** The accounts of a peer's runs: a restart is a restart and not a loss. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedCounts } from "../../wire.ts";
import { type Arrived, type Burst, SequenceAccount, type Slot } from "./account.ts";
import type { GivenUp } from "./gap.ts";

/** Sums over all runs: slots = received + lost + unsent + skipped + pending. */
export interface SequenceStatistics extends ReceivedCounts {
  slots: number;
  pending: number;
  unsent: number;
  skipped: number;
  bursts: number;
  longestBurst?: Burst & { run: string };
  maxExtent: number;
  misreported: number;
}

const SUMS = [
  "slots",
  "received",
  "lost",
  "pending",
  "unsent",
  "skipped",
  "late",
  "duplicate",
  "reordered",
  "bursts",
  "misreported",
] as const;

/** Runs whose ticks are told apart at once. */
const MAX_RUNS = 16;
/** What one had that was silent for so long is in the sums, once there are more; or for ten of its intervals. */
const INACTIVE_US = 3e6;
const INACTIVE_INTERVALS = 10;
/** Runs before those, by which one that sends again is known. */
const MAX_OVER = 1024;

interface Entry {
  account: SequenceAccount;
  lastUs: number;
  /** Between the last two arrivals that were apart. */
  apartUs: number;
}

export class SequenceAccounts {
  readonly #runs = new Map<string, Entry>();
  #over = statisticsOf("", new SequenceAccount(0), false);
  readonly #overRuns = new Map<string, Slot>();
  readonly #timeoutUs: number;
  readonly #onGivenUp: (run: string, gap: GivenUp) => void;
  #newest: string | undefined;
  /** The run that sent last. */
  #latest: string | undefined;

  constructor(timeoutUs: number, onGivenUp: (run: string, gap: GivenUp) => void) {
    this.#timeoutUs = timeoutUs;
    this.#onGivenUp = onGivenUp;
  }

  /**
   * Takes in a tick's number; "over" where its run's account is closed, and this was before that, and "no
   * account" where there are so many runs that send that this one has none.
   */
  arrive(run: string, slot: Slot, nowUs: MonoUs): Arrived | "over" | "no account" {
    this.#newest = undefined;
    const entry = this.#runs.get(run) ?? this.#begin(run, slot, nowUs);
    if (typeof entry === "string") return entry;
    if (run !== this.#latest) {
      // Last in the map is the one that sent last.
      this.#runs.delete(run);
      this.#runs.set(run, entry);
      this.#latest = run;
    }
    if (nowUs > entry.lastUs) entry.apartUs = nowUs - entry.lastUs;
    entry.lastUs = nowUs;
    return entry.account.arrive(slot, nowUs);
  }

  /** Whether the tick that arrived last was the first one of this run. */
  isNew(run: string): boolean {
    return this.#newest === run;
  }

  account(run: string): SequenceAccount | undefined {
    return this.#runs.get(run)?.account;
  }

  settle(nowUs: number) {
    for (const { account } of this.#runs.values()) account.settle(nowUs);
  }

  /** Slots that their senders' accounts don't add up for, so far. */
  get misreported(): number {
    let sum = this.#over.misreported;
    for (const { account } of this.#runs.values()) sum += account.misreported;
    return sum;
  }

  /** @param ended counts what is still missing as given up, however short it has been */
  statistics(ended = false): SequenceStatistics {
    return [...this.#runs]
      .map(([run, { account }]) => statisticsOf(run, account, ended))
      .reduce(add, this.#over);
  }

  #begin(run: string, slot: Slot, nowUs: MonoUs): Entry | "over" | "no account" {
    const closed = this.#overRuns.get(run);
    if (closed && slot.seq <= closed.seq) return "over";
    if (this.#runs.size >= MAX_RUNS && !this.#closeInactive(nowUs)) return "no account";
    const onGivenUp = (gap: GivenUp) => this.#onGivenUp(run, gap);
    const account = new SequenceAccount(this.#timeoutUs, onGivenUp, closed);
    const entry = { account, lastUs: nowUs, apartUs: 0 };
    this.#overRuns.delete(run);
    this.#runs.set(run, entry);
    this.#latest = run;
    if (!closed) this.#newest = run;
    return entry;
  }

  /** Adds the run that has been silent for longest to the sums for good; false where all of them send. */
  #closeInactive(nowUs: MonoUs): boolean {
    for (const [run, { account, lastUs, apartUs }] of this.#runs) {
      const afterUs = Math.max(INACTIVE_US, this.#timeoutUs, INACTIVE_INTERVALS * apartUs);
      if (nowUs - lastUs <= afterUs) continue;
      this.#runs.delete(run);
      account.settle(Infinity);
      this.#over = add(this.#over, statisticsOf(run, account, false));
      this.#overRuns.set(run, account.last);
      if (this.#overRuns.size > MAX_OVER) {
        this.#overRuns.delete(this.#overRuns.keys().next().value!);
      }
      return true;
    }
    return false;
  }
}

function statisticsOf(run: string, account: SequenceAccount, ended: boolean): SequenceStatistics {
  const { longestBurst, maxExtent } = account;
  const statistics = {
    longestBurst: longestBurst && { ...longestBurst, run },
    maxExtent,
  } as SequenceStatistics;
  for (const name of SUMS) statistics[name] = account[name];
  if (!ended) return statistics;
  statistics.pending = 0;
  for (const { seq, lost, unsent, skipped } of account.outstanding()) {
    statistics.unsent += unsent;
    statistics.skipped += skipped;
    statistics.lost += lost;
    if (lost === 0) continue;
    statistics.bursts++;
    if (lost > (statistics.longestBurst?.length ?? 0)) {
      statistics.longestBurst = { run, seq, length: lost };
    }
  }
  return statistics;
}

function add(a: SequenceStatistics, b: SequenceStatistics): SequenceStatistics {
  const longer = (b.longestBurst?.length ?? 0) > (a.longestBurst?.length ?? 0) ? b : a;
  const sum = {
    longestBurst: longer.longestBurst,
    maxExtent: Math.max(a.maxExtent, b.maxExtent),
  } as SequenceStatistics;
  for (const name of SUMS) sum[name] = a[name] + b[name];
  return sum;
}

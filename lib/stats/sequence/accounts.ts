/** The accounts of a peer's runs: a restart is a restart and not a loss. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedCounts } from "../../wire.ts";
import { type Arrived, type Burst, SequenceAccount, type Slot } from "./account.ts";

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

/** Runs whose ticks are still told apart; what one had that was silent for longer is in the sums. */
const MAX_RUNS = 16;
/** Names of runs before those, by which one that speaks again is known. */
const MAX_OVER = 1024;

export class SequenceAccounts {
  readonly #runs = new Map<string, SequenceAccount>();
  #over = statisticsOf("", new SequenceAccount(0));
  readonly #overRuns = new Set<string>();
  readonly #timeoutUs: number;
  readonly #onLost: (run: string, burst: Burst) => void;
  #newest: string | undefined;
  /** The run that spoke last. */
  #latest: string | undefined;

  constructor(timeoutUs: number, onLost: (run: string, burst: Burst) => void) {
    this.#timeoutUs = timeoutUs;
    this.#onLost = onLost;
  }

  /** Takes in a tick's number; "over" where its run is long over, and has no account any more. */
  arrive(run: string, slot: Slot, nowUs: MonoUs): Arrived | "over" {
    let account = this.#runs.get(run);
    this.#newest = account ? undefined : run;
    if (!account) {
      if (this.#overRuns.has(run)) {
        this.#newest = undefined;
        return "over";
      }
      account = new SequenceAccount(this.#timeoutUs, (burst) => this.#onLost(run, burst));
      this.#runs.set(run, account);
      if (this.#runs.size > MAX_RUNS) this.#forget();
    } else if (run !== this.#latest) {
      // Last in the map is the one that spoke last; the first is the one to forget.
      this.#runs.delete(run);
      this.#runs.set(run, account);
    }
    this.#latest = run;
    return account.arrive(slot, nowUs);
  }

  /** Whether the tick that arrived last was the first one of this run. */
  isNew(run: string): boolean {
    return this.#newest === run;
  }

  account(run: string): SequenceAccount | undefined {
    return this.#runs.get(run);
  }

  settle(nowUs: number) {
    for (const account of this.#runs.values()) account.settle(nowUs);
  }

  /** Slots that their senders' accounts don't add up for, so far. */
  get misreported(): number {
    let sum = this.#over.misreported;
    for (const { misreported } of this.#runs.values()) sum += misreported;
    return sum;
  }

  statistics(): SequenceStatistics {
    return [...this.#runs].map(([run, account]) => statisticsOf(run, account)).reduce(
      add,
      this.#over,
    );
  }

  /** Adds the run that has been silent for longest to the sums for good. */
  #forget() {
    const [run, account] = this.#runs.entries().next().value!;
    this.#runs.delete(run);
    account.settle(Infinity);
    this.#over = add(this.#over, statisticsOf(run, account));
    this.#overRuns.add(run);
    if (this.#overRuns.size > MAX_OVER) {
      this.#overRuns.delete(this.#overRuns.values().next().value!);
    }
  }
}

function statisticsOf(run: string, account: SequenceAccount): SequenceStatistics {
  const { longestBurst, maxExtent } = account;
  const statistics = {
    longestBurst: longestBurst && { ...longestBurst, run },
    maxExtent,
  } as SequenceStatistics;
  for (const name of SUMS) statistics[name] = account[name];
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

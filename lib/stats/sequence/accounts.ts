/** The accounts of a peer's runs: a restart is a restart and not a loss. */

import type { MonoUs } from "../../time/clock.ts";
import { type Arrived, SequenceAccount, type Slot } from "./account.ts";
import type { GivenUp } from "./gap.ts";
import { add, type SequenceStatistics, statisticsOf } from "./sums.ts";

export type { SequenceStatistics } from "./sums.ts";

/** Runs whose ticks are told apart at once. */
const MAX_RUNS = 16;
/** What one had that was silent for so long is in the sums, once there are more; or for ten of its intervals. */
const INACTIVE_US = 3e6;
const INACTIVE_INTERVALS = 10;
/** Runs before those, by which one that sends again is known. */
const MAX_OVER = 1024;

/** Whether some of what was sent in a stretch was not read in time by ourselves. */
type IsUnread = (fromUs: number, toUs: number) => boolean;

interface Entry {
  account: SequenceAccount;
  lastUs: number;
  /** Between the last two arrivals that were apart. */
  apartUs: number;
}

export class SequenceAccounts {
  readonly #runs = new Map<string, Entry>();
  #over = statisticsOf("", new SequenceAccount(0), false);
  /** Created with the first one. */
  #overRuns: Map<string, Slot> | undefined;
  readonly #timeoutUs: number;
  readonly #onGivenUp: (run: string, gap: GivenUp) => void;
  readonly #isUnread: IsUnread;
  #newest: string | undefined;
  /** The run that sent last. */
  #latest: string | undefined;

  constructor(
    timeoutUs: number,
    onGivenUp: (run: string, gap: GivenUp) => void,
    isUnread: IsUnread = () => false,
  ) {
    this.#timeoutUs = timeoutUs;
    this.#onGivenUp = onGivenUp;
    this.#isUnread = isUnread;
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
    const { lastUs } = entry;
    if (nowUs > lastUs) entry.apartUs = nowUs - lastUs;
    entry.lastUs = nowUs;
    const isBehindGap = slot.seq > entry.account.highestSeq + 1;
    return entry.account.arrive(slot, nowUs, isBehindGap && this.#isUnread(lastUs, nowUs));
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
    const closed = this.#overRuns?.get(run);
    if (closed && slot.seq <= closed.seq) return "over";
    if (this.#runs.size >= MAX_RUNS && !this.#closeInactive(nowUs)) return "no account";
    const onGivenUp = (gap: GivenUp) => this.#onGivenUp(run, gap);
    const account = new SequenceAccount(this.#timeoutUs, onGivenUp, closed);
    const entry = { account, lastUs: nowUs, apartUs: 0 };
    this.#overRuns?.delete(run);
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
      const over = this.#overRuns ??= new Map();
      over.set(run, account.last);
      if (over.size > MAX_OVER) over.delete(over.keys().next().value!);
      return true;
    }
    return false;
  }
}

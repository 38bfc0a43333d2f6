/** The accounts of a peer's runs: a restart is a restart and not a loss. */

import type { MonoUs } from "../clock.ts";
import type { Heard } from "../wire.ts";
import { type Arrived, type Burst, SequenceAccount, type Slot } from "./sequence.ts";

/** Sums over all runs: slots = heard + lost + unsent + skipped + pending. */
export interface SequenceFigures extends Heard {
  slots: number;
  pending: number;
  unsent: number;
  skipped: number;
  bursts: number;
  longestBurst?: Burst & { run: string };
  mostExtent: number;
  misreported: number;
}

const SUMS = [
  "slots",
  "heard",
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

/** Runs whose ticks are still told apart; what an older one had is in the sums. */
const MOST_RUNS = 4;

export class SequenceAccounts {
  readonly #runs = new Map<string, SequenceAccount>();
  readonly #over: SequenceFigures[] = [];
  readonly #timeoutUs: number;
  readonly #onLost: (run: string, burst: Burst) => void;
  #newest: string | undefined;

  constructor(timeoutUs: number, onLost: (run: string, burst: Burst) => void) {
    this.#timeoutUs = timeoutUs;
    this.#onLost = onLost;
  }

  arrive(run: string, slot: Slot, nowUs: MonoUs): Arrived {
    let account = this.#runs.get(run);
    this.#newest = account ? undefined : run;
    if (!account) {
      account = new SequenceAccount(this.#timeoutUs, (burst) => this.#onLost(run, burst));
      this.#runs.set(run, account);
      if (this.#runs.size > MOST_RUNS) this.#forget();
    }
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

  figures(): SequenceFigures {
    const parts = [
      ...this.#over,
      ...[...this.#runs].map(([run, account]) => figuresOf(run, account)),
    ];
    return parts.reduce(add, figuresOf("", new SequenceAccount(0)));
  }

  /** Adds the oldest run to the sums for good. */
  #forget() {
    const [run, account] = this.#runs.entries().next().value!;
    this.#runs.delete(run);
    account.settle(Infinity);
    this.#over.splice(
      0,
      1,
      add(this.#over[0] ?? figuresOf("", new SequenceAccount(0)), figuresOf(run, account)),
    );
  }
}

function figuresOf(run: string, account: SequenceAccount): SequenceFigures {
  const { longestBurst, mostExtent } = account;
  const figures = {
    longestBurst: longestBurst && { ...longestBurst, run },
    mostExtent,
  } as SequenceFigures;
  for (const name of SUMS) figures[name] = account[name];
  return figures;
}

function add(a: SequenceFigures, b: SequenceFigures): SequenceFigures {
  const longer = (b.longestBurst?.length ?? 0) > (a.longestBurst?.length ?? 0) ? b : a;
  const sum = {
    longestBurst: longer.longestBurst,
    mostExtent: Math.max(a.mostExtent, b.mostExtent),
  } as SequenceFigures;
  for (const name of SUMS) sum[name] = a[name] + b[name];
  return sum;
}

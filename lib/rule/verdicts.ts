/** What became of all expectations: of peers that are here, and of those that are gone. */

import { type Expectation, type Outcome, outcomesOf } from "../expect.ts";
import type { RuleEvent } from "../stats/events.ts";
import type { IntervalStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { IntervalRule, type RuleOptions } from "./interval_rule.ts";

/** What became of one expectation, for all that were forgotten. */
interface Gone {
  first: Outcome;
  peers: number;
  failed: number;
}

export class Verdicts {
  /** Settles once all is judged that was to be by now. */
  judged = Promise.resolve();
  readonly #expectations: Expectation[];
  readonly #options: RuleOptions;
  readonly #rule: IntervalRule | undefined;
  /** By expectation. */
  readonly #gone: (Gone | undefined)[] = [];

  /** @param options the expectations are a rule for each interval, where those are of a length */
  constructor(expectations: Expectation[], options: RuleOptions) {
    this.#expectations = expectations;
    this.#options = options;
    if (options.expectEveryUs < Infinity) this.#rule = new IntervalRule(expectations, options);
  }

  /** Judges intervals that are over, by what is known now; returns an event for each that failed. */
  judge(intervals: IntervalStatistics[], summary: Summary): RuleEvent[] {
    return this.#rule?.judge(intervals, summary) ?? [];
  }

  /** The same, by what is known soon, as a summary of many peers takes its time; what came before is judged first. */
  judgeInTurn(
    intervals: IntervalStatistics[],
    summary: () => Promise<Summary>,
    report: (event: RuleEvent) => void,
  ) {
    if (intervals.length === 0) return;
    this.judged = this.judged.then(async () => {
      this.judge(intervals, await summary()).forEach(report);
    });
  }

  /** The peers of a summary are gone: what became of them goes into the verdict all the same. */
  forget(summary: Summary) {
    if (this.#rule) return this.#rule.forget(summary.peers);
    for (const peer of summary.peers) {
      const outcomes = outcomesOf(this.#expectations, { ...summary, peers: [peer] }, this.#options);
      for (const [at, outcome] of outcomes.entries()) {
        const gone = this.#gone[at] ??= { first: outcome, peers: 0, failed: 0 };
        gone.peers++;
        if (outcome.ok) continue;
        // The first one that failed says what it was.
        if (gone.failed++ === 0) gone.first = outcome;
      }
    }
  }

  outcomes(summary: Summary): Outcome[] {
    if (this.#rule) return this.#rule.outcomes(summary);
    return [
      ...outcomesOf(this.#expectations, summary, this.#options),
      ...this.#gone.filter((gone) => gone !== undefined).map(outcomeOfGone),
    ];
  }
}

function outcomeOfGone({ first, peers, failed }: Gone): Outcome {
  const { written, wanted, found, subject } = first;
  const of = `${peers} forgotten ${peers === 1 ? "peer" : "peers"}`;
  return failed === 0 ? { written, wanted, ok: true, found: `${of}, all ok` } : {
    written,
    wanted,
    ok: false,
    found: `${failed} of ${of} failed, first ${subject}: ${found}`,
  };
}

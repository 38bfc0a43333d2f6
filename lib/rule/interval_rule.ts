/** Expectations as a rule for each interval of a run, in place of the whole of it. */

import {
  type Expectation,
  type JudgeOptions,
  OPERATORS,
  type Outcome,
  outcomeOf,
  outcomesOf,
  valueOf,
  valueText,
  wantedText,
} from "../expect.ts";
import type { RuleEvent } from "../stats/events.ts";
import { metricOf } from "../stats/metrics.ts";
import type { IntervalStatistics, PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { durationText, readDurationUs } from "../text/duration.ts";
import { judgedBy, summaryWithin, within } from "./one_interval.ts";

export interface RuleOptions extends JudgeOptions {
  expectEveryUs: number;
}

const MIN_US = 100_000;
const MAX_US = 24 * 3600e6;

/**
 * Reads how long the intervals are that each expectation is to hold in.
 *
 * @throws {RangeError} where there is none, or one of what is known of the whole run only
 */
export function readRuleUs(written: string, expectations: Expectation[]): number {
  if (expectations.length === 0) throw new RangeError("it needs --expect");
  const pdv = expectations.find(({ metric }) => metric.startsWith("pdv."));
  if (pdv) throw new RangeError(`${pdv.metric} is known only of the whole run`);
  const us = readDurationUs(written);
  if (us >= MIN_US && us <= MAX_US) return us;
  throw new RangeError(`${JSON.stringify(written)} is out of range; expected 100ms to 24h`);
}

interface Tally {
  judged: number;
  failed: number;
  /** Intervals in which it wasn't known; they failed. */
  unknown: number;
  /** Intervals that were cut short, by which it isn't known. */
  unjudged: number;
  /** The value that was nearest to failing, or furthest in it. */
  worst?: number;
}

export class IntervalRule {
  readonly #expectations: Expectation[];
  readonly #options: RuleOptions;
  /** By subject. */
  readonly #tallies = new Map<string, Tally[]>();

  constructor(expectations: Expectation[], options: RuleOptions) {
    this.#expectations = expectations;
    this.#options = options;
  }

  /**
   * Judges intervals that are over; returns an event for each that failed.
   *
   * @param summary of any moment since: has the peers
   */
  judge(intervals: IntervalStatistics[], summary: Summary): RuleEvent[] {
    const events: RuleEvent[] = [];
    for (const interval of intervals) {
      const { subject, lengthUs } = interval;
      const peer = summary.peers.find((peer) => peer.subject === subject)!;
      const outcomes = this.#judgeOne(
        interval,
        within(interval, peer),
        summaryWithin(interval, summary),
      );
      const failed = outcomes.filter(({ ok }) => !ok)
        .map(({ written, wanted, found, open }) => ({ written, wanted, found, open }));
      if (failed.length > 0) {
        events.push({ type: "threshold failed", subject, lengthUs, outcomes: failed });
      }
    }
    return events;
  }

  /** What became of each over all intervals, for each peer. */
  outcomes(summary: Summary): Outcome[] {
    if (summary.peers.length === 0) return outcomesOf(this.#expectations, summary);
    const lengthUs = this.#options.expectEveryUs;
    return this.#expectations.flatMap((expectation, at) =>
      summary.peers.map(({ subject }) => {
        const tally = this.#tallies.get(subject)?.[at] ?? newTally();
        const { judged, failed } = tally;
        return {
          written: expectation.written,
          subject,
          ok: failed === 0 && judged > 0,
          wanted: `${wantedText(expectation)} in each ${durationText(lengthUs / 1000)}`,
          found: foundText(expectation, tally),
          intervals: { lengthUs, failed, judged },
        };
      })
    );
  }

  #judgeOne(interval: IntervalStatistics, peer: PeerStatistics, summary: Summary): Outcome[] {
    const { subject, isPartial } = interval;
    const tallies = this.#tallies.get(subject) ?? this.#expectations.map(newTally);
    this.#tallies.set(subject, tallies);
    return this.#expectations.flatMap((expectation, at) => {
      const by = judgedBy(expectation, interval, valueOf(expectation, peer, summary));
      const value = "value" in by ? by.value : NaN;
      const isUnknown = Number.isNaN(value);
      const tally = tallies[at];
      if (isPartial && isUnknown) {
        tally.unjudged++;
        return [];
      }
      const outcome = "value" in by
        ? outcomeOf(expectation, peer, summary, this.#options, value)
        : unknownOutcome(expectation, subject, by.why);
      tally.judged++;
      if (!outcome.ok) tally.failed++;
      if (isUnknown) tally.unknown++;
      else if (tally.worst === undefined || isWorse(expectation, value, tally.worst)) {
        tally.worst = value;
      }
      return [outcome];
    });
  }
}

function newTally(): Tally {
  return { judged: 0, failed: 0, unknown: 0, unjudged: 0 };
}

/** Of two values, whether the first is nearer to failing; where one holds and the other doesn't, that one is. */
function isWorse({ operator, bound }: Expectation, value: number, than: number): boolean {
  if (operator !== "=") return operator.startsWith("<") ? value > than : value < than;
  return OPERATORS["="](than, bound) && value !== than;
}

/** What isn't known holds against nothing. */
function unknownOutcome(expectation: Expectation, subject: string, why: string): Outcome {
  const { written } = expectation;
  return { written, subject, ok: false, wanted: wantedText(expectation), found: `n/a (${why})` };
}

function foundText(
  expectation: Expectation,
  { judged, failed, unknown, unjudged, worst }: Tally,
): string {
  if (judged === 0) return "no interval that could be judged";
  const { metric, bound } = expectation;
  const parts = [`failed in ${failed} of ${judged} intervals`];
  if (worst !== undefined) parts.push(`worst ${valueText(worst, metricOf(metric)!.unit, bound)}`);
  if (unknown > 0) parts.push(`n/a in ${unknown}`);
  if (unjudged > 0) parts.push(`${unjudged} too short to be judged`);
  return parts.join(", ");
}

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
} from "./expect.ts";
import type { RuleEvent } from "./stats/events.ts";
import { metricOf } from "./stats/metrics.ts";
import type { IntervalStatistics, PeerStatistics } from "./stats/peer/statistics.ts";
import type { Summary } from "./stats/summary.ts";
import { durationText } from "./text/duration.ts";

export interface RuleOptions extends JudgeOptions {
  expectEveryUs: number;
}

/** What an interval that isn't whole has less of. */
const NEEDS_WHOLE = new Set(["rate", "received"]);

/**
 * Checks that each of them can be a rule for an interval.
 *
 * @throws {RangeError} where there is none, or one of what is known of the whole run only
 */
export function checkRule(expectations: Expectation[]) {
  if (expectations.length === 0) throw new RangeError("there is no --expect to hold");
  const pdv = expectations.find(({ metric }) => metric.startsWith("pdv."));
  if (pdv) throw new RangeError(`${pdv.metric} is known only of the whole run`);
}

/** What of a peer was counted up to the end of an interval. */
type Counted = Record<
  "late" | "duplicate" | "reordered" | "outages" | "outageUs" | "reconnects",
  number
>;

interface Tally {
  judged: number;
  failed: number;
  /** Intervals in which it wasn't known; they failed. */
  unknown: number;
  /** The value that was nearest to failing, or furthest in it. */
  worst?: number;
}

export class IntervalRule {
  readonly #expectations: Expectation[];
  readonly #options: RuleOptions;
  /** By subject. */
  readonly #counted = new Map<string, Counted>();
  readonly #tallies = new Map<string, Tally[]>();
  #reconnects = 0;

  constructor(expectations: Expectation[], options: RuleOptions) {
    this.#expectations = expectations;
    this.#options = options;
  }

  /**
   * Judges intervals that are over; returns an event for each that failed.
   *
   * @param summary of the same moment: has what an interval doesn't count by itself
   */
  judge(intervals: IntervalStatistics[], summary: Summary): RuleEvent[] {
    const events: RuleEvent[] = [];
    for (const interval of intervals) {
      const { subject, lengthUs } = interval;
      const peer = summary.peers.find((peer) => peer.subject === subject)!;
      const before = this.#counted.get(subject) ?? { ...NOTHING, reconnects: this.#reconnects };
      const now = countedOf(peer, summary);
      this.#counted.set(subject, now);
      const outcomes = this.#judgeOne(interval, within(interval, peer, before), {
        ...summary,
        reconnects: { lost: now.reconnects - before.reconnects, unresponsive: 0, moved: 0 },
      });
      const failed = outcomes.filter(({ ok }) => !ok)
        .map(({ written, wanted, found, open }) => ({ written, wanted, found, open }));
      if (failed.length > 0) {
        events.push({ type: "threshold failed", subject, lengthUs, outcomes: failed });
      }
    }
    this.#reconnects = reconnectsOf(summary);
    return events;
  }

  /** What became of each over all intervals, for each peer. */
  outcomes(summary: Summary): Outcome[] {
    if (summary.peers.length === 0) return outcomesOf(this.#expectations, summary);
    const lengthUs = this.#options.expectEveryUs;
    return this.#expectations.flatMap((expectation, at) =>
      summary.peers.map(({ subject }) => {
        const { judged, failed, ...tally } = this.#tallies.get(subject)?.[at] ?? newTally();
        return {
          written: expectation.written,
          subject,
          ok: failed === 0 && judged > 0,
          wanted: `${wantedText(expectation)} in each ${durationText(lengthUs / 1000)}`,
          found: foundText(expectation, { judged, failed, ...tally }),
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
      const value = valueOf(expectation, peer, summary);
      const isUnknown = Number.isNaN(value);
      if (isPartial && (isUnknown || NEEDS_WHOLE.has(expectation.metric))) return [];
      const outcome = outcomeOf(expectation, peer, summary, this.#options);
      const tally = tallies[at];
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

const NOTHING: Counted = {
  ...{ late: 0, duplicate: 0, reordered: 0, outages: 0, outageUs: 0, reconnects: 0 },
};

function newTally(): Tally {
  return { judged: 0, failed: 0, unknown: 0 };
}

function countedOf({ sequence, outages }: PeerStatistics, summary: Summary): Counted {
  const { late, duplicate, reordered } = sequence;
  const { count, totalUs: outageUs } = outages;
  const reconnects = reconnectsOf(summary);
  return { late, duplicate, reordered, outages: count, outageUs, reconnects };
}

function reconnectsOf({ reconnects: { lost, unresponsive, moved } }: Summary): number {
  return lost + unresponsive + moved;
}

/** A peer's statistics of one interval alone, as far as an expectation can ask for them. */
function within(interval: IntervalStatistics, peer: PeerStatistics, before: Counted) {
  const { of, statistics, dt, received, lost, unsent, skipped, lengthUs, longestGapUs } = interval;
  const { sequence, outages, clock } = peer;
  const { max } = statistics;
  const maxBoundUs = clock?.boundUs ?? Infinity;
  return {
    ...peer,
    dt,
    delay: of === "delay" ? statistics : undefined,
    // Each delay's own bound isn't kept: the clock's present one stands in for it.
    delayRange: {
      maxBoundUs,
      percentilesUs: {},
      maxUs: [Math.max(0, max.us - maxBoundUs), max.us + maxBoundUs] as [number, number],
    },
    pdv: undefined,
    bare: 0,
    sequence: {
      ...sequence,
      ...{ received, lost, unsent, skipped, pending: 0 },
      late: sequence.late - before.late,
      duplicate: sequence.duplicate - before.duplicate,
      reordered: sequence.reordered - before.reordered,
    },
    outages: {
      ...outages,
      count: outages.count - before.outages,
      totalUs: outages.totalUs - before.outageUs,
      longestOfOthersUs: longestGapUs,
    },
    ratePerS: lengthUs > 0 ? received / lengthUs * 1e6 : NaN,
  };
}

/** Of two values, whether the first is nearer to failing; where one holds and the other doesn't, that one is. */
function isWorse({ operator, bound }: Expectation, value: number, than: number): boolean {
  if (operator !== "=") return operator.startsWith("<") ? value > than : value < than;
  return OPERATORS["="](than, bound) && value !== than;
}

function foundText(expectation: Expectation, { judged, failed, unknown, worst }: Tally): string {
  if (judged === 0) return "no interval that could be judged";
  const { unit } = metricOf(expectation.metric)!;
  const parts = [`failed in ${failed} of ${judged} intervals`];
  if (worst !== undefined) parts.push(`worst ${valueText(worst, unit)}`);
  if (unknown > 0) parts.push(`not known in ${unknown}`);
  return parts.join(", ");
}

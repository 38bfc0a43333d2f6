/** Expectations as a rule for each interval of a run, in place of the whole of it. */

import { type Expectation, type JudgeOptions, type Outcome } from "../expect.ts";
import { outcomeOf, outcomesOf, valueOf, wantedText } from "../expect.ts";
import type { RuleEvent } from "../stats/events.ts";
import type { IntervalStatistics, PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { durationText, readDurationUs } from "../text/duration.ts";
import { judgedBy, summaryWithin, within } from "./one_interval.ts";
import { addTally, foundText, isWorse, newTally, type Tally } from "./tally.ts";

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

export class IntervalRule {
  readonly #expectations: Expectation[];
  readonly #options: RuleOptions;
  /** By subject. */
  readonly #tallies = new Map<string, Tally[]>();
  /** Peers that are gone, whose last intervals may be judged yet; and of those before them, how many and all tallies. */
  readonly #leaving = new Map<string, PeerStatistics>();
  readonly #gone: Tally[];
  #gonePeers = 0;

  constructor(expectations: Expectation[], options: RuleOptions) {
    this.#expectations = expectations;
    this.#options = options;
    this.#gone = expectations.map(newTally);
  }

  /** Takes in that there are no more ticks of some peers. */
  forget(peers: PeerStatistics[]) {
    for (const peer of peers) this.#leaving.set(peer.subject, peer);
  }

  /**
   * Judges intervals that are over; returns an event for each that failed.
   *
   * @param summary of any moment since: has the peers
   */
  judge(intervals: IntervalStatistics[], summary: Summary): RuleEvent[] {
    const events: RuleEvent[] = [];
    const peers = new Map(summary.peers.map((peer) => [peer.subject, peer]));
    for (const interval of intervals) {
      const { subject, lengthUs } = interval;
      const peer = peers.get(subject) ?? this.#leaving.get(subject);
      if (!peer) continue;
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
    if (intervals.length > 0) this.#letGo(new Set(intervals.map(({ subject }) => subject)));
    return events;
  }

  /** What became of each over all intervals, for each peer. */
  outcomes(summary: Summary): Outcome[] {
    if (summary.peers.length === 0) return outcomesOf(this.#expectations, summary);
    const subjects = [...summary.peers.map(({ subject }) => subject), ...this.#leaving.keys()];
    return this.#expectations.flatMap((expectation, at) => {
      const outcomes = [...new Set(subjects)].map((subject) =>
        this.#outcomeOf(expectation, this.#tallies.get(subject)?.[at] ?? newTally(), subject)
      );
      if (this.#gone[at].judged === 0) return outcomes;
      const { found, ...gone } = this.#outcomeOf(expectation, this.#gone[at]);
      const of = `${this.#gonePeers} forgotten ${this.#gonePeers === 1 ? "peer" : "peers"}`;
      return [...outcomes, { ...gone, found: `${found}, of ${of}` }];
    });
  }

  #outcomeOf(expectation: Expectation, tally: Tally, subject?: string): Outcome {
    const { judged, failed } = tally;
    const lengthUs = this.#options.expectEveryUs;
    return {
      written: expectation.written,
      ...(subject === undefined ? {} : { subject }),
      ok: failed === 0 && judged > 0,
      wanted: `${wantedText(expectation)} in each ${durationText(lengthUs / 1000)}`,
      found: foundText(expectation, tally),
      intervals: { lengthUs, failed, judged },
    };
  }

  /** Of those that are gone, all intervals of which are judged, only the sums are kept. */
  #letGo(judged: Set<string>) {
    for (const subject of this.#leaving.keys()) {
      if (judged.has(subject)) continue;
      this.#leaving.delete(subject);
      const tallies = this.#tallies.get(subject);
      this.#tallies.delete(subject);
      if (!tallies) continue;
      this.#gonePeers++;
      for (const [at, tally] of tallies.entries()) {
        addTally(this.#gone[at], tally, this.#expectations[at]);
      }
    }
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

/** What isn't known holds against nothing. */
function unknownOutcome(expectation: Expectation, subject: string, why: string): Outcome {
  const { written } = expectation;
  return { written, subject, ok: false, wanted: wantedText(expectation), found: `n/a (${why})` };
}

/** In how many intervals an expectation failed, and how it was at its worst. */

import { type Expectation, OPERATORS, valueText } from "../expect.ts";
import { metricOf } from "../stats/metrics.ts";

export interface Tally {
  judged: number;
  failed: number;
  /** Intervals in which it wasn't known; they failed. */
  unknown: number;
  /** Intervals that were cut short, by which it isn't known. */
  unjudged: number;
  /** The value that was nearest to failing, or furthest in it. */
  worst?: number;
}

export function newTally(): Tally {
  return { judged: 0, failed: 0, unknown: 0, unjudged: 0 };
}

/** Adds another one of the same expectation. */
export function addTally(
  sum: Tally,
  { judged, failed, unknown, unjudged, worst }: Tally,
  expectation: Expectation,
) {
  sum.judged += judged;
  sum.failed += failed;
  sum.unknown += unknown;
  sum.unjudged += unjudged;
  if (worst === undefined) return;
  if (sum.worst === undefined || isWorse(expectation, worst, sum.worst)) sum.worst = worst;
}

/** Of two values, whether the first is nearer to failing; where one holds and the other doesn't, that one is. */
export function isWorse({ operator, bound }: Expectation, value: number, than: number): boolean {
  if (operator !== "=") return operator.startsWith("<") ? value > than : value < than;
  return OPERATORS["="](than, bound) && value !== than;
}

export function foundText(
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

/** A peer's statistics of one interval alone, in the shape of those of a whole run, and what of them can be judged. */

import { type Expectation, OPERATORS } from "../expect.ts";
import type { IntervalStatistics, PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";

/** A peer's statistics of one interval alone, as far as an expectation can ask for them. */
export function within(interval: IntervalStatistics, peer: PeerStatistics): PeerStatistics {
  const { of, statistics, dt, received, lost, unread, unsent, skipped, longestOfOthersUs } =
    interval;
  const { run, late, duplicate, reordered, outages, outageUs, range, ...end } = interval.atEnd;
  return {
    ...peer,
    run,
    dt,
    delay: of === "delay" ? statistics : undefined,
    delayRange: range,
    pdv: undefined,
    clock: end.clock,
    drift: end.drift,
    // It goes on from interval to interval, but says nothing of one without ticks.
    variation: received > 0 ? end.variation : { ...end.variation, jitterUs: NaN },
    bare: 0,
    sequence: {
      ...peer.sequence,
      ...{ received, lost, unread, unsent, skipped, late, duplicate, reordered, pending: 0 },
    },
    outages: { ...peer.outages, count: outages, totalUs: outageUs, longestOfOthersUs },
    ratePerS: rateOf(interval),
  };
}

/** What an app had of one interval alone, in the shape of its summary. */
export function summaryWithin({ atEnd }: IntervalStatistics, summary: Summary): Summary {
  return { ...summary, reconnects: { lost: atEnd.reconnects, unresponsive: 0, moved: 0 } };
}

/** The first tick received of a peer begins what the others are counted over. */
function rateOf({ received, atEnd: { coveredUs, isFirst } }: IntervalStatistics): number {
  return coveredUs > 0 ? (received - (isFirst ? 1 : 0)) / coveredUs * 1e6 : NaN;
}

/** There is the more of these, the longer an interval is. */
const ADDED_UP = new Set([
  ...["received", "loss", "late", "duplicate", "reordered", "unsent", "skipped"],
  ...["outages", "outage", "reconnects"],
]);

/** What a statistic is judged by, or why it can't be. */
export type Judged = { value: number } | { why: string };

/**
 * What a statistic of an interval that was cut short, or of several in one, says of one that is as long as was
 * asked for.
 */
export function judgedBy(
  { metric, operator, bound }: Expectation,
  { received, atEnd: { coveredUs, everyUs } }: IntervalStatistics,
  value: number,
): Judged {
  const times = coveredUs / everyUs;
  const holds = (of: number) => OPERATORS[operator](of, bound);
  const tooShort = { why: "the interval is too short" };
  if (metric === "rate" && times < 1) {
    // Whatever it is, so many ticks or one more or less come in so short a time.
    const isSure = coveredUs > 0 &&
      holds((received - 1) / coveredUs * 1e6) === holds((received + 1) / coveredUs * 1e6);
    return isSure ? { value } : tooShort;
  }
  if (!ADDED_UP.has(metric) || times === 1) return { value };
  const isUpper = operator.startsWith("<");
  if (times < 1) {
    // More might have come in the rest of it.
    const isSure = isUpper || holds(value) || (operator === "=" && value > bound);
    return isSure ? { value } : tooShort;
  }
  // All of them may be of one interval of those; but where their mean fails, one of them does.
  const meanOfOne = value / times;
  if (!holds(meanOfOne)) return { value: holds(value) ? meanOfOne : value };
  if (holds(value) && (isUpper || value === 0)) return { value };
  return { why: `${Math.round(times)} intervals in one` };
}

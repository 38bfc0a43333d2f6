/** A peer's statistics of one interval alone, in the shape of those of a whole run. */

import type { IntervalStatistics, PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";

/** What of a peer was counted up to the end of an interval. */
export type Counted = Record<
  "late" | "duplicate" | "reordered" | "outages" | "outageUs" | "reconnects",
  number
>;

export const NOTHING: Counted = {
  ...{ late: 0, duplicate: 0, reordered: 0, outages: 0, outageUs: 0, reconnects: 0 },
};

/** What was counted by now. */
export function countedOf({ sequence, outages }: PeerStatistics, summary: Summary): Counted {
  const { late, duplicate, reordered } = sequence;
  const { count, totalUs: outageUs } = outages;
  const reconnects = reconnectsOf(summary);
  return { late, duplicate, reordered, outages: count, outageUs, reconnects };
}

export function reconnectsOf({ reconnects: { lost, unresponsive, moved } }: Summary): number {
  return lost + unresponsive + moved;
}

/** A peer's statistics of one interval alone, as far as an expectation can ask for them. */
export function within(
  interval: IntervalStatistics,
  peer: PeerStatistics,
  before: Counted,
): PeerStatistics {
  const { of, statistics, dt, lengthUs, longestGapUs } = interval;
  const { received, lost, unread, unsent, skipped } = interval;
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
    // It goes on from interval to interval, but says nothing of one without ticks.
    variation: received > 0 ? peer.variation : { ...peer.variation, jitterUs: NaN },
    bare: 0,
    sequence: {
      ...sequence,
      ...{ received, lost, unread, unsent, skipped, pending: 0 },
      late: sequence.late - before.late,
      duplicate: sequence.duplicate - before.duplicate,
      reordered: sequence.reordered - before.reordered,
    },
    outages: {
      ...outages,
      // One that is open is none any more where its end shows the peer's interval to be that long.
      count: Math.max(0, outages.count - before.outages),
      totalUs: Math.max(0, outages.totalUs - before.outageUs),
      longestOfOthersUs: longestGapUs,
    },
    ratePerS: lengthUs > 0 ? received / lengthUs * 1e6 : NaN,
  };
}

/** The outages of a report: those that were told of, and what the summary knows besides. */

import { type OutageSpan, spanOf } from "../live/spans.ts";
import type { OutageStatistics } from "../stats/peer/statistics.ts";

/**
 * What lasts is told of at the very end, and not where it has become an outage since; what was told may have been
 * dropped for a slow reader. The summary has the longest of them all.
 */
export function withLongest(
  told: readonly OutageSpan[],
  { longestOnes }: Pick<OutageStatistics, "longestOnes">,
): OutageSpan[] {
  const untold = longestOnes.filter(({ startUs: at }) =>
    !told.some(({ startUs, endUs }) => startUs <= at && at < endUs)
  );
  return [...told, ...untold.map(spanOf)].sort((a, b) => a.startUs - b.startUs);
}

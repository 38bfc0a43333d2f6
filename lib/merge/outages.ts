/** The outages of several senders: how many, and the longest ones. */

import type { ForgottenStatistics } from "../stats/forgotten.ts";
import type { Outage } from "../stats/outages.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";

/** So many are shown one by one. */
const MAX_LONGEST = 10;

export interface SenderOutage {
  subject: string;
  outage: Outage;
}

export interface OutageSums {
  count: number;
  totalUs: number;
  /** Senders of which no tick has come at the end. */
  open: number;
  /** The ten longest ones, the longest first. */
  longestOnes: SenderOutage[];
}

export function outagesOf(peers: readonly PeerStatistics[]): OutageSums {
  return sumOfOutages(peers.map(({ subject, outages }) => ({
    count: outages.count,
    totalUs: outages.totalUs,
    open: outages.openUs === undefined ? 0 : 1,
    longestOnes: outages.longestOnes.map((outage) => ({ subject, outage })),
  })));
}

export function outagesOfForgotten({ outages }: ForgottenStatistics): OutageSums {
  return { ...outages, open: 0, longestOnes: [] };
}

export function sumOfOutages(all: readonly OutageSums[]): OutageSums {
  const sum: OutageSums = { count: 0, totalUs: 0, open: 0, longestOnes: [] };
  for (const { count, totalUs, open, longestOnes } of all) {
    sum.count += count;
    sum.totalUs += totalUs;
    sum.open += open;
    sum.longestOnes = longest([...sum.longestOnes, ...longestOnes]);
  }
  return sum;
}

function longest(outages: SenderOutage[]): SenderOutage[] {
  return outages.sort((a, b) => b.outage.lengthUs - a.outage.lengthUs).slice(0, MAX_LONGEST);
}

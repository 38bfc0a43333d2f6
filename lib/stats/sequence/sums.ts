/** What the accounts of several runs add up to. */

import type { ReceivedCounts } from "../../wire.ts";
import type { Burst, SequenceAccount } from "./account.ts";

/** Sums over all runs: slots = received + lost + unread + unsent + skipped + pending. */
export interface SequenceStatistics extends ReceivedCounts {
  slots: number;
  pending: number;
  unread: number;
  unsent: number;
  skipped: number;
  bursts: number;
  longestBurst?: Burst & { run: string };
  maxExtent: number;
  misreported: number;
}

const SUMS = [
  "slots",
  "received",
  "lost",
  "pending",
  "unread",
  "unsent",
  "skipped",
  "late",
  "duplicate",
  "reordered",
  "bursts",
  "misreported",
] as const;

/** @param ended counts what is still missing as given up, however short it has been */
export function statisticsOf(
  run: string,
  account: SequenceAccount,
  ended: boolean,
): SequenceStatistics {
  const { longestBurst, maxExtent } = account;
  const statistics = {
    longestBurst: longestBurst && { ...longestBurst, run },
    maxExtent,
  } as SequenceStatistics;
  for (const name of SUMS) statistics[name] = account[name];
  if (!ended) return statistics;
  statistics.pending = 0;
  for (const gap of account.outstanding()) {
    const { seq, lost } = gap;
    for (const name of ["lost", "unread", "unsent", "skipped"] as const) {
      statistics[name] += gap[name];
    }
    if (lost === 0) continue;
    statistics.bursts++;
    if (lost > (statistics.longestBurst?.length ?? 0)) {
      statistics.longestBurst = { run, seq, length: lost };
    }
  }
  return statistics;
}

export function add(a: SequenceStatistics, b: SequenceStatistics): SequenceStatistics {
  const longer = (b.longestBurst?.length ?? 0) > (a.longestBurst?.length ?? 0) ? b : a;
  const sum = {
    longestBurst: longer.longestBurst,
    maxExtent: Math.max(a.maxExtent, b.maxExtent),
  } as SequenceStatistics;
  for (const name of SUMS) sum[name] = a[name] + b[name];
  return sum;
}

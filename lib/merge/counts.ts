/** What of a peer is a count: those of several add up. */

import type { ForgottenStatistics } from "../stats/forgotten.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";

const SEQUENCE = [
  ...["slots", "received", "lost", "unread", "pending", "unsent", "skipped"] as const,
  ...["late", "duplicate", "reordered", "bursts", "misreported"] as const,
] as const;

const BESIDE = [
  ...["bare", "stale", "duringStall", "replayed", "redelivered", "fromStore"] as const,
  ...["unplaced", "unaccounted", "implausibleTimes", "implausibleNumbers"] as const,
] as const;

export const COUNTS = [...SEQUENCE, ...BESIDE] as const;

/** received + lost + unread + pending + unsent + skipped = slots. */
export type Counts = Record<typeof COUNTS[number], number>;

export function noCounts(): Counts {
  return Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts;
}

export function countsOf(peer: PeerStatistics): Counts {
  const { sequence } = peer;
  return Object.fromEntries([
    ...SEQUENCE.map((name) => [name, sequence[name]]),
    ...BESIDE.map((name) => [name, peer[name] ?? 0]),
  ]);
}

/** Those that were forgotten are known by their accounts only. */
export function countsOfForgotten({ sequence, bare }: ForgottenStatistics): Counts {
  const known = SEQUENCE.map((name) => [name, sequence[name] ?? 0]);
  return { ...noCounts(), ...Object.fromEntries(known), bare };
}

export function sumOf(all: readonly Counts[]): Counts {
  const sum = noCounts();
  for (const counts of all) {
    for (const name of COUNTS) sum[name] += counts[name];
  }
  return sum;
}

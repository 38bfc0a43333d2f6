/** Several peers at a glance: a line each, the worst first. */

import { durationText } from "../../text/duration.ts";
import { printable } from "../../text/printable.ts";
import type { Outcome } from "../../expect.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import { ms, percentile, shareText, type Style, table } from "./layout.ts";
import { shownBoundUs } from "./headline.ts";

const MAX_SHOWN = 15;

/** By failed expectations, then loss, then outages, then delay. */
export function worstFirst(peers: PeerStatistics[], outcomes: Outcome[]): PeerStatistics[] {
  const failed = Map.groupBy(outcomes.filter(({ ok }) => !ok), ({ subject }) => subject);
  const keysOf = (peer: PeerStatistics) => [
    failed.get(peer.subject)?.length ?? 0,
    peer.sequence.lost / Math.max(1, sentOf(peer)),
    peer.outages.totalUs,
    (peer.delay ?? peer.pdv)?.percentilesUs[99] ?? 0,
  ];
  return largestFirst(peers, keysOf);
}

/** By the first of their keys that differ; those whose keys are the same stay in their order. */
export function largestFirst<T>(all: readonly T[], keysOf: (one: T) => number[]): T[] {
  return all.map((one) => ({ one, keys: keysOf(one) }))
    .sort((a, b) => b.keys.map((key, n) => key - a.keys[n]).find((by) => by !== 0) || 0)
    .map(({ one }) => one);
}

/** Left out first where the screen is narrow. */
const LESS_WANTED = ["received", "total", "max"];

/**
 * @param max more than these are only counted
 * @param hasSums whether the last row is of all of them
 */
export function peerTable(
  peers: PeerStatistics[],
  { width }: Style,
  max = MAX_SHOWN,
  hasSums = false,
): string[] {
  const hasDt = peers.some(({ delay }) => !delay);
  const head = ["peer", "received", "lost", "loss", "outages", "total"];
  const rows = peers.slice(0, max).map((peer) => {
    const { subject, sequence, bare, run, outages, delay, dt } = peer;
    const shown = delay ?? dt;
    return [
      printable(subject, 28),
      String(sequence.received + bare),
      run === undefined ? "-" : String(sequence.lost),
      run === undefined ? "-" : shareText(sequence.lost, sentOf(peer)),
      String(outages.count),
      outages.count > 0 ? durationText(outages.totalUs / 1000) : "-",
      percentile(shown, 50, 2),
      percentile(shown, 99, 2),
      ms(shown.max.us, 2),
      delay ? ms(shownBoundUs(peer), 2) : "dt",
    ];
  });
  if (hasSums) rows.push(sumsOf(peers));
  let all = [[...head, "p50 ms", "p99", "max", "±"], ...rows];
  for (const title of LESS_WANTED) {
    if (table(all, [0])[0].length <= width) break;
    const left = all[0].indexOf(title);
    all = all.map((cells) => cells.toSpliced(left, 1));
  }
  const lines = table(all, [0]);
  if (hasDt) lines.push("(dt: raw, clock offset included)");
  const more = peers.length - max;
  return more > 0 ? [...lines, `and ${more} more peers, none worse than these`] : lines;
}

/** What adds up; percentiles don't, and of clocks that differ there is no common max. */
function sumsOf(peers: PeerStatistics[]): string[] {
  const sum = (of: (peer: PeerStatistics) => number) => peers.reduce((all, p) => all + of(p), 0);
  const lost = sum(({ sequence }) => sequence.lost);
  const count = sum(({ outages }) => outages.count);
  return [
    `all ${peers.length}`,
    String(sum(({ sequence, bare }) => sequence.received + bare)),
    String(lost),
    shareText(lost, sum(sentOf)),
    String(count),
    count > 0 ? durationText(sum(({ outages }) => outages.totalUs) / 1000) : "-",
    ...["-", "-", "-", "-"],
  ];
}

function sentOf({ sequence: { received, lost, unread, pending } }: PeerStatistics): number {
  return received + lost + unread + pending;
}

/** One line of how it stands: while it runs, and for each interval. */

import { durationText } from "../../text/duration.ts";
import { printable } from "../../text/printable.ts";
import type { IntervalStatistics } from "../../stats/peer/statistics.ts";
import type { Summary } from "../../stats/summary.ts";
import { counts, ms, percentile } from "./layout.ts";

/** Peers that a snapshot has room for. */
const MAX_PEERS = 10;

/** All of it in one line, while it runs. */
export function snapshotText({ name, ranMs, schedule, peers }: Summary): string {
  const received = peers.slice(0, MAX_PEERS).map((peer) => {
    const shown = peer.delay ?? peer.dt;
    const { sequence, bare, outages } = peer;
    const parts = [
      `${printable(peer.subject)} received ${sequence.received + bare}`,
      ...(peer.run === undefined ? [] : [`lost ${sequence.lost}`]),
      ...counts([[outages.count, outages.count === 1 ? "outage" : "outages"]]),
      `${peer.delay ? "delay" : "dt"} p50 ${percentile(shown, 50)}`,
      `max ${ms(shown.max.us)} ms`,
    ];
    return parts.join(", ");
  });
  const more = peers.length - MAX_PEERS;
  const all = more > 0 ? [...received, `and ${more} more peers`] : received;
  const sent = [`sent ${schedule.sent}`, ...leftOut(schedule)].join(", ");
  return `${name} ${durationText(ranMs)}: ${sent}; ${all.join("; ") || "no ticks received"}`;
}

/** Peers that have a line of an interval each: the others have one together. */
const MAX_LINES = 15;

/**
 * What intervals were like: a line for each peer, or else for the worst ones, and one for all others.
 *
 * @param causeOf of a subject's outages in it, where there were any
 */
export function intervalTexts(
  all: IntervalStatistics[],
  causeOf: (subject: string) => string | undefined,
): string[] {
  const texts: string[] = [];
  for (const peers of byInterval(all)) {
    const shown = peers.length > MAX_LINES ? worstOf(peers).slice(0, MAX_LINES) : peers;
    texts.push(...shown.map((each) => intervalText(each, causeOf(each.subject))));
    const others = new Set(peers).difference(new Set(shown));
    if (others.size === 0) continue;
    const sum = (name: "received" | "lost" | "unsent" | "skipped") =>
      others.values().reduce((all, each) => all + each[name], 0);
    for (const { subject } of others) causeOf(subject);
    const counts = { unsent: sum("unsent"), skipped: sum("skipped") };
    const parts = [`received ${sum("received")}`, `lost ${sum("lost")}`, ...leftOut(counts)];
    texts.push(`${others.size} more peers: ${parts.join(", ")}`);
  }
  return texts;
}

/** Of each, every peer is there once at most. */
function byInterval(all: IntervalStatistics[]): IntervalStatistics[][] {
  const intervals: IntervalStatistics[][] = [];
  let subjects = new Set<string>();
  for (const each of all) {
    if (intervals.length === 0 || subjects.has(each.subject)) {
      intervals.push([]);
      subjects = new Set();
    }
    subjects.add(each.subject);
    intervals.at(-1)!.push(each);
  }
  return intervals;
}

/** By what was lost, then by the longest stretch without a tick. */
function worstOf(peers: IntervalStatistics[]): IntervalStatistics[] {
  return peers.toSorted((a, b) => b.lost - a.lost || b.longestGapUs - a.longestGapUs);
}

/**
 * What an interval was like for one peer.
 *
 * @param cause of an outage in it, where there was one
 */
export function intervalText(interval: IntervalStatistics, cause?: string): string {
  const { subject, of, received, lost, unread, statistics, isUncounted } = interval;
  const parts = [
    `received ${received}`,
    ...(isUncounted ? [] : [`lost ${lost}`]),
    ...(unread > 0 ? [`not read in time ${unread}`] : []),
    ...leftOut(interval),
    ...(cause === undefined ? [] : [`outage (${cause})`]),
  ];
  if (statistics.count > 0) {
    const { max } = statistics;
    const [p50, p99] = [50, 99].map((percent) => percentile(statistics, percent));
    parts.push(`${of} p50 ${p50}, p99 ${p99}, max ${ms(max.us)} ms`);
  }
  return `${printable(subject)}: ${parts.join(", ")}`;
}

function leftOut({ unsent, skipped }: { unsent: number; skipped: number }): string[] {
  return counts([[unsent, "not sent"], [skipped, "missed"]]);
}

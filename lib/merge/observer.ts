/** What of one observer's summary is kept: sums, and the worst, but not all of its peers. */

import { joinedOfJson, outcomesOfJson, summaryOfJson } from "../html/stream/summary.ts";
import type { JsonLine } from "../html/stream/json_line.ts";
import { worstFirst } from "../report/text/peers.ts";
import type { Reconnects } from "../stats/connections.ts";
import { type Joined, JoinedSums } from "../stats/joined.ts";
import type { LeftUnread } from "../stats/left_unread.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";
import { quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";
import { type Counts, countsOf, countsOfForgotten, sumOf } from "./counts.ts";
import { outagesOf, outagesOfForgotten, type OutageSums, sumOfOutages } from "./outages.ts";

/** So many of the worst senders are kept. */
export const MAX_WORST = 15;

export interface Observer {
  file: string;
  name: string;
  /** Names this start of it; empty where it sent nothing. */
  run: string;
  /** When its summary was written, by its own wall clock. */
  atUs: number;
  ranMs: number;
  /** Senders that it received. */
  senders: number;
  /** Of these, those that it forgot, as they were gone for long: they are in all sums. */
  forgotten: number;
  counts: Counts;
  outages: OutageSums;
  /** What it didn't read behind the last ticks of its senders, where there may be any. */
  leftUnread?: LeftUnread;
  reconnects: Reconnects;
  /** Messages that were no ticks, by reason. */
  rejected: Record<string, number>;
  thresholds: { judged: number; failed: number };
  /** The widest bound of a clock that a delay was recorded with. */
  maxBoundUs: number;
  joined: Joined;
  worst: PeerStatistics[];
}

/** What names a sender wherever it is received: its run, or its subject, where it sends no header. */
export interface Sender {
  run?: string;
  subject: string;
}

export interface ReadObserver {
  observer: Observer;
  senders: Sender[];
}

/**
 * @param line a summary that the schema has said yes to
 * @throws {UsageError} where there is no histogram in it to be joined, or a broken one
 */
export function observerOf(file: string, line: JsonLine): ReadObserver {
  const summary = summaryOfJson(line);
  const { name, ranMs, schedule, reconnects, rejected, peers, forgotten, leftUnread } = summary;
  const gone = forgotten ? [forgotten] : [];
  const outcomes = outcomesOfJson(line);
  const observer: Observer = {
    ...{ file, name, ranMs, reconnects, rejected, run: schedule.run },
    atUs: Math.round(line.at * 1e6),
    senders: peers.length + (forgotten?.peers ?? 0),
    forgotten: forgotten?.peers ?? 0,
    counts: sumOf([...peers.map(countsOf), ...gone.map(countsOfForgotten)]),
    outages: sumOfOutages([outagesOf(peers), ...gone.map(outagesOfForgotten)]),
    thresholds: { judged: outcomes.length, failed: outcomes.filter(({ ok }) => !ok).length },
    maxBoundUs: peers.reduce(
      (max, { delayRange }) => Math.max(max, delayRange?.maxBoundUs ?? 0),
      0,
    ),
    joined: checkedJoined(file, line, peers),
    worst: worstFirst(peers, outcomes).slice(0, MAX_WORST),
  };
  if (leftUnread) observer.leftUnread = leftUnread;
  return { observer, senders: peers.map(({ run, subject }) => ({ run, subject })) };
}

function checkedJoined(file: string, line: JsonLine, peers: PeerStatistics[]): Joined {
  const wrong = (what: string) => new UsageError(`${quoted(file)}: ${what}`);
  const joined = line.joined && joinedOfJson(line.joined);
  if (!joined && peers.length > 0) {
    throw wrong(`its summary has no "joined" histograms: an older tick wrote it`);
  }
  try {
    const sums = new JoinedSums();
    sums.add(joined ?? {});
    return sums.joined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw wrong(error.message);
  }
}

/** The statistics of one peer in one interval, in what they are shown and judged by. */

import type { DelayStatistics } from "../delay/histogram.ts";
import type { RangeStatistics } from "../delay/range.ts";
import type { PeerState } from "./followed.ts";

/** One peer in one interval. */
export interface IntervalStatistics {
  subject: string;
  /** How long it was: a multiple of what was asked for where it was taken late, less at the end. */
  lengthUs: number;
  /** The delay where all that arrived has one, else dt since a clock stepped or the peer restarted last. */
  of: "delay" | "dt";
  received: number;
  /** What was given up in it. */
  lost: number;
  /** Of what was given up in it, what we did not read in time ourselves. */
  unread: number;
  unsent: number;
  skipped: number;
  statistics: DelayStatistics;
  /** Of dt in any case. */
  dt: DelayStatistics;
  /** The longest stretch without a tick that lies in it or ends in it, up to the end of the interval. */
  longestGapUs: number;
  /** What of the longest was no stall of our own; not a number before there were two ticks. */
  longestOfOthersUs: number;
  /** The peer wasn't received from its beginning on, or it was cut short at the end. */
  isPartial?: true;
  /** What was lost in it isn't known: no tick had a header. */
  isUncounted?: true;
  atEnd: IntervalEnd;
}

/** What an interval is judged by besides; its counts are of this interval alone. */
export interface IntervalEnd extends PeerState {
  reconnects: number;
  /** How long the peer was there in it, against how long an interval is to be. */
  coveredUs: number;
  everyUs: number;
  /** The peer was received in it first. */
  isFirst: boolean;
  /** What the clock's bound leaves open of the delay, if it is of that. */
  range?: RangeStatistics;
}

/** The statistics of one peer. */

import type { ReceivedCounts } from "../../wire.ts";
import type { Outage } from "../outages.ts";
import type { PeerDelayStatistics } from "../delay/statistics.ts";
import type { StoreStatistics } from "./store_watch.ts";
import type { SequenceStatistics } from "../sequence/accounts.ts";

export type { IntervalStatistics } from "../interval/peer_intervals.ts";

export interface PeerStatistics extends PeerDelayStatistics, StoreStatistics {
  subject: string;
  /** The run that speaks now; none for a bare peer. */
  run?: string;
  runs: number;
  sequence: SequenceStatistics;
  /** Ticks that came with a number only. */
  bare: number;
  /** Headers that could not be used, by reason; their bodies were. */
  headerFaults: Record<string, number>;
  /** Ticks that were older than `--stale` on arrival; they count for all else too. */
  stale: number;
  /** Ticks that arrived while our event loop stood still, and may have waited for us: they count for all else too. */
  duringStall: number;
  /** Copies from long ago, or of a run that is over: each is in late or duplicate too, where its run is known. */
  replayed: number;
  /** Ticks of runs beyond those that are told apart at once: in no account, and without a delay. */
  unaccounted: number;
  /** Ticks whose time could not be true, by those before: received, but without a delay. */
  implausibleTimes: number;
  /** Ticks whose number could not be true, by those before: in no account. */
  implausibleNumbers: number;
  /** Senders that spoke at once. */
  senders: number;
  /** Steps of either clock. */
  clockSteps: number;
  /** Times that the offset contradicted what was known of it: a clock slewed by more than 500 ppm, or stepped unseen. */
  clockContradictions: number;
  outages: OutageStatistics;
  /**
   * Ticks received a second, from the first one received to the last; or to the moment of the statistics, where
   * there is an outage then. Not a number before there are two.
   */
  ratePerS: number;
  /** How long before the moment of the statistics it sent its last tick, where it said so. */
  endedUs?: number;
  /** Its round trip to the server, as it says. */
  peerRttUs?: number;
  /** What it received of our run, as it says, up to the slot of ours that it had received last. */
  receivedOfUs?: ReceivedCounts & { asOfSeq?: number };
  /** The ten longest runs of consecutive slots that were lost, in the order of their time. */
  lossRuns: LossRun[];
}

/** Slots that were given up together: some of them were lost, and the rest not sent. */
export interface LossRun {
  run: string;
  /** The first one. */
  seq: number;
  lost: number;
  slots: number;
}

/** The outage that lasts at the moment of the statistics is in all of them. */
export interface OutageStatistics {
  count: number;
  totalUs: number;
  /** The longest stretch between two ticks, also where it is too short to be an outage. */
  longest?: Outage;
  /** What of the longest was no stall of our own; not a number before there are two ticks. */
  longestOfOthersUs: number;
  /** The ten longest outages, in the order of their time. */
  longestOnes: Outage[];
  /** How long the one that lasts has lasted, if any does. */
  openUs?: number;
}

/** The statistics of one peer. */

import type { ReceivedCounts } from "../../wire.ts";
import type { Outage } from "../outages.ts";
import type { PeerDelayStatistics } from "../delay/placing.ts";
import type { SequenceStatistics } from "../sequence/accounts.ts";

export type { IntervalStatistics } from "./intervals.ts";

export interface PeerStatistics extends PeerDelayStatistics {
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
  /** Ticks that came while our event loop stood still: received, but when can't be said, so without a delay. */
  untimed: number;
  /** Copies from long ago, or of a run that is over: each is in late or duplicate too, where its run is known. */
  replayed: number;
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
  /** Ticks received a second, from the first one received to the last. */
  ratePerS: number;
  /** Its round trip to the server, as it says. */
  peerRttUs?: number;
  /** What it received of our run, as it says. */
  receivedOfUs?: ReceivedCounts;
}

export interface OutageStatistics {
  count: number;
  totalUs: number;
  longest?: Outage;
  /** The longest that was not a stall of our own. */
  longestOfOthersUs: number;
  /** How long the peer has been dark up to now, where it has. */
  openUs?: number;
}

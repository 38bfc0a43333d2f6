/** The figures of one peer. */

import type { Heard } from "../../wire.ts";
import type { DelayFigures } from "../delay/histogram.ts";
import type { Gap } from "../outages.ts";
import type { PeerDelayFigures } from "../delay/placing.ts";
import type { SequenceFigures } from "../sequence/accounts.ts";

export interface PeerFigures extends PeerDelayFigures {
  subject: string;
  /** The run that speaks now; none for a bare peer. */
  run?: string;
  runs: number;
  sequence: SequenceFigures;
  /** Ticks that came with a number only. */
  bare: number;
  /** Headers that could not be used, by reason; their bodies were. */
  headerFaults: Record<string, number>;
  /** Ticks that were older than `--stale` on arrival; they count for all else too. */
  stale: number;
  /** Ticks that came while our event loop stood still: heard, but when can't be said, so without a delay. */
  untimed: number;
  /** Copies from long ago, or of a run that is over: each is in late or duplicate too, where its run is known. */
  replayed: number;
  /** Ticks whose time could not be true, by those before: heard, but without a delay. */
  implausibleTimes: number;
  /** Ticks whose number could not be true, by those before: in no account. */
  implausibleNumbers: number;
  /** Senders that spoke at once. */
  senders: number;
  /** Steps of either clock. */
  clockSteps: number;
  gaps: GapFigures;
  /** Ticks heard a second, from the first one heard to the last. */
  ratePerS: number;
  /** Its round trip to the broker, as it says. */
  peerRttUs?: number;
  /** What it heard of our run, as it says. */
  heardOfUs?: Heard;
}

export interface GapFigures {
  count: number;
  totalUs: number;
  longest?: Gap;
  /** The longest that was not a stall of our own. */
  longestOfOthersUs: number;
  /** How long the peer has been dark up to now, where it has. */
  openUs?: number;
}

/** One peer since it was last asked. */
export interface IntervalFigures {
  subject: string;
  of: "delay" | "dt";
  heard: number;
  lost: number;
  figures: DelayFigures;
}

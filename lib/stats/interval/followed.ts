/** What goes on from one interval to the next, and so is asked of the peer as an interval ends. */

import type { MonoUs } from "../../time/clock.ts";
import type { DriftEstimate } from "../clock/drift.ts";
import type { OffsetEstimate } from "../clock/offset.ts";
import type { VariationStatistics } from "../delay/variation.ts";

/** A peer as it was at a moment; counts are of all of the run by then. */
export interface PeerState {
  /** None of a bare peer. */
  run: string | undefined;
  received: number;
  late: number;
  duplicate: number;
  reordered: number;
  /** The one that lasted then included. */
  outages: number;
  outageUs: number;
  variation: VariationStatistics;
  clock?: OffsetEstimate;
  drift: DriftEstimate;
}

export interface Followed {
  /** As it was at a moment, as long as no tick that arrived after it has been taken in. */
  stateAt(us: MonoUs): PeerState;
  /** What of a stretch without a tick, which lasted at its end, can be held against the bus or the peer. */
  ofOthersUs(fromUs: MonoUs, toUs: MonoUs): number;
}

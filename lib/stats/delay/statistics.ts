/** The statistics of one peer's delays and its clock. */

import type { DriftEstimate } from "../clock/drift.ts";
import type { OffsetEstimate } from "../clock/offset.ts";
import type { DelayStatistics } from "./histogram.ts";
import type { RangeStatistics } from "./range.ts";
import type { VariationStatistics } from "./variation.ts";

export interface PeerDelayStatistics {
  /** Raw, since a clock stepped last, or the peer restarted on another clock. */
  dt: DelayStatistics;
  /** With the offset taken out; none as long as that isn't known. */
  delay?: DelayStatistics;
  /** The delay, or else dt, without the ticks that arrived while our own process stalled; where that differs. */
  undisturbed?: DelayStatistics;
  /** What the clock's bound leaves open of the delay: each percentile lies between the two, and so does the max. */
  delayRange?: RangeStatistics;
  /** What dt is above its minimum, by RFC 5481: needs no offset. */
  pdv?: DelayStatistics;
  /** Ticks whose delay could not be told, as the offset was not known in time. */
  unplaced: number;
  variation: VariationStatistics;
  clock?: OffsetEstimate;
  drift: DriftEstimate;
}

/** What one peer keeps for all who ask for intervals. */

import type { ReceivedTick } from "../../arrival.ts";
import type { MonoUs } from "../../time/clock.ts";
import type { Sample } from "../delay/sample.ts";
import type { GivenUp } from "../sequence/gap.ts";
import type { Intervals } from "./intervals.ts";
import type { PeerIntervals } from "./peer_intervals.ts";

export class KeptIntervals {
  readonly #all = new Map<Intervals, PeerIntervals>();

  /** Keeps those of one consumer from a moment on. */
  add(subject: string, intervals: Intervals, sinceUs: MonoUs) {
    this.#all.set(intervals, intervals.follow(subject, sinceUs));
  }

  /** Keeps them no longer. */
  drop(intervals: Intervals) {
    this.#all.delete(intervals);
  }

  received(tick: ReceivedTick) {
    for (const intervals of this.#all.values()) intervals.received(tick);
  }

  sampled(sample: Sample) {
    for (const intervals of this.#all.values()) intervals.sampled(sample);
  }

  givenUp(gap: GivenUp, nowUs: MonoUs) {
    for (const intervals of this.#all.values()) intervals.givenUp(gap, nowUs);
  }
}

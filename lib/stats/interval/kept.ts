/** What one peer tells all who follow its ticks one by one: those who ask for intervals, and others. */

import type { ReceivedTick } from "../../arrival.ts";
import type { MonoUs } from "../../time/clock.ts";
import type { Sample } from "../delay/sample.ts";
import type { GivenUp } from "../sequence/gap.ts";

/** Who is told of the ticks of one peer. */
export interface Follower {
  received(tick: ReceivedTick): void;
  /** It was timed; its delay may not be known yet. */
  sampled(sample: Sample): void;
  givenUp(gap: GivenUp, nowUs: MonoUs): void;
  /** It is gone for good: nothing more comes, and nothing is to be kept. */
  forgotten(): void;
}

/** Who follows every peer, from its first tick on. */
export interface Consumer {
  follow(subject: string, sinceUs: MonoUs): Follower;
}

export class KeptIntervals {
  readonly #all = new Map<Consumer, Follower>();

  /** Tells one consumer from a moment on. */
  add(subject: string, consumer: Consumer, sinceUs: MonoUs) {
    this.#all.set(consumer, consumer.follow(subject, sinceUs));
  }

  /** Tells it no longer. */
  drop(consumer: Consumer) {
    this.#all.delete(consumer);
  }

  forgotten() {
    for (const follower of this.#all.values()) follower.forgotten();
  }

  received(tick: ReceivedTick) {
    for (const follower of this.#all.values()) follower.received(tick);
  }

  sampled(sample: Sample) {
    for (const follower of this.#all.values()) follower.sampled(sample);
  }

  givenUp(gap: GivenUp, nowUs: MonoUs) {
    for (const follower of this.#all.values()) follower.givenUp(gap, nowUs);
  }
}

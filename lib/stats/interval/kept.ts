/** What one peer tells all who follow its ticks one by one: those who ask for intervals, and others. */

import type { ReceivedTick } from "../../arrival.ts";
import type { MonoUs } from "../../time/clock.ts";
import type { Sample } from "../delay/sample.ts";
import type { GivenUp } from "../sequence/gap.ts";
import type { Followed } from "./followed.ts";

/** Who is told of the ticks of one peer. */
export interface Follower {
  /** A tick of this moment is about to be taken in, be it received or a copy. */
  reached?(monoUs: number): void;
  received(tick: ReceivedTick): void;
  /** It was timed; its delay may not be known yet. Returns whether it is kept, for the delay to be found in it. */
  sampled(sample: Sample): boolean;
  givenUp(gap: GivenUp, nowUs: MonoUs): void;
  /** A stretch without a tick ended at this moment; and what of it was no stall of our own. */
  stretch?(toUs: MonoUs, lengthUs: number, ofOthersUs: number): void;
  /** It is gone for good: nothing more comes, and nothing is to be kept. */
  forgotten(): void;
}

/** Who follows every peer, from its first tick on. */
export interface Consumer {
  follow(subject: string, sinceUs: MonoUs, peer: Followed): Follower;
}

export class KeptIntervals {
  readonly #subject: string;
  readonly #peer: Followed;
  readonly #all = new Map<Consumer, Follower>();

  constructor(subject: string, peer: Followed) {
    this.#subject = subject;
    this.#peer = peer;
  }

  /** Tells one consumer from a moment on. */
  add(consumer: Consumer, sinceUs: MonoUs) {
    this.#all.set(consumer, consumer.follow(this.#subject, sinceUs, this.#peer));
  }

  /** Tells it no longer. */
  drop(consumer: Consumer) {
    this.#all.delete(consumer);
  }

  reached(monoUs: number) {
    for (const follower of this.#all.values()) follower.reached?.(monoUs);
  }

  stretch(toUs: MonoUs, lengthUs: number, ofOthersUs: number) {
    for (const follower of this.#all.values()) follower.stretch?.(toUs, lengthUs, ofOthersUs);
  }

  forgotten() {
    for (const follower of this.#all.values()) follower.forgotten();
  }

  received(tick: ReceivedTick) {
    for (const follower of this.#all.values()) follower.received(tick);
  }

  /** Returns whether anybody keeps it. */
  sampled(sample: Sample): boolean {
    let isKept = false;
    for (const follower of this.#all.values()) if (follower.sampled(sample)) isKept = true;
    return isKept;
  }

  givenUp(gap: GivenUp, nowUs: MonoUs) {
    for (const follower of this.#all.values()) follower.givenUp(gap, nowUs);
  }
}

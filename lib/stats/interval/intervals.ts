/** Statistics interval by interval: a cursor for each who asks for them, that no other one disturbs. */

import type { MonoUs } from "../../time/clock.ts";
import { PERCENTILES } from "../delay/histogram.ts";
import type { Followed } from "./followed.ts";
import type { IntervalStatistics } from "./interval_statistics.ts";
import { type Cut, MAX_OPEN, PeerIntervals } from "./peer_intervals.ts";

export interface IntervalCursor extends Disposable {
  /**
   * Each peer in each interval that is over by a moment, and wasn't handed out before. What arrived in it must
   * have been taken in by then: ask for a moment that is as long ago as a tick may linger.
   */
  next(untilUs: MonoUs): IntervalStatistics[];
  /** All that is left, the interval that ends with this moment included. */
  rest(endUs: MonoUs): IntervalStatistics[];
}

export interface IntervalsOptions {
  everyUs: number;
  fromUs: number;
  /** Called once nobody asks any more. */
  onDispose: () => void;
  /** Further percentiles, for who judges them: with what the clock's bound leaves open. */
  percents?: readonly number[];
  /** How often this app had reconnected by a moment. */
  reconnectsAt: (us: number) => number;
}

export class Intervals implements IntervalCursor {
  readonly #everyUs: number;
  readonly #fromUs: number;
  readonly #peers = new Set<PeerIntervals>();
  readonly #onDispose: () => void;
  readonly #cut: Cut;
  /** The first one that wasn't handed out. */
  #next = 0;

  constructor({ everyUs, fromUs, onDispose, percents, reconnectsAt }: IntervalsOptions) {
    this.#everyUs = everyUs;
    this.#fromUs = fromUs;
    this.#onDispose = onDispose;
    this.#cut = {
      indexOf: (monoUs) => this.#indexOf(monoUs),
      startUs: (index) => fromUs + index * everyUs as MonoUs,
      percents: [...PERCENTILES, ...percents ?? []],
      hasRange: percents !== undefined,
      reconnectsAt,
    };
  }

  /** What a new peer is to tell. */
  follow(subject: string, sinceUs: MonoUs, peer: Followed): PeerIntervals {
    const intervals = new PeerIntervals(subject, sinceUs, peer, this.#cut);
    this.#peers.add(intervals);
    return intervals;
  }

  next(untilUs: MonoUs): IntervalStatistics[] {
    const over = Math.floor((untilUs - this.#fromUs) / this.#everyUs);
    const closed: IntervalStatistics[] = [];
    const lastOpen = this.#next + MAX_OPEN - 1;
    while (this.#next < over) {
      // The last one that can be open holds all that came after it, too.
      const count = this.#next === lastOpen ? over - this.#next : 1;
      closed.push(...this.#close(this.#next, count * this.#everyUs));
      this.#next += count;
    }
    return closed;
  }

  rest(endUs: MonoUs): IntervalStatistics[] {
    const closed = this.next(endUs);
    const lengthUs = endUs - this.#fromUs - this.#next * this.#everyUs;
    // What arrived after the end, but was taken in all the same, is in the last one. That nothing did is told too.
    if (lengthUs > 0 || [...this.#peers].some(({ isOpen }) => isOpen)) {
      closed.push(...this.#close(this.#next, lengthUs));
    }
    this.#next++;
    return closed;
  }

  [Symbol.dispose]() {
    this.#onDispose();
  }

  #close(index: number, lengthUs: number): IntervalStatistics[] {
    const closed = [...this.#peers]
      .filter(({ sinceIndex }) => sinceIndex <= index)
      .map((peer) => peer.close(index, lengthUs));
    for (const peer of this.#peers) if (peer.isGone && !peer.isOpen) this.#peers.delete(peer);
    return closed;
  }

  #indexOf(monoUs: number): number {
    const index = Math.floor((monoUs - this.#fromUs) / this.#everyUs);
    return Math.min(Math.max(index, this.#next), this.#next + MAX_OPEN - 1);
  }
}

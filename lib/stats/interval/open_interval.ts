/** One peer in an interval that isn't over, or not closed yet. */

import { DelayHistogram, type DelayStatistics } from "../delay/histogram.ts";
import { DelayRange, type RangeStatistics } from "../delay/range.ts";
import { type ClockEra, delayOf, type Sample } from "../delay/sample.ts";

/** As many as wait for an offset at most. */
const MAX_WAITING = 1024;

export interface TimedStatistics {
  /** The delay where all that arrived has one, else dt since a clock stepped or the peer restarted last. */
  of: "delay" | "dt";
  statistics: DelayStatistics;
  /** Of dt in any case. */
  dt: DelayStatistics;
  /** What the clock's bound leaves open of the delay, where it is of that and was asked for: each delay has the bound of its time. */
  range?: RangeStatistics;
}

export class OpenInterval {
  readonly counts = { received: 0, lost: 0, unread: 0, unsent: 0, skipped: 0 };
  #dt = new DelayHistogram(3);
  readonly #delay = new DelayHistogram(3);
  readonly #range: DelayRange | undefined;
  #era: ClockEra | undefined;
  /** Those whose delay isn't known for good when they arrive. */
  #waiting: Sample[] = [];
  /** Those that have no delay, nor will have one. */
  #without = 0;
  /** Whether a tick had a header. */
  isCounted = false;
  /** The longest stretch without a tick that ended in it, and what of one was no stall of our own. */
  longestGapUs = 0;
  longestOfOthersUs = 0;

  /** @param hasRange whether what the clock's bound leaves open is kept, for who judges by it */
  constructor(hasRange: boolean) {
    if (hasRange) this.#range = new DelayRange();
  }

  /** A stretch without a tick ended in it, or lasts at its end. */
  stretch(lengthUs: number, ofOthersUs: number) {
    this.longestGapUs = Math.max(this.longestGapUs, lengthUs);
    this.longestOfOthersUs = Math.max(this.longestOfOthersUs, ofOthersUs);
  }

  /** Returns whether it is kept. */
  sampled(sample: Sample): boolean {
    if (sample.era !== this.#era) this.#dt = new DelayHistogram(3);
    this.#era = sample.era;
    this.#dt.record(sample.dtUs, sample.seq, sample.atUs);
    const isKept = !sample.delay && this.#waiting.length < MAX_WAITING;
    if (isKept) this.#waiting.push(sample);
    else if (sample.delay) this.#place(sample);
    else this.#without++;
    return isKept;
  }

  close(percents: readonly number[]): TimedStatistics {
    for (const sample of this.#waiting) this.#place(sample);
    const dt = this.#dt.statistics(percents);
    if (this.#without > 0 || this.#delay.count === 0) return { of: "dt", statistics: dt, dt };
    const statistics = this.#delay.statistics(percents);
    return { of: "delay", statistics, dt, range: this.#range?.statistics(percents) };
  }

  #place(sample: Sample) {
    const delay = delayOf(sample);
    if (!delay) return void this.#without++;
    this.#delay.record(delay.delayUs, sample.seq, sample.atUs);
    this.#range?.record(delay);
  }
}

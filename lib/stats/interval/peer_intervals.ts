/** One peer's statistics interval by interval, cut by the time of arrival, for one who asks for them. */

import type { ReceivedTick } from "../../arrival.ts";
import { DelayHistogram, type DelayStatistics } from "../delay/histogram.ts";
import { delayOf, type Era, type Sample } from "../delay/sample.ts";
import type { GivenUp } from "../sequence/gap.ts";

/** One peer in one interval. */
export interface IntervalStatistics {
  subject: string;
  /** How long it was: a multiple of what was asked for where it was taken late, less at the end. */
  lengthUs: number;
  /** The delay where all that arrived has one, else dt since a clock stepped or the peer restarted last. */
  of: "delay" | "dt";
  received: number;
  /** What was given up in it. */
  lost: number;
  /** Of what was given up in it, what we did not read in time ourselves. */
  unread: number;
  unsent: number;
  skipped: number;
  statistics: DelayStatistics;
  /** Of dt in any case. */
  dt: DelayStatistics;
  /** The longest stretch without a tick that lies in it or ends in it, up to the end of the interval. */
  longestGapUs: number;
  /** The peer wasn't received from its beginning on, or it was cut short at the end. */
  isPartial?: true;
  /** What was lost in it isn't known: no tick had a header. */
  isUncounted?: true;
}

/** How many intervals of a consumer are open at most: what arrives after them is in the last one. */
export const MAX_OPEN = 8;

type Counts = Pick<IntervalStatistics, "received" | "lost" | "unread" | "unsent" | "skipped">;

class OpenInterval {
  readonly counts: Counts = { received: 0, lost: 0, unread: 0, unsent: 0, skipped: 0 };
  #dt = new DelayHistogram(3);
  readonly #delay = new DelayHistogram(3);
  #era: Era | undefined;
  /** Those whose delay isn't known for good when they arrive. */
  #waiting: Sample[] = [];
  /** Those that have no delay, nor will have one. */
  #without = 0;
  /** Whether a tick had a header. */
  isCounted = false;
  /** When the last one arrived, and the longest stretch that ended with one. */
  lastUs = -Infinity;
  longestGapUs = 0;

  sampled(sample: Sample) {
    if (sample.era !== this.#era) this.#dt = new DelayHistogram(3);
    this.#era = sample.era;
    this.#dt.record(sample.dtUs, sample.seq, sample.atUs);
    if (sample.delay) this.#placed(sample, sample.delay.delayUs);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(sample);
    else this.#without++;
  }

  close(percents: readonly number[]): Pick<IntervalStatistics, "of" | "statistics" | "dt"> {
    for (const sample of this.#waiting) {
      const delay = delayOf(sample);
      if (delay) this.#placed(sample, delay.delayUs);
      else this.#without++;
    }
    const of = this.#without === 0 && this.#delay.count > 0 ? "delay" : "dt";
    const dt = this.#dt.statistics(percents);
    return { of, statistics: of === "delay" ? this.#delay.statistics(percents) : dt, dt };
  }

  #placed({ seq, atUs }: Sample, delayUs: number) {
    this.#delay.record(delayUs, seq, atUs);
  }
}

/** As many as wait for an offset at most. */
const MAX_WAITING = 1024;

/** The intervals of one who asks for them. */
export interface Cut {
  /** Which of those that are open holds a moment. */
  indexOf(monoUs: number): number;
  /** When one begins. */
  startUs(index: number): number;
  percents: readonly number[];
}

export class PeerIntervals {
  readonly subject: string;
  readonly #cut: Cut;
  readonly #sinceUs: number;
  readonly #open = new Map<number, OpenInterval>();
  /** The interval that it was first received in. */
  readonly sinceIndex: number;
  #of: "delay" | "dt" = "dt";
  #isCounted = true;
  /** When the last one of all arrived, and the last one before the intervals that are open. */
  #lastUs: number;
  #closedUs: number;

  constructor(subject: string, sinceUs: number, cut: Cut) {
    this.subject = subject;
    this.#cut = cut;
    this.#sinceUs = this.#lastUs = this.#closedUs = sinceUs;
    this.sinceIndex = cut.indexOf(sinceUs);
  }

  /** Nothing more comes of it. */
  isGone = false;

  /** Whether there is anything that wasn't handed out. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  received({ monoUs, header }: ReceivedTick) {
    const open = this.#at(monoUs);
    open.counts.received++;
    if (header) open.isCounted = true;
    open.longestGapUs = Math.max(open.longestGapUs, monoUs - this.#lastUs);
    this.#lastUs = open.lastUs = Math.max(this.#lastUs, monoUs);
  }

  sampled(sample: Sample) {
    this.#at(sample.monoUs).sampled(sample);
  }

  givenUp({ lost, unread, unsent, skipped }: GivenUp, monoUs: number) {
    const { counts } = this.#at(monoUs);
    counts.lost += lost;
    counts.unread += unread;
    counts.unsent += unsent;
    counts.skipped += skipped;
  }

  forgotten() {
    this.isGone = true;
  }

  /** Closes an interval, be there anything in it or not. */
  close(index: number, lengthUs: number): IntervalStatistics {
    const open = this.#open.get(index) ?? new OpenInterval();
    this.#open.delete(index);
    const { of, ...statistics } = open.close(this.#cut.percents);
    // An empty one is of what those before it were.
    if (statistics.dt.count > 0) this.#of = of;
    if (open.counts.received > 0) this.#isCounted = open.isCounted;
    const startUs = this.#cut.startUs(index);
    this.#closedUs = Math.max(this.#closedUs, open.lastUs);
    const openGapUs = startUs + lengthUs - this.#closedUs;
    const closed: IntervalStatistics = {
      ...{ subject: this.subject, lengthUs, of: this.#of, ...open.counts, ...statistics },
      longestGapUs: Math.max(open.longestGapUs, openGapUs),
    };
    const { lost, unread, unsent, skipped } = open.counts;
    if (!this.#isCounted && lost + unread + unsent + skipped === 0) closed.isUncounted = true;
    const isWhole = lengthUs >= this.#cut.startUs(1) - this.#cut.startUs(0) &&
      this.#sinceUs <= startUs;
    return isWhole ? closed : { ...closed, isPartial: true };
  }

  #at(monoUs: number): OpenInterval {
    const index = this.#cut.indexOf(monoUs);
    let open = this.#open.get(index);
    if (!open) this.#open.set(index, open = new OpenInterval());
    return open;
  }
}

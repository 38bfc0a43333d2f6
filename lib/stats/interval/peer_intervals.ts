/** One peer's statistics interval by interval, cut by the time of arrival, for one who asks for them. */

import type { ReceivedTick } from "../../tick.ts";
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
  unsent: number;
  skipped: number;
  statistics: DelayStatistics;
}

/** How many intervals of a consumer are open at most: what arrives after them is in the last one. */
export const MAX_OPEN = 8;

type Counts = Pick<IntervalStatistics, "received" | "lost" | "unsent" | "skipped">;

class OpenInterval {
  readonly counts: Counts = { received: 0, lost: 0, unsent: 0, skipped: 0 };
  #dt = new DelayHistogram(3);
  readonly #delay = new DelayHistogram(3);
  #era: Era | undefined;
  /** Those whose delay isn't known for good when they arrive. */
  #waiting: Sample[] = [];
  /** Those that have no delay, nor will have one. */
  #without = 0;

  sampled(sample: Sample) {
    if (sample.era !== this.#era) this.#dt = new DelayHistogram(3);
    this.#era = sample.era;
    this.#dt.record(sample.dtUs, sample.seq, sample.atUs);
    if (sample.delay) this.#placed(sample, sample.delay.delayUs);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(sample);
    else this.#without++;
  }

  close(): Pick<IntervalStatistics, "of" | "statistics"> {
    for (const sample of this.#waiting) {
      const delay = delayOf(sample);
      if (delay) this.#placed(sample, delay.delayUs);
      else this.#without++;
    }
    const of = this.#without === 0 && this.#delay.count > 0 ? "delay" : "dt";
    return { of, statistics: (of === "delay" ? this.#delay : this.#dt).statistics() };
  }

  #placed({ seq, atUs }: Sample, delayUs: number) {
    this.#delay.record(delayUs, seq, atUs);
  }
}

/** As many as wait for an offset at most. */
const MAX_WAITING = 1024;

export class PeerIntervals {
  readonly subject: string;
  readonly #indexOf: (monoUs: number) => number;
  readonly #open = new Map<number, OpenInterval>();
  /** The interval that it was first received in. */
  readonly sinceIndex: number;
  #of: "delay" | "dt" = "dt";

  /** @param indexOf which of the intervals that are open holds a moment */
  constructor(subject: string, sinceUs: number, indexOf: (monoUs: number) => number) {
    this.subject = subject;
    this.#indexOf = indexOf;
    this.sinceIndex = indexOf(sinceUs);
  }

  /** Whether there is anything that wasn't handed out. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  received({ monoUs }: ReceivedTick) {
    this.#at(monoUs).counts.received++;
  }

  sampled(sample: Sample) {
    this.#at(sample.monoUs).sampled(sample);
  }

  givenUp({ lost, unsent, skipped }: GivenUp, monoUs: number) {
    const { counts } = this.#at(monoUs);
    counts.lost += lost;
    counts.unsent += unsent;
    counts.skipped += skipped;
  }

  /** Closes an interval, be there anything in it or not. */
  close(index: number, lengthUs: number): IntervalStatistics {
    const open = this.#open.get(index) ?? new OpenInterval();
    this.#open.delete(index);
    const { of, statistics } = open.close();
    // An empty one is of what those before it were.
    if (statistics.count > 0) this.#of = of;
    return { subject: this.subject, lengthUs, of: this.#of, ...open.counts, statistics };
  }

  #at(monoUs: number): OpenInterval {
    const index = this.#indexOf(monoUs);
    let open = this.#open.get(index);
    if (!open) this.#open.set(index, open = new OpenInterval());
    return open;
  }
}

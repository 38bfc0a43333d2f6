/**
 * The history of one peer in bounded memory, as plots need it. Kept of any run: two minutes in columns of 0.1 s,
 * twenty in columns of 1 s, two hours in columns of 6 s, and all of it in 1200 to 2400 columns, which get twice
 * as wide whenever there would be more. Of each column: count, exact min and max, percentiles within 6.25 %,
 * what was given up in it, the clock's offset and its widest bound.
 */

import { delayOf, type Sample } from "../stats/delay/sample.ts";
import type { GivenUp } from "../stats/sequence/gap.ts";
import { bucketOf } from "./buckets.ts";
import { OutageSpans } from "./spans.ts";
import { Tier, type TierOptions } from "./tier.ts";

/** All of a run in columns, none of which is forgotten. */
export const WHOLE_RUN: TierOptions = { widthUs: 1e6, maxColumns: 2400, whenFull: "merge" };

export const TIERS: readonly TierOptions[] = [
  { widthUs: 100_000, maxColumns: 1200, whenFull: "forget" },
  { widthUs: 1e6, maxColumns: 1200, whenFull: "forget" },
  { widthUs: 6e6, maxColumns: 1200, whenFull: "forget" },
  WHOLE_RUN,
];

/** So many ticks wait for the offset at most, as in the statistics; less of a peer that has no columns. */
const MAX_WAITING = 1024;
const MAX_WAITING_UNPLOTTED = 64;

export class PeerHistory {
  readonly tiers: readonly Tier[];
  readonly outages = new OutageSpans();
  /** Of what the values are: dt as long as no delay is known. */
  of: "delay" | "dt" = "dt";
  /** What values are counted from in buckets: of dt the first one, as a clock may be hours off. */
  baseUs = 0;
  #hasValue = false;
  #waiting: Sample[] = [];
  readonly #fromUs: number;
  readonly #onDelay: (us: number) => void;

  /**
   * @param fromUs what columns count from, by our monotonic clock
   * @param tiers the columns that are kept; where there are none, only the delays are told
   * @param onDelay told of every delay once it is known for good
   */
  constructor(fromUs: number, tiers = TIERS, onDelay: (us: number) => void = () => {}) {
    this.#fromUs = fromUs;
    this.tiers = tiers.map((options) => new Tier(options));
    this.#onDelay = onDelay;
  }

  /** Returns whether it is kept. */
  sampled(sample: Sample): boolean {
    // Without a header there is no number, and no offset ever.
    const isKept = sample.seq >= 0 && !sample.delay;
    if (isKept) this.#waiting.push(sample);
    else if (sample.seq < 0) this.#giveUpOn(sample);
    else this.#recordDelay(sample.delay!.delayUs, sample.monoUs);
    const most = this.tiers.length > 0 ? MAX_WAITING : MAX_WAITING_UNPLOTTED;
    if (this.#waiting.length > most) this.#giveUpOn(this.#waiting.shift()!);
    return isKept;
  }

  givenUp({ lost }: GivenUp, nowUs: number) {
    if (lost === 0) return;
    for (const tier of this.tiers) tier.at(nowUs - this.#fromUs).lost += lost;
  }

  /** Takes in the clock's offset at a moment. */
  recordClock({ offsetUs, boundUs }: { offsetUs: number; boundUs: number }, nowUs: number) {
    for (const tier of this.tiers) tier.at(nowUs - this.#fromUs).recordClock(offsetUs, boundUs);
  }

  /** Places what has waited for the offset and has a delay for good by now. */
  settle() {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const sample of waiting) {
      if (sample.delay) this.#recordDelay(sample.delay.delayUs, sample.monoUs);
      else if (sample.era.isOver) this.#giveUpOn(sample);
      else this.#waiting.push(sample);
    }
  }

  #giveUpOn(sample: Sample) {
    const delay = delayOf(sample);
    if (delay) this.#recordDelay(delay.delayUs, sample.monoUs);
    else if (this.of === "dt") this.#recordDt(sample.dtUs, sample.monoUs);
  }

  #recordDelay(us: number, monoUs: number) {
    if (this.of === "dt") {
      if (this.#hasValue) { for (const tier of this.tiers) tier.clearValues(); }
      this.of = "delay";
      this.baseUs = 0;
    }
    this.#onDelay(us);
    this.#record(us, monoUs);
  }

  #recordDt(us: number, monoUs: number) {
    if (!this.#hasValue) this.baseUs = us;
    this.#record(us, monoUs);
  }

  #record(us: number, monoUs: number) {
    this.#hasValue = true;
    const bucket = bucketOf(us - this.baseUs);
    for (const tier of this.tiers) tier.at(monoUs - this.#fromUs).record(us, bucket);
  }
}

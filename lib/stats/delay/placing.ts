/** One peer's delays and its clock: raw dt, and the delay with the clock's offset taken out. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../arrival.ts";
import type { Agreement } from "../clock/offset.ts";
import { Distribution } from "./distribution.ts";
import { PERCENTILES, type PercentileText } from "./histogram.ts";
import { FINE, type Keeping } from "./keeping.ts";
import { DelayVariation } from "./pdv.ts";
import { DelayRange } from "./range.ts";
import { Eras } from "./eras.ts";
import { delayOf, type Sample, sampleOf, valueOf } from "./sample.ts";
import type { PeerDelayStatistics } from "./statistics.ts";
import { Variation } from "./variation.ts";

interface Distributions {
  delay: Distribution;
  range: DelayRange;
  dt: Distribution;
  pdv: DelayVariation;
  unplaced: number;
}

/** Whoever follows the ticks one by one. */
export interface SampleObserver {
  /** A tick was timed; its delay may not be known yet. Returns whether it is kept, for the delay to be found in it. */
  sampled?(sample: Sample): boolean;
  /** Its delay is known for good. */
  placed?(sample: Sample): void;
}

export class PeerDelays {
  readonly #delay: Distribution;
  readonly #range = new DelayRange();
  readonly #pdv = new DelayVariation();
  readonly #variation = new Variation();
  readonly #eras: Eras;
  readonly #observer: SampleObserver;

  /** @param run of the sender that is received first */
  constructor(run: string | undefined, observer: SampleObserver = {}, keeping: Keeping = FINE) {
    this.#delay = new Distribution(keeping.digits);
    this.#eras = new Eras(run, keeping);
    this.#observer = observer;
  }

  /**
   * Takes in what the times of a tick say of the clocks, before its delay is recorded.
   *
   * @param echoesOurs whether it completes an exchange of the four timestamps of RFC 5905
   */
  follow(tick: ReceivedTick, echoesOurs: boolean): Agreement {
    const { clock } = this.#eras.current;
    const agreement = clock.received(tick, echoesOurs);
    this.#eras.current.lastUs = tick.monoUs;
    if (clock.isSettled) this.#placeWaiting();
    return agreement;
  }

  /** Takes in a tick that wasn't here before. */
  record(tick: ReceivedTick, stale: boolean) {
    const { clock, dt } = this.#eras.current;
    const sample = sampleOf(tick, this.#eras.current, stale);
    const { dtUs, seq, atUs, monoUs } = sample;
    dt.record(valueOf(sample, dtUs));
    this.#variation.record(dtUs, tick.header?.seq);
    this.#pdv.record(dtUs, monoUs, clock.wander(monoUs), seq, atUs);
    const { isSettled } = clock;
    if (isSettled) this.#place(sample);
    const isKept = this.#observer.sampled?.(sample) ?? false;
    if (!isSettled) this.#wait(sample, isKept);
  }

  /** How old a tick was on arrival: its delay, or what its dt has above the min where the clock isn't known. */
  ageUs({ realUs, signUs, monoUs }: ReceivedTick, minDtUs: number): number {
    const dtUs = realUs - signUs;
    const placed = this.#eras.current.clock.delayOf(dtUs, monoUs, monoUs);
    return placed ? placed.delayUs : dtUs - Math.min(minDtUs, dtUs);
  }

  /** Takes in a tick of a run that isn't received now: its dt counts where it can be by the same clock. */
  recordBeside(tick: ReceivedTick) {
    this.#eras.recordBeside(tick);
  }

  /** Takes in that a tick was received, by a clock that isn't the present one. */
  recordUnplaced() {
    this.#eras.unplaced++;
  }

  /** Another sender is received, whose clock need not be the one before: that one is put aside. */
  switchTo(run: string | undefined, nowUs: MonoUs) {
    this.#placeWaiting();
    this.#variation.restart();
    this.#pdv.restart();
    for (const sample of this.#eras.switchTo(run, nowUs)) {
      this.#wait(sample, this.#observer.sampled?.(sample) ?? false);
    }
  }

  /** After a step of either clock, the estimates and dt start anew. The delay goes on, as the offset is out of it. */
  clockStepped() {
    this.#placeWaiting();
    this.#eras.restart();
    this.#variation.restart();
    this.#pdv.restart();
  }

  /** What is known at a moment: changes nothing. */
  statistics(nowUs: MonoUs, percents = PERCENTILES): PeerDelayStatistics {
    const { delay, range, dt, unplaced } = this.distributions(nowUs);
    const [ofDt, undisturbedDt] = dt.statistics(percents);
    const [ofDelay, undisturbed] = delay.count > 0
      ? delay.statistics(percents)
      : [undefined, undisturbedDt];
    return {
      dt: ofDt,
      delay: ofDelay,
      delayRange: delay.count > 0 ? range.statistics(percents) : undefined,
      pdv: this.#pdv.statistics(percents),
      undisturbed,
      unplaced,
      ...this.stateAt(nowUs),
    };
  }

  /** What goes on from one interval to the next, at a moment that isn't before the last tick. */
  stateAt(us: MonoUs): Pick<PeerDelayStatistics, "variation" | "clock" | "drift"> {
    const { clock } = this.#eras.current;
    return {
      variation: this.#variation.statistics(),
      clock: clock.offset.at(us),
      drift: clock.drift.statistics(),
    };
  }

  /** Ticks that have a delay as far as the offset is known now, and not for good yet. */
  get unsettled(): Sample[] {
    const { clock, waiting } = this.#eras.current;
    return clock.offset.isKnown ? waiting.all() : [];
  }

  /** The text HdrHistogram's plotters read, of the delay where it is known, else of dt. */
  percentileText(nowUs: MonoUs): PercentileText & { of: "delay" | "dt" } {
    const { delay, dt } = this.distributions(nowUs);
    const known = delay.count > 0;
    return { of: known ? "delay" : "dt", ...(known ? delay : dt).percentileText() };
  }

  /** With what waits placed by the offset as it is known now; it may be known better later. */
  distributions(nowUs: MonoUs): Distributions {
    const { current, waitingAside } = this.#eras;
    const { unsettled } = this;
    const delays = unsettled.map((sample) => delayOf(sample)!);
    const values = delays.map(({ delayUs }, n) => valueOf(unsettled[n], delayUs));
    const unplaced = this.#eras.unplaced + waitingAside + current.waiting.length - unsettled.length;
    const [delay, range] = [this.#delay.with(values), this.#range.with(delays)];
    return { delay, range, dt: this.#eras.dt(nowUs), pdv: this.#pdv, unplaced };
  }

  #wait(sample: Sample, isKept: boolean) {
    const { clock, waiting } = this.#eras.current;
    const oldest = waiting.push(sample, isKept);
    if (oldest && clock.offset.isKnown) this.#place(oldest);
    else if (oldest) this.#eras.unplaced++;
  }

  #placeWaiting() {
    const { clock, waiting } = this.#eras.current;
    if (waiting.length === 0 || !clock.offset.isKnown) return;
    waiting.takeAll().forEach((sample) => this.#place(sample));
  }

  #place(sample: Sample) {
    const delay = sample.delay = delayOf(sample)!;
    this.#delay.record(valueOf(sample, delay.delayUs));
    this.#range.record(delay);
    this.#observer.placed?.(sample);
  }
}

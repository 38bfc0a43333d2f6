/** How well our own schedule was kept: what of a delay is our own doing. */

import type { SentTick } from "../tick.ts";
import { DelayHistogram, type DelayStatistics } from "./delay/histogram.ts";
import { Fates, type FateStatistics } from "./fates.ts";
import { type Span, Spans } from "./spans.ts";

export interface ScheduleStatistics {
  /** Empty as long as there was no slot. */
  run: string;
  intervalUs: number;
  slots: number;
  sent: number;
  unsent: number;
  skipped: number;
  /** Of those sent, where the bus gives word of them. */
  fates?: FateStatistics;
  timerError: DelayStatistics;
  stalls: number;
  longestStallUs: number;
}

/** What came meanwhile is read within this after a stall, and a twentieth of its length, as a lot may have come. */
const DRAINED_US = 5000;
const DRAINED_PART = 20;

/** Our event loop is called stalled when a tick is this late, slots missed before it included. */
const STALL_US = 50_000;

export class Schedule {
  sent = 0;
  stalls = 0;
  longestStallUs = 0;
  readonly fates = new Fates();
  readonly #stalled = new Spans();
  readonly #timerError = new DelayHistogram();
  readonly #intervalUs: number;
  #last: SentTick | undefined;

  constructor(intervalUs: number) {
    this.#intervalUs = intervalUs;
  }

  /** Takes in a tick of ours; returns how long our event loop stood still before it, 0 where it didn't. */
  record(tick: SentTick): number {
    const skipped = tick.skipped - (this.#last?.skipped ?? 0);
    this.#last = tick;
    if (tick.sent) this.sent++;
    // The last one may come before its time, by the signal to end: that isn't timer error.
    if (tick.last && tick.timerErrorUs < 0) return 0;
    this.#timerError.record(tick.timerErrorUs, tick.seq, tick.signUs);
    const stallUs = tick.timerErrorUs + skipped * this.#intervalUs;
    if (stallUs < STALL_US) return 0;
    this.stalls++;
    this.longestStallUs = Math.max(this.longestStallUs, stallUs);
    this.#stalled.open(tick.monoUs - stallUs);
    this.#stalled.close(tick.monoUs);
    return stallUs;
  }

  /**
   * Where in a stretch that ends now our event loop stood still. What arrives right after a stall may be seen
   * before the tick that tells of it: then it shows by that tick being overdue.
   */
  stalled(fromUs: number, toUs: number): Span[] {
    const overdueUs = !this.#last || this.#last.last
      ? Infinity
      : this.#last.monoUs + this.#intervalUs;
    const spans = this.#stalled.within(fromUs, toUs);
    return toUs - overdueUs < STALL_US
      ? spans
      : [...spans, { fromUs: Math.max(overdueUs, fromUs), toUs }];
  }

  /** Whether what arrived at a moment may have waited for our event loop, which stood still before it. */
  isStalledAt(monoUs: number): boolean {
    const last = this.#last;
    if (last && !last.last && monoUs - last.monoUs - this.#intervalUs >= STALL_US) return true;
    return this.#stalled.holds(monoUs, (lengthUs) => DRAINED_US + lengthUs / DRAINED_PART);
  }

  statistics(): ScheduleStatistics {
    const { sent, stalls, longestStallUs } = this;
    const { run = "", seq = -1, unsent = 0, skipped = 0 } = this.#last ?? {};
    const timerError = this.#timerError.statistics();
    const fates = this.fates.statistics(sent);
    const counts = { slots: seq + 1, sent, unsent, skipped, ...(fates ? { fates } : {}) };
    return { run, intervalUs: this.#intervalUs, ...counts, timerError, stalls, longestStallUs };
  }
}

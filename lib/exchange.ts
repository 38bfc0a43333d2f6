/** One app: sends its ticks and hears its peer's, until it is told to end. */

import type { Bus } from "./bus/bus.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { TickEvent } from "./event.ts";
import { beats } from "./metronome.ts";
import type { Recorder } from "./stats/recorder.ts";
import { type HeardTick, publishTicks, receiveTicks } from "./tick.ts";

/** Whoever shows what happens. */
export interface Report {
  tick(tick: HeardTick): void;
  event(event: TickEvent): void;
}

export interface ExchangeOptions {
  publish: string;
  subscribe: string;
  intervalUs: number;
  durationUs?: number;
  /** Ends after so many ticks sent. */
  count?: number;
  recorder: Recorder;
  report: Report;
  clock?: Clock;
  /** Ends it; not an error. */
  signal?: AbortSignal;
}

/** How often what becomes true by waiting is looked for. */
const CHECK_MS = 250;
/** How long the end waits for the broker to confirm the last ticks. */
const FLUSH_MS = 1000;

/**
 * Sends and hears ticks until the signal aborts, the duration is over or the count is reached; then all
 * that was sent is with the broker, or was given a second to get there.
 *
 * @throws {BusRefusal} where the broker will not have us
 */
export async function exchange(bus: Bus, options: ExchangeOptions): Promise<void> {
  const { recorder, report, clock = systemClock, signal } = options;
  const { publish, subscribe, intervalUs, durationUs, count = Infinity } = options;
  const ending = new AbortController();

  async function send() {
    const schedule = beats({ intervalUs, durationUs, clock, signal });
    const about = () => recorder.about();
    for await (
      const tick of publishTicks(bus, { subject: publish, beats: schedule, about, clock, signal })
    ) {
      recorder.sent(tick);
      if (recorder.facts.sent >= count) break;
    }
    await bus.flush(FLUSH_MS);
    ending.abort(); // hearing goes on until now, so that what was under way is counted
  }

  async function hear() {
    const ticks = receiveTicks(bus, {
      subject: subscribe,
      clock,
      signal: ending.signal,
      onReject: (rejected) => recorder.rejected(rejected),
    });
    for await (const tick of ticks) {
      recorder.heard(tick).forEach(report.event);
      report.tick(tick);
    }
  }

  const checking = setInterval(
    () => recorder.check(clock.monoUs()).forEach(report.event),
    CHECK_MS,
  );
  try {
    await Promise.race([Promise.all([send(), hear()]), bus.refused]);
  } finally {
    clearInterval(checking);
    ending.abort();
  }
}

/** One app: sends its ticks and receives its peer's, until it is told to end. */

import type { Bus } from "./bus/bus.ts";
import { type Clock, type MonoUs, systemClock } from "./time/clock.ts";
import type { TickEvent } from "./stats/events.ts";
import { beats } from "./time/metronome.ts";
import { exactSleeper } from "./time/exact_sleeper.ts";
import type { Sleeper } from "./time/sleeper.ts";
import type { OwnPath } from "./time/own_path.ts";
import type { Recorder } from "./stats/recorder.ts";
import { NOT_SHOWN } from "./stats/rejections.ts";
import type { ReceivedTick } from "./arrival.ts";
import { publishTicks, receiveTicks } from "./tick.ts";
import { timeout, type Wait } from "./time/wait.ts";

/** Whoever shows what happens. */
export interface Report {
  tick(tick: ReceivedTick): void;
  event(event: TickEvent): void;
}

export interface ExchangeOptions {
  run: string;
  publish: string;
  subscribe: string;
  intervalUs: number;
  durationUs?: number;
  /** Ends after so many ticks sent. */
  count?: number;
  recorder: Recorder;
  report: Report;
  clock?: Clock;
  wait?: Wait;
  /** Makes what waits for the slots; it is disposed of at the end. */
  sleeper?: () => Sleeper;
  /** Measures what of a delay is our own, once connected. */
  ownPath?: OwnPath;
  /** Ends it; not an error. */
  signal?: AbortSignal;
}

/** How often what becomes true by waiting is looked for. */
const CHECK_MS = 250;
/** Ticks are stamped as they arrive, and counted and shown up to this much later: ten at once cost less. */
const LINGER_MS = 100;
/** All that arrived so long ago has been taken in. */
export const TAKEN_IN_US = 2 * LINGER_MS * 1000;
/** How long the end waits for the server to confirm the last ticks. */
const FLUSH_MS = 1000;
/** How much may arrive meanwhile: a thousand a second. In a flood the confirmation comes behind all of it. */
const MAX_AT_END = 1024;

/**
 * Sends and receives ticks until the signal aborts, the duration is over or the count is reached; then all
 * that was sent is with the server, or was given a second to get there.
 *
 * @throws {BusRefusal} where the server will not have us
 */
export async function exchange(bus: Bus, options: ExchangeOptions): Promise<void> {
  const { recorder, report, clock = systemClock, wait = timeout } = options;
  const { run, publish, subscribe, intervalUs, durationUs = Infinity, count } = options;
  const startUs = clock.monoUs();
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  // Receiving goes on until what was sent is with the server, so that what was under way is counted.
  const ending = new AbortController();
  let atEnd: number | undefined;
  function arrived() {
    if (atEnd !== undefined && ++atEnd > MAX_AT_END) ending.abort();
  }

  async function send() {
    // Started while the connection is being made.
    using sleeper = options.sleeper?.() ?? exactSleeper(clock, {
      onFallback: (reason) => report.event({ type: "plain timer", reason }),
    });
    const leftUs = await connected() ? durationUs - (clock.monoUs() - startUs) : 0;
    if (leftUs <= 0) return ending.abort();
    const schedule = beats({ intervalUs, durationUs: leftUs, clock, sleeper, signal });
    const about = recorder.about.bind(recorder);
    const ticks = publishTicks(bus, {
      subject: publish,
      run,
      beats: schedule,
      count,
      about,
      onFate: (fate, tick, afterUs) => recorder.schedule.fates.record(fate, tick, afterUs),
      clock,
    });
    for await (const tick of ticks) recorder.sent(tick);
    atEnd = 0;
    const flooded = new Promise((resolve) => ending.signal.addEventListener("abort", resolve));
    await Promise.race([bus.flush(FLUSH_MS), flooded]);
    ending.abort();
  }

  /** The schedule starts with the first connection; the duration runs from the start, with one or without. */
  async function connected(): Promise<boolean> {
    const waiting = new AbortController();
    let ready = false;
    bus.ready.then(() => {
      ready = true;
      waiting.abort();
    });
    await wait(durationUs / 1000, AbortSignal.any([waiting.signal, signal]));
    return ready;
  }

  async function receive() {
    const ticks = receiveTicks(bus, {
      subject: subscribe,
      clock,
      signal: ending.signal,
      lingerMs: LINGER_MS,
      wait,
      onReject(rejected) {
        arrived();
        recorder.reject(rejected);
      },
      // It arrived, and counts for all that is computed: too many came at once to show each of them.
      onOverrun(tick) {
        arrived();
        recorder.received(tick).forEach(report.event);
        recorder.reject({ subject: tick.subject, reason: NOT_SHOWN, body: new Uint8Array() });
      },
    });
    for await (const tick of ticks) {
      arrived();
      recorder.received(tick).forEach(report.event);
      report.tick(tick);
    }
  }

  async function watch() {
    while (!ending.signal.aborted) {
      await wait(CHECK_MS, ending.signal);
      recorder.check(clock.monoUs() - TAKEN_IN_US as MonoUs).forEach(report.event);
    }
  }

  async function measure() {
    const { ownPath } = options;
    if (ownPath && await connected()) await ownPath.measure({ clock, wait, signal: ending.signal });
  }

  try {
    await Promise.race([Promise.all([send(), receive(), watch(), measure()]), bus.refused]);
  } finally {
    stop.abort();
    ending.abort();
  }
  recorder.end(clock.monoUs()).forEach(report.event);
}

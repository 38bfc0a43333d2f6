/** Beats on an absolute grid: start + slot × interval, without drift, and never a burst to catch up. */

import { type Clock, type MonoUs, systemClock } from "./clock.ts";
import { type Sleeper, timerSleeper, workerSleeper } from "./sleeper.ts";

/** One slot of the grid that came in time. */
export interface Beat {
  /** Counts the slots from 0, skipped ones included. */
  slot: number;
  /** When the slot was due. */
  slotUs: MonoUs;
  /** Slots skipped between the last beat and this one, as this process missed them altogether. */
  skipped: number;
}

export interface BeatsOptions {
  /** The distance of two slots in microseconds; 10 ms when it isn't given. */
  intervalUs?: number;
  /** How long the grid is; without end when it isn't given. */
  durationUs?: number;
  clock?: Clock;
  /** What to wait with; when it isn't given, a worker thread, or a plain timer where none starts. */
  sleeper?: Sleeper;
  /** Ends the beats; not an error. */
  signal?: AbortSignal;
}

/**
 * Yields a beat for every slot of an absolute grid that starts now.
 *
 * A slot can be beaten until the next one is due. One that was missed by then is skipped and counted in
 * the next beat, so that a process which was stalled never catches up in a burst.
 */
export async function* beats(
  { intervalUs = 10_000, durationUs = Infinity, clock = systemClock, sleeper, signal }:
    BeatsOptions = {},
): AsyncGenerator<Beat, void> {
  using own = sleeper ? undefined : metronomeSleeper(clock);
  const sleep = sleeper ?? own!;
  const startUs = clock.monoUs();
  let next = 0;
  while (true) {
    await sleep.until(startUs + Math.min(next * intervalUs, durationUs) as MonoUs, signal);
    if (signal?.aborted || next * intervalUs >= durationUs) return;
    // The last slot that is due; `next` itself may still be a moment away.
    const slot = Math.max(next, Math.floor((clock.monoUs() - startUs) / intervalUs));
    yield { slot, slotUs: startUs + slot * intervalUs as MonoUs, skipped: slot - next };
    next = slot + 1;
  }
}

/** Starting the worker takes some 40 ms of a core: it is not to delay the connection, and so the first tick. */
const WORKER_AFTER_US = 250_000;

/** A timer at once, and soon the worker, which is ten times as exact. */
function metronomeSleeper(clock: Clock): Sleeper {
  const startUs = clock.monoUs();
  let current = timerSleeper(clock);
  let worker: Sleeper | undefined;
  return {
    until(dueUs, signal) {
      if (!worker && dueUs > startUs + WORKER_AFTER_US) {
        const starting = worker = workerSleeper(clock, () => current = starting);
      }
      return current.until(dueUs, signal);
    },
    [Symbol.dispose]: () => worker?.[Symbol.dispose](),
  };
}

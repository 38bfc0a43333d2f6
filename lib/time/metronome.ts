/** Beats on an absolute grid: start + slot × interval, without drift, and never a burst to catch up. */

import { type Clock, type MonoUs, systemClock } from "./clock.ts";
import { exactSleeper } from "./exact_sleeper.ts";
import { EARLY_US, type Sleeper } from "./sleeper.ts";

/** One slot of the grid that came in time. */
export interface Beat {
  /** Counts the slots from 0, skipped ones included. */
  slot: number;
  /** When the slot was due. */
  slotUs: MonoUs;
  /** Slots skipped between the last beat and this one, as this process missed them altogether. */
  skipped: number;
  /** There is none after it. One that the signal ends has none where the next slot was too far away. */
  last: boolean;
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

/** The signal to end waits this long for the next slot, so that whoever receives it can be told of the end. */
const LAST_WAIT_US = 100_000;

/** How many slots begin within a duration; exact for both in whole microseconds. */
export function slotsWithin(durationUs: number, intervalUs: number): number {
  if (durationUs === Infinity) return Infinity;
  const rest = durationUs % intervalUs;
  return (durationUs - rest) / intervalUs + (rest > 0 ? 1 : 0);
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
  using own = sleeper ? undefined : exactSleeper(clock);
  const sleep = sleeper ?? own!;
  const startUs = clock.monoUs();
  const lastSlot = slotsWithin(durationUs, intervalUs) - 1;
  let next = 0;
  for (let last = false; !last;) {
    const nextUs = startUs + next * intervalUs as MonoUs;
    await sleep.until(nextUs, signal);
    let nowUs = clock.monoUs();
    if (nextUs - nowUs > LAST_WAIT_US) return;
    // No slot is beaten before its time.
    if (nextUs - nowUs > EARLY_US) {
      await sleep.until(nextUs);
      nowUs = clock.monoUs();
    }
    // The last slot that is due; `next` itself may still be a moment away.
    const due = Math.floor((nowUs - startUs) / intervalUs);
    const slot = Math.min(Math.max(next, due), lastSlot); // the last one is beaten however late it is
    last = signal?.aborted || slot === lastSlot;
    yield { slot, slotUs: startUs + slot * intervalUs as MonoUs, skipped: slot - next, last };
    next = slot + 1;
  }
  if (durationUs < Infinity) await sleep.until(startUs + durationUs as MonoUs, signal);
}

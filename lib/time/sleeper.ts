/** Waiting for a moment: the interface, and a plain timer. */

import type { Clock, MonoUs } from "./clock.ts";
import { timeout, turn } from "./wait.ts";

/** Waits for a moment of the monotonic clock. */
export interface Sleeper extends Disposable {
  /** Resolves at `dueUs`, or up to {@linkcode EARLY_US} before it, or as soon as the signal aborts. */
  until(dueUs: MonoUs, signal?: AbortSignal): Promise<void>;
}

/** How much earlier than its slot a beat may come: about what waking a thread varies by. */
export const EARLY_US = 30;

/** Waking a thread takes longer than it is to a moment as near as this. */
export const NEAR_US = 150;

/** Waits for a moment that is near or over: whatever has arrived has its turn meanwhile, once at least. */
export async function turnsUntil(dueUs: MonoUs, clock: Clock, signal?: AbortSignal): Promise<void> {
  do await turn(); while (clock.monoUs() < dueUs - EARLY_US && !signal?.aborted);
}

/** Waits with `setTimeout`, which has a granularity of 1 ms and may fire early. */
export function timerSleeper(clock: Clock): Sleeper {
  return {
    async until(dueUs, signal) {
      if (!signal?.aborted && clock.monoUs() >= dueUs - EARLY_US) return await turn();
      while (!signal?.aborted) {
        const leftUs = dueUs - clock.monoUs();
        if (leftUs <= EARLY_US) return;
        await timeout(leftUs / 1000, signal);
      }
    },
    [Symbol.dispose]() {},
  };
}

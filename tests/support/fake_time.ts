/** Time that passes only when a test lets it: a clock, a wait and a sleeper that share it. */

import type { Sleeper } from "../../lib/time/sleeper.ts";
import { turn, type Wait } from "../../lib/time/wait.ts";
import { type FakeClock, fakeClock } from "./fakes.ts";

export interface FakeTime {
  clock: FakeClock;
  wait: Wait;
  sleeper(): Sleeper;
  /** Lets so much time pass, and all that falls due in it happen, in the order of its time. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the promise is settled. */
  until<T>(promise: PromiseLike<T>): Promise<T>;
}

/** A test that waits for longer waits for what never comes. */
const LIMIT_MS = 3_600_000;

export function fakeTime(clock = fakeClock({ wallUs: 1_795_503_377_000_000 })): FakeTime {
  const due = new Set<{ atUs: number; resolve: () => void }>();

  function until(atUs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || atUs <= clock.monoUs()) return Promise.resolve();
    return new Promise((resolve) => {
      const entry = { atUs, resolve: done };
      function done() {
        due.delete(entry);
        signal?.removeEventListener("abort", done);
        resolve();
      }
      due.add(entry);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  /** Lets the next of what is due happen, up to a moment; false where nothing is. */
  async function step(endUs: number): Promise<boolean> {
    await turn();
    let next: { atUs: number; resolve: () => void } | undefined;
    for (const entry of due) if (!next || entry.atUs < next.atUs) next = entry;
    if (!next || next.atUs > endUs) return false;
    clock.advance(Math.max(0, next.atUs - clock.monoUs()));
    next.resolve();
    return true;
  }

  return {
    clock,
    wait: (ms, signal) => until(clock.monoUs() + ms * 1000, signal),
    sleeper: () => ({ until, [Symbol.dispose]() {} }),
    async pass(ms) {
      const endUs = clock.monoUs() + ms * 1000;
      while (await step(endUs));
      clock.advance(Math.max(0, endUs - clock.monoUs()));
    },
    async until(promise) {
      let settled = false;
      const mark = () => void (settled = true);
      promise.then(mark, mark);
      const endUs = clock.monoUs() + LIMIT_MS * 1000;
      while (!settled && await step(endUs));
      await turn();
      if (!settled) throw new Error("it waits for nothing that is due");
      return await promise;
    },
  };
}

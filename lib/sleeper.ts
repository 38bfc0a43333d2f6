/** Two ways to wait for a moment: a plain timer, and a worker thread that hits it ten times as exactly. */

import { type Clock, type MonoUs } from "./clock.ts";
import workerSource from "./sleeper_worker.js" with { type: "text" };

/** Waits for a moment of the monotonic clock. */
export interface Sleeper extends Disposable {
  /** Resolves at `dueUs`, or up to {@linkcode EARLY_US} before it, or as soon as the signal aborts. */
  until(dueUs: MonoUs, signal?: AbortSignal): Promise<void>;
}

/** How much earlier than its slot a beat may come: about what waking a thread varies by. */
export const EARLY_US = 30;

/**
 * Waits in a worker thread, and with a plain timer as long as that has not started, or where it can't.
 * Starting it holds the main thread up for some 40 ms: before the first tick, not after it.
 */
export function exactSleeper(clock: Clock): Sleeper {
  let current = timerSleeper(clock);
  const worker = workerSleeper(clock, () => current = worker);
  return {
    until: (dueUs, signal) => current.until(dueUs, signal),
    [Symbol.dispose]: () => worker[Symbol.dispose](),
  };
}

/** Waits with `setTimeout`, which has a granularity of 1 ms and may fire early. */
export function timerSleeper(clock: Clock): Sleeper {
  return {
    async until(dueUs, signal) {
      while (!signal?.aborted) {
        const leftUs = dueUs - clock.monoUs();
        if (leftUs <= EARLY_US) return;
        await timeout(leftUs / 1000, signal);
      }
    },
    [Symbol.dispose]() {},
  };
}

/** Timers take no more, and would fire at once: 24 days. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1;

/** Resolves after so many milliseconds, or as soon as the signal aborts. */
export function timeout(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, MOST_TIMEOUT_MS));
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Whether a promise is fulfilled within so many milliseconds. */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, ms, false);
  try {
    return await Promise.race([promise.then(() => true, () => false), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waking the main thread takes about 0.1 to 0.3 ms; it is asked for that much early, and this at most. */
const MOST_LEAD_US = 500;
/** The lead follows this quantile of how late the thread woke: above the median, as a little early can be mended. */
const LEAD_QUANTILE = 0.7;
const LEAD_STEP_US = 4;

/**
 * Waits in a worker thread, in `Atomics.wait`, which sleeps to within some 50 µs. What waking up takes
 * is measured at every beat and allowed for (stochastic approximation of a quantile, Robbins and Monro 1951).
 *
 * @param onReady called once the thread runs; never, where it can't start
 */
export function workerSleeper(clock: Clock, onReady: () => void): Sleeper {
  const state = new Int32Array(new SharedArrayBuffer(8)); // [request, done]
  const times = new Float64Array(new SharedArrayBuffer(16)); // ms: [now, due]
  const worker = new Worker(
    `data:application/javascript,${encodeURIComponent(workerSource)}`,
    { type: "module" },
  );
  worker.onerror = (event) => event.preventDefault();
  worker.onmessage = onReady;
  worker.postMessage({ state, times });

  let request = 0;
  let leadUs = 150;
  let heeded: AbortSignal | undefined;

  function ask(number: number) {
    Atomics.store(state, 0, number);
    Atomics.notify(state, 0);
  }

  async function sleep(dueUs: MonoUs) {
    times[0] = clock.monoUs() / 1000;
    times[1] = (dueUs - leadUs) / 1000;
    ask(++request);
    while (true) {
      const done = Atomics.load(state, 1);
      if (done === request) return;
      const waiting = Atomics.waitAsync(state, 1, done);
      if (waiting.async) await waiting.value;
    }
  }

  function interrupt() {
    times[1] = 0;
    ask(++request);
  }

  /** Listens once to a signal, not at each sleep: that would leave 70 bytes for the collector to find, each time. */
  function heed(signal?: AbortSignal) {
    if (signal === heeded) return;
    heeded?.removeEventListener("abort", interrupt);
    signal?.addEventListener("abort", interrupt);
    heeded = signal;
  }

  return {
    async until(dueUs, signal) {
      if (signal?.aborted || clock.monoUs() >= dueUs - EARLY_US) return;
      heed(signal);
      await sleep(dueUs);
      if (signal?.aborted) return;
      const late = clock.monoUs() > dueUs;
      leadUs += LEAD_STEP_US * (late ? LEAD_QUANTILE : LEAD_QUANTILE - 1);
      leadUs = Math.min(Math.max(leadUs, 0), MOST_LEAD_US);
      // Too early by less than the lead: shorter than any sleep, so it is spun away.
      while (clock.monoUs() < dueUs - EARLY_US);
    },
    // A thread asleep in Atomics.wait doesn't hear terminate(): it is woken and ends by itself.
    [Symbol.dispose]() {
      heed(undefined);
      ask(-1);
    },
  };
}

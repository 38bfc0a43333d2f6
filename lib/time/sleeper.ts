/** Two ways to wait for a moment: a plain timer, and a worker thread that hits it ten times as exactly. */

import { type Clock, type MonoUs } from "./clock.ts";
import workerSource from "./sleeper_worker.js" with { type: "text" };
import { timeout, turn } from "./wait.ts";

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

/** Waking the main thread takes about 0.1 to 0.3 ms; it is asked for that much early, and this at most. */
const MAX_LEAD_US = 500;
/** The lead follows this quantile of how late the thread woke: above the median, as a little early can be mended. */
const LEAD_QUANTILE = 0.7;
const LEAD_STEP_US = 4;

/** Each request shows the worker our clock, late by what waking it takes: of so many, the least is near enough. */
const REQUESTS_TO_LEARN = 50;

/** Who can't follow is not to be woken all the same. */
const MIN_DISTANCE_US = 2 * MAX_LEAD_US;

/**
 * Waits in a worker thread, in `Atomics.wait`, which sleeps to within some 50 µs. What waking up takes
 * is measured at every beat and allowed for (stochastic approximation of a quantile, Robbins and Monro 1951).
 * Where moments come at equal distances, the worker goes on by itself: to ask it each time costs twice.
 *
 * @param onReady called once the thread runs; never, where it can't start
 */
export function workerSleeper(clock: Clock, onReady: () => void): Sleeper {
  const state = new Int32Array(new SharedArrayBuffer(8)); // [request, wake-ups]
  const times = new Float64Array(new SharedArrayBuffer(32)); // ms: [now, first due, every, lead]
  const worker = new Worker(
    `data:application/javascript,${encodeURIComponent(workerSource)}`,
    { type: "module" },
  );
  worker.onerror = (event) => event.preventDefault();
  worker.onmessage = onReady;
  worker.postMessage({ state, times });

  let request = 0;
  let leadUs = 150;
  let lastUs = -Infinity; // due last
  let firstUs = 0; // asked for last
  let everyUs = 0; // what the worker goes on with, from there
  let over = false;
  let heeded: AbortSignal | undefined;

  function ask(dueUs: number, distanceUs: number) {
    firstUs = dueUs;
    const goesOn = request >= REQUESTS_TO_LEARN && distanceUs >= MIN_DISTANCE_US;
    everyUs = goesOn ? distanceUs : 0;
    times.set([clock.monoUs() / 1000, firstUs / 1000, everyUs / 1000]);
    report(++request);
  }

  function report(request: number) {
    Atomics.store(state, 0, request);
    Atomics.notify(state, 0);
  }

  /** Whether the worker goes on to this moment by itself. */
  function isComing(dueUs: number): boolean {
    const beats = (dueUs - firstUs) / everyUs;
    return everyUs > 0 && beats >= 0 && Math.abs(beats - Math.round(beats)) * everyUs < 1;
  }

  function interrupt() {
    ask(0, 0);
  }

  /** Listens once to a signal, not at each sleep: that would leave 70 bytes for the collector to find, each time. */
  function heed(signal?: AbortSignal) {
    if (signal === heeded) return;
    heeded?.removeEventListener("abort", interrupt);
    signal?.addEventListener("abort", interrupt);
    heeded = signal;
  }

  function lead(us: number) {
    leadUs = Math.min(Math.max(us, 0), MAX_LEAD_US);
    times[3] = leadUs / 1000;
  }
  lead(leadUs);

  return {
    async until(dueUs, signal) {
      const distanceUs = dueUs - lastUs;
      lastUs = dueUs;
      if (signal?.aborted) return;
      if (clock.monoUs() >= dueUs - EARLY_US) return await turn();
      heed(signal);
      if (!isComing(dueUs)) ask(dueUs, distanceUs);
      for (let slept = false;; slept = true) {
        const wakes = Atomics.load(state, 1);
        // Within the lead, its wake-up may be over; it is never earlier than that.
        const awake = over || signal?.aborted || clock.monoUs() >= dueUs - leadUs - LEAD_STEP_US;
        if (awake && slept) break;
        if (awake) await turn();
        else await Atomics.waitAsync(state, 1, wakes).value;
      }
      if (over || signal?.aborted) return;
      const late = clock.monoUs() > dueUs;
      lead(leadUs + LEAD_STEP_US * (late ? LEAD_QUANTILE : LEAD_QUANTILE - 1));
      // Too early by less than the lead: shorter than any sleep, so it is spun away.
      while (clock.monoUs() < dueUs - EARLY_US);
    },
    // A thread asleep in Atomics.wait doesn't receive terminate(): it is woken and ends by itself.
    [Symbol.dispose]() {
      over = true;
      heed(undefined);
      report(-1);
      Atomics.add(state, 1, 1);
      Atomics.notify(state, 1);
    },
  };
}

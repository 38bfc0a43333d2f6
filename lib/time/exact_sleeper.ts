/** Waits in a worker thread, which hits a moment ten times as exactly as a timer, and costs no more. */

import type { Clock, MonoUs } from "./clock.ts";
import { EARLY_US, NEAR_US, type Sleeper, timerSleeper, turnsUntil } from "./sleeper.ts";
import workerSource from "./sleeper_worker.js" with { type: "text" };
import { turn } from "./wait.ts";

/** Waking the main thread takes about 0.1 to 0.3 ms; it is asked for that much early, and this at most. */
const MAX_LEAD_US = 500;
/** The lead follows this quantile of how late the thread woke: what comes early is spun away, which costs. */
const LEAD_QUANTILE = 0.5;
const LEAD_STEP_US = 4;

/** Each request shows the worker our clock, late by what waking it takes: of so many, the least is near enough. */
const REQUESTS_TO_LEARN = 50;

/** Who can't follow is not to be woken all the same. */
const MIN_DISTANCE_US = 2 * MAX_LEAD_US;

/** How often is looked whether the thread is still there. */
const CHECK_MS = 250;
/** It has died where it has not woken once from one of so many checks to the next, and should have. */
const MISSED_CHECKS = 4;
/** It doesn't wake us where its message came so many checks ago; and doesn't start where none did. */
const MAX_CHECKS_AFTER_MESSAGE = 4;
const MAX_CHECKS = 40;

export interface ExactSleeperOptions {
  /** Called once the thread has woken this one for the first time. */
  onReady?: () => void;
  /** Called once where the thread doesn't start, can't wake this one, or has died: a plain timer takes over for good. */
  onFallback?: (reason: string) => void;
  /** What the thread runs, as JavaScript. */
  source?: string;
}

/**
 * Waits in a worker thread, in `Atomics.wait`, which sleeps to within some 50 µs, and with a plain timer as
 * long as that has not started, or where it fails. What waking up takes is measured at every beat and
 * allowed for (stochastic approximation of a quantile, Robbins and Monro 1951). Where moments come at
 * equal distances, the worker goes on by itself: to ask it each time costs twice.
 *
 * Starting the thread holds this one up for some 40 ms: before the first tick, not after it.
 */
export function exactSleeper(
  clock: Clock,
  { onReady = () => {}, onFallback = () => {}, source = workerSource }: ExactSleeperOptions = {},
): Sleeper {
  const plain = timerSleeper(clock);
  const state = new Int32Array(new SharedArrayBuffer(8)); // [request, wake-ups]
  const times = new Float64Array(new SharedArrayBuffer(32)); // ms: [now, first due, every, lead]
  let mode: "starting" | "exact" | "plain" | "over" = "starting";
  let request = 0;
  let leadUs = 150;
  let lastUs = -Infinity; // due last
  let waitingUs = Infinity; // due now
  let firstUs = 0; // asked for last
  let everyUs = 0; // what the worker goes on with, from there
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

  function wake() {
    Atomics.add(state, 1, 1);
    Atomics.notify(state, 1);
  }

  /** Listens once to a signal, not at each sleep: that would leave 70 bytes for the collector to find, each time. */
  function heed(signal?: AbortSignal) {
    if (signal === heeded) return;
    heeded?.removeEventListener("abort", wake);
    signal?.addEventListener("abort", wake);
    heeded = signal;
  }

  function lead(us: number) {
    leadUs = Math.min(Math.max(us, 0), MAX_LEAD_US);
    times[3] = leadUs / 1000;
  }
  lead(leadUs);

  /** Leaves the thread to end by itself, where it still can: one asleep in Atomics.wait doesn't receive terminate(). */
  function end(how: "plain" | "over") {
    mode = how;
    clearInterval(checking);
    heed(undefined);
    report(-1);
    wake();
  }

  function fail(reason: string) {
    if (mode === "plain" || mode === "over") return;
    end("plain");
    onFallback(reason);
  }

  let checks = 0;
  let maxChecks = MAX_CHECKS;
  let missed = 0;
  let wakesSeen = 0;
  // A promise of Atomics.waitAsync doesn't keep the process alive; this does.
  const checking = setInterval(() => {
    if (mode === "starting" && ++checks > maxChecks) {
      fail(
        maxChecks === MAX_CHECKS
          ? "the timer thread does not start"
          : "the timer thread cannot wake the main thread",
      );
    }
    // Where this thread itself was stalled, the other one has gone on counting, or had no time either.
    const wakes = Atomics.load(state, 1);
    const isDue = mode === "exact" && clock.monoUs() > waitingUs + CHECK_MS * 1000;
    missed = isDue && wakes === wakesSeen ? missed + 1 : 0;
    wakesSeen = wakes;
    if (missed === MISSED_CHECKS) fail("the timer thread has died");
  }, CHECK_MS);

  Promise.resolve(Atomics.waitAsync(state, 1, 0).value).then(() => {
    if (mode !== "starting") return;
    mode = "exact";
    onReady();
  });
  const url = `data:application/javascript,${encodeURIComponent(source)}`;
  const worker = new Worker(url, { type: "module" });
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message);
  };
  worker.onmessage = () => maxChecks = checks + MAX_CHECKS_AFTER_MESSAGE;
  worker.postMessage({ state, times });

  async function exactly(dueUs: MonoUs, signal?: AbortSignal) {
    const distanceUs = dueUs - lastUs;
    lastUs = dueUs;
    if (signal?.aborted) return;
    if (clock.monoUs() >= dueUs - NEAR_US) return await turnsUntil(dueUs, clock, signal);
    heed(signal);
    if (!isComing(dueUs)) ask(dueUs, distanceUs);
    waitingUs = dueUs;
    let nowUs;
    for (let slept = false;; slept = true) {
      const wakes = Atomics.load(state, 1);
      // After that: within the lead, the wake-up may be among those; it is never earlier.
      nowUs = clock.monoUs();
      const awake = mode !== "exact" || signal?.aborted || nowUs >= dueUs - leadUs - LEAD_STEP_US;
      if (awake && slept) break;
      if (awake) await turn();
      else await Atomics.waitAsync(state, 1, wakes).value;
    }
    waitingUs = Infinity;
    if (mode === "plain") return await plain.until(dueUs, signal);
    if (mode === "over" || signal?.aborted) return;
    lead(leadUs + LEAD_STEP_US * (nowUs > dueUs ? LEAD_QUANTILE : LEAD_QUANTILE - 1));
    // Too early by less than the lead: shorter than any sleep, so it is spun away.
    while (nowUs < dueUs - EARLY_US) nowUs = clock.monoUs();
  }

  return {
    until: (dueUs, signal) =>
      mode === "exact" ? exactly(dueUs, signal) : plain.until(dueUs, signal),
    [Symbol.dispose]: () => end("over"),
  };
}

/** Ways to wait that need no exactness: for a turn of the event loop, a time, or a promise in time. */

import { setImmediate } from "node:timers";

/** Resolves after so many milliseconds, or as soon as the signal aborts; handed in, so that a test takes no real time. */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Lets all that has happened meanwhile have its turn: whoever is always late would else receive nothing any more. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Timers take no more, and would fire at once: 24 days. Infinity takes none. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** What is under way for each signal: to listen to it each time would cost more than the timer. */
const waits = new WeakMap<AbortSignal, Set<() => void>>();

function waitsOf(signal: AbortSignal): Set<() => void> {
  const known = waits.get(signal);
  if (known) return known;
  const added = new Set<() => void>();
  waits.set(signal, added);
  signal.addEventListener("abort", () => added.forEach((done) => done()), { once: true });
  return added;
}

/** Resolves after so many milliseconds, at once where that is none or less, or as soon as the signal aborts. */
export function timeout(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  const others = signal && waitsOf(signal);
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      others?.delete(done);
      resolve();
    };
    // A timer warns of a negative time.
    const timer = ms < Infinity
      ? setTimeout(done, Math.max(0, Math.min(ms, MAX_TIMEOUT_MS)))
      : undefined;
    others?.add(done);
  });
}

/** Whether a promise is fulfilled within so many milliseconds. */
export async function within(
  ms: number,
  promise: Promise<unknown>,
  wait: Wait = timeout,
): Promise<boolean> {
  const done = new AbortController();
  const late = wait(ms, done.signal).then(() => false);
  try {
    return await Promise.race([promise.then(() => true, () => false), late]);
  } finally {
    done.abort();
  }
}

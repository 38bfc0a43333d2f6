/** From servers to a connection with one of them: all are dialled, each again and again, until one lets us in. */

import { attempt, type AttemptOptions, type Dialled } from "./attempt.ts";
import { BusRefusal } from "./bus.ts";
import type { Driver } from "./driver.ts";

export interface DialOptions extends Omit<AttemptOptions, "patienceMs"> {
  /** In the order of preference: the next one is dialled once one has failed, or has had its head start. */
  servers: readonly string[];
  headStartMs: number;
  /** After how long without success another try is made; one of those before goes on beside it. */
  timeoutMs: number;
  /** Takes why a try failed; returns how long the server's next one is to be apart from it, start from start. */
  onFailure: (server: string, error: unknown) => number;
  /** Called with every failure from when each server has failed once; what it throws ends it. */
  onAllFailed: () => void;
}

/** A slow link isn't there in time, and a fresh try would take as long: so one may take more, in timeouts. */
const PATIENCE = 6;
/** Each time that was too little, it gets twice as much, up to this; a round trip of 2 s by TLS takes 10 s. */
const MAX_PATIENCE_MS = 20_000;

/** Resolves with the first connection that could be made; with none where the signal has aborted. */
export async function dial(driver: Driver, options: DialOptions): Promise<Dialled | undefined> {
  const { servers, headStartMs, wait, onFailure, onAllFailed } = options;
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const untried = new Set(servers);
  let first: Dialled | undefined;

  function take(dialled: Dialled) {
    if (signal.aborted) return dialled.connection.close();
    first = dialled;
    over.abort();
  }

  const trying: Promise<void>[] = [];
  for (const server of servers) {
    if (signal.aborted) break;
    const failed = new AbortController();
    const each = keepTrying(driver, server, {
      ...options,
      signal,
      onDialled: take,
      onFailure(error) {
        const apartMs = onFailure(server, error);
        untried.delete(server);
        if (untried.size === 0) onAllFailed();
        failed.abort();
        return apartMs;
      },
    });
    trying.push(each);
    await Promise.race([...trying, wait(headStartMs, AbortSignal.any([failed.signal, signal]))])
      .catch(() => {}); // it is thrown below
  }
  try {
    await Promise.all(trying);
  } finally {
    over.abort();
    await Promise.allSettled(trying); // each ends at once
  }
  return first;
}

interface TryOptions extends Omit<DialOptions, "onFailure"> {
  onDialled: (dialled: Dialled) => void;
  onFailure: (error: unknown) => number;
}

/** Dials one server until the signal aborts. */
async function keepTrying(driver: Driver, server: string, options: TryOptions) {
  const { timeoutMs, clock, wait, signal, onDialled, onFailure } = options;
  let patienceMs = timeoutMs * PATIENCE;
  /** The one that has more time, where there is one. */
  let patient: Promise<void> | undefined;
  /** What that one was told, beside those that had no time to hear it. */
  let refusal: BusRefusal | undefined;

  while (!signal.aborted) {
    const startUs = clock.monoUs();
    const given = new AbortController();
    let failure: { error: unknown } | undefined;
    const trying = attempt(driver, server, {
      patienceMs,
      clock,
      wait,
      signal: AbortSignal.any([signal, given.signal]),
    }).then(onDialled, (error) => void (failure = { error }));
    await inTime(trying, timeoutMs);
    if (signal.aborted) return await trying;
    if (!failure && !patient) patient = trying.then(() => waitLonger(failure?.error));
    else if (!failure) given.abort();
    const apartMs = onFailure(failure ? failure.error : new Error("timeout"));
    await wait(apartMs - (clock.monoUs() - startUs) / 1000, signal);
    if (refusal) onFailure(refusal);
    refusal = undefined;
  }

  function waitLonger(error: unknown) {
    patient = undefined;
    if (error instanceof BusRefusal) refusal = error;
    patienceMs = Math.min(patienceMs * 2, Math.max(timeoutMs, MAX_PATIENCE_MS));
  }

  async function inTime(trying: Promise<void>, ms: number) {
    const settled = new AbortController();
    await Promise.race([trying, wait(ms, AbortSignal.any([settled.signal, signal]))]);
    settled.abort();
  }
}

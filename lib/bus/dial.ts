/** From servers to a connection with one of them: all are dialled, each again and again, until one lets us in. */

import type { Clock } from "../time/clock.ts";
import type { Wait } from "../time/wait.ts";
import type { Connection, ConnectionEvent, Driver } from "./driver.ts";

export interface DialOptions {
  /** In the order of preference: the next one is dialled once one has failed, or has had its head start. */
  servers: readonly string[];
  /** How long one try may take. */
  timeoutMs: number;
  headStartMs: number;
  clock: Clock;
  wait: Wait;
  /** Ends it. */
  signal: AbortSignal;
  /** Takes why a try failed; returns how long the server's next one is to be apart from it, start from start. */
  onFailure: (server: string, error: unknown) => number;
  /** Called as soon as each server has failed once; what it throws ends it. */
  onAllFailed: () => void;
}

/** A connection whose events wait until somebody follows them. */
export interface Dialled {
  connection: Connection;
  /** How long its making took: two round trips at least. */
  tookMs: number;
  follow(onEvent: (event: ConnectionEvent) => void): void;
}

/** Resolves with the first connection that could be made; with none where the signal has aborted. */
export async function dial(driver: Driver, options: DialOptions): Promise<Dialled | undefined> {
  const { servers, headStartMs, clock, wait, onFailure, onAllFailed } = options;
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const untried = new Set(servers);
  let first: Dialled | undefined;

  async function keepTrying(server: string, onFailed: () => void) {
    while (!signal.aborted) {
      const startUs = clock.monoUs();
      try {
        const dialled = await tryOnce(driver, server, { ...options, signal });
        if (signal.aborted) return dialled.connection.close();
        first = dialled;
        over.abort();
      } catch (error) {
        if (signal.aborted) return;
        const apartMs = onFailure(server, error);
        if (untried.delete(server) && untried.size === 0) onAllFailed();
        onFailed();
        await wait(apartMs - (clock.monoUs() - startUs) / 1000, signal);
      }
    }
  }

  const trying: Promise<void>[] = [];
  async function startInTurn() {
    for (const server of servers) {
      if (signal.aborted) return;
      const failed = new AbortController();
      const each = keepTrying(server, () => failed.abort());
      trying.push(each);
      await Promise.race([each, wait(headStartMs, AbortSignal.any([failed.signal, signal]))]);
    }
    await Promise.all(trying);
  }

  try {
    await startInTurn();
  } finally {
    over.abort();
    await Promise.allSettled(trying); // each ends at once, and its fault, if any, is thrown above
  }
  return first;
}

/** @throws what the driver does, or that it took too long */
async function tryOnce(
  driver: Driver,
  server: string,
  { timeoutMs, clock, wait, signal }: DialOptions,
): Promise<Dialled> {
  const early: ConnectionEvent[] = [];
  let listener: (event: ConnectionEvent) => void = (event) => early.push(event);
  const startUs = clock.monoUs();
  const abandoned = new AbortController();
  const settled = new AbortController();
  const connecting = driver.connect(server, {
    timeoutMs,
    signal: AbortSignal.any([signal, abandoned.signal]),
    onEvent: (event) => listener(event),
  });
  // A driver that looks up a name may not be able to stop.
  const late = wait(timeoutMs, AbortSignal.any([signal, settled.signal])).then(() => {
    throw new Error("timeout");
  });
  try {
    const connection = await Promise.race([connecting, late]);
    return {
      connection,
      tookMs: (clock.monoUs() - startUs) / 1000,
      follow(onEvent) {
        listener = onEvent;
        early.splice(0).forEach(onEvent);
      },
    };
  } catch (error) {
    connecting.then((connection) => connection.close(), () => {}); // too late, and of no use
    abandoned.abort();
    throw error;
  } finally {
    settled.abort();
    late.catch(() => {}); // its fault was thrown above, or is none
  }
}

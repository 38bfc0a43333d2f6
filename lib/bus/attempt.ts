/** One try to connect to one server, which can be given up at any time. */

import type { Clock } from "../time/clock.ts";
import type { Wait } from "../time/wait.ts";
import type { Connection, ConnectionEvent, Driver } from "./driver.ts";

/** A connection whose events wait until somebody follows them. */
export interface Dialled {
  connection: Connection;
  /** How long its making took: two round trips at least. */
  tookMs: number;
  follow(onEvent: (event: ConnectionEvent) => void): void;
}

export interface AttemptOptions {
  /** How long it may take at most. */
  patienceMs: number;
  clock: Clock;
  wait: Wait;
  /** Gives it up. */
  signal: AbortSignal;
}

/** @throws what the driver does, or that it took too long; nothing is left open then */
export async function attempt(
  driver: Driver,
  server: string,
  { patienceMs, clock, wait, signal }: AttemptOptions,
): Promise<Dialled> {
  const early: ConnectionEvent[] = [];
  let listener: (event: ConnectionEvent) => void = (event) => early.push(event);
  const startUs = clock.monoUs();
  const abandoned = new AbortController();
  const settled = new AbortController();
  const connecting = driver.connect(server, {
    timeoutMs: patienceMs,
    signal: AbortSignal.any([signal, abandoned.signal]),
    onEvent: (event) => listener(event),
  });
  // A driver that looks up a name may not be able to stop.
  const late = wait(patienceMs, AbortSignal.any([signal, settled.signal])).then(() => {
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

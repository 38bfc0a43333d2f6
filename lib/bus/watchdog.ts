/** Asks the server for an answer all the time: that is the link's round trip, and one that is silent is given up. */

import type { Clock } from "../time/clock.ts";
import type { Wait } from "../time/wait.ts";
import type { Connection } from "./driver.ts";

export interface WatchdogOptions {
  clock: Clock;
  wait: Wait;
  /** How long an answer may take just now. */
  silentMs: () => number;
  /** How long after an answer it is asked for the next. */
  everyMs: number;
  /** The connection to watch, where there is one that is to answer. */
  connection: () => Connection | undefined;
  /** When something was last received on it. */
  receivedUs: () => number;
  /** Takes each round trip, in µs. */
  onAnswer: (us: number) => void;
  /** Called where the link is silent. */
  onSilent: (connection: Connection, forMs: number) => void;
  signal: AbortSignal;
}

/** While messages still arrive, a server may only be busy: it gets that much more time. */
const BUSY = 1.5;
/** Where we waited for that much longer than we meant to, it was us who stood still, and not the link. */
const STALLED = 1.5;
/** From that much on, a timer's delay is a standstill too, and what arrived during it is still to be read. */
const LATE_MS = 20;

/** Watches until the signal aborts. */
export async function watch(options: WatchdogOptions): Promise<void> {
  const { clock, wait, everyMs, connection, receivedUs, onAnswer, onSilent, signal } = options;
  while (!signal.aborted) {
    await wait(everyMs, signal);
    const asked = connection();
    if (!asked || signal.aborted) continue;
    const askedUs = clock.monoUs();
    const probe = asked.probe().then(() => "answered" as const, () => "closed" as const);
    let silentMs = options.silentMs();
    let outcome = await inTime(probe, silentMs, wait);
    if (outcome === "silent" && receivedUs() > askedUs) {
      outcome = await inTime(probe, silentMs * (BUSY - 1), wait);
      silentMs *= BUSY;
    }
    const lateMs = (clock.monoUs() - askedUs) / 1000 - silentMs;
    if (outcome === "silent" && lateMs > LATE_MS) {
      const graceMs = Math.min(lateMs, silentMs);
      outcome = await inTime(probe, graceMs, wait);
      silentMs += lateMs + graceMs;
    }
    const waitedUs = clock.monoUs() - askedUs;
    if (connection() !== asked || signal.aborted) continue;
    if (outcome === "answered") onAnswer(waitedUs);
    else if (outcome === "silent" && waitedUs < silentMs * STALLED * 1000) {
      onSilent(asked, waitedUs / 1000);
    }
  }
}

async function inTime<T>(promise: Promise<T>, ms: number, wait: Wait): Promise<T | "silent"> {
  const settled = new AbortController();
  const late = wait(ms, settled.signal).then(() => "silent" as const);
  try {
    return await Promise.race([promise, late]);
  } finally {
    settled.abort();
  }
}

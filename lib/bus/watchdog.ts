/** Asks the server for an answer all the time: that is the link's round trip, and one that is silent is given up. */

import type { Clock } from "../time/clock.ts";
import type { Wait } from "../time/wait.ts";
import type { Connection } from "./driver.ts";

export interface WatchdogOptions {
  clock: Clock;
  wait: Wait;
  /** How long an answer may take just now. */
  silentMs: () => number;
  /** How long after one probe the next is sent, where it was answered by then. */
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

/** So late an answer may be behind what flows: a link that lags still brings all there is, and given up it is lost. */
const MAX_FLOWING_MS = 30_000;
/** What flows may pause for so long: a system that couldn't send may try again after 0.2, and then 0.4 and 0.8 s. */
const MAX_PAUSE_MS = 2000;

/** Watches until the signal aborts. */
export async function watch(options: WatchdogOptions): Promise<void> {
  const { clock, wait, everyMs, connection, receivedUs, onAnswer, onSilent, signal } = options;
  /** When the first probe was sent of those that what flows has brought no answer to. */
  let flowing: { asked: Connection; sinceUs: number } | undefined;
  while (!signal.aborted) {
    const asked = connection();
    const askedUs = clock.monoUs();
    let answeredUs = Infinity;
    const probe = asked?.probe().then(() => {
      answeredUs = clock.monoUs();
      if (flowing?.asked === asked) flowing = undefined;
      return "answered" as const;
    }, () => "closed" as const);
    // Mostly it answers meanwhile, and one timer for both costs half of two.
    await wait(everyMs, signal);
    if (!asked || !probe || connection() !== asked || signal.aborted) continue;
    if (answeredUs < Infinity) {
      onAnswer(answeredUs - askedUs);
      continue;
    }
    const patientMs = options.silentMs();
    let silentMs = patientMs;
    let outcome = await inTime(probe, silentMs - everyMs);
    if (outcome === "silent" && receivedUs() > askedUs) {
      outcome = await inTime(probe, silentMs * (BUSY - 1));
      silentMs *= BUSY;
    }
    const lateMs = (clock.monoUs() - askedUs) / 1000 - silentMs;
    if (outcome === "silent" && lateMs > LATE_MS) {
      const graceMs = Math.min(lateMs, silentMs);
      outcome = await inTime(probe, graceMs);
      silentMs += lateMs + graceMs;
    }
    const waitedUs = clock.monoUs() - askedUs;
    if (connection() !== asked || signal.aborted) continue;
    if (outcome === "answered") onAnswer(answeredUs - askedUs);
    if (outcome !== "silent" || waitedUs >= silentMs * STALLED * 1000) continue;
    // Its answer is behind what we haven't read yet: that is no silence of the server's.
    if (asked.reading?.behindMs) {
      flowing = undefined;
      continue;
    }
    const pausedUs = clock.monoUs() - (asked.reading?.readUs ?? -Infinity);
    if (asked.reading?.isFlowing && pausedUs < Math.max(patientMs, MAX_PAUSE_MS) * 1000) {
      if (flowing?.asked !== asked) flowing = { asked, sinceUs: askedUs };
      if (clock.monoUs() - flowing.sinceUs < MAX_FLOWING_MS * 1000) continue;
    }
    onSilent(asked, waitedUs / 1000);
  }

  async function inTime<T>(probe: Promise<T>, ms: number): Promise<T | "silent"> {
    const settled = new AbortController();
    const late = wait(ms, AbortSignal.any([settled.signal, signal])).then(() => "silent" as const);
    try {
      return await Promise.race([probe, late]);
    } finally {
      settled.abort();
    }
  }
}

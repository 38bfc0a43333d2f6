/** Asks the server for an answer all the time: that is the link's round trip, and one that is silent is given up. */

import type { Clock } from "../time/clock.ts";
import type { Wait } from "../time/wait.ts";
import type { Connection } from "./driver.ts";

export interface WatchdogOptions {
  clock: Clock;
  wait: Wait;
  /** How long an answer may take just now. */
  silentMs: () => number;
  /** How often it is asked, at most, within the least that an answer may take. */
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

/** So often it may not answer while messages still arrive: it may only be busy. */
const MAX_UNANSWERED = 3;

/** Watches until the signal aborts. */
export async function watch(options: WatchdogOptions): Promise<void> {
  const { clock, wait, everyMs, connection, receivedUs, onAnswer, onSilent, signal } = options;
  let unanswered = 0;
  let watched: Connection | undefined;
  while (!signal.aborted) {
    await wait(everyMs, signal);
    const asked = connection();
    if (asked !== watched) unanswered = 0;
    watched = asked;
    if (!asked || signal.aborted) continue;
    const silentMs = options.silentMs();
    const askedUs = clock.monoUs();
    const outcome = await probe(asked, silentMs, wait);
    const waitedUs = clock.monoUs() - askedUs;
    if (outcome === "closed" || connection() !== asked || signal.aborted) continue;
    if (outcome === "answered") {
      unanswered = 0;
      onAnswer(waitedUs);
      continue;
    }
    // Where we waited for longer than we meant to, it was us who stood still, not the link.
    if (waitedUs >= silentMs * 1500) continue;
    unanswered++;
    const receives = clock.monoUs() - receivedUs() < silentMs * 1000 / 2;
    if (unanswered < (receives ? MAX_UNANSWERED : 1)) continue;
    onSilent(asked, waitedUs * unanswered / 1000);
  }
}

async function probe(
  connection: Connection,
  silentMs: number,
  wait: Wait,
): Promise<"answered" | "closed" | "silent"> {
  const settled = new AbortController();
  const late = wait(silentMs, settled.signal).then(() => "silent" as const);
  const asked = connection.probe().then(() => "answered" as const, () => "closed" as const);
  try {
    return await Promise.race([asked, late]);
  } finally {
    settled.abort();
  }
}

/** One JSON object a line: ticks, events, intervals, and the summary last. Times on the bus in seconds, all else as named. */

import type { TickEvent } from "../stats/events.ts";
import type { Outcome } from "../expect.ts";
import type { IntervalStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import type { ReceivedTick } from "../arrival.ts";
import { escaped } from "../text/printable.ts";

/** Grows with every change that a reader of the one before would not understand. */
export const JSON_VERSION = 2;

export function tickJson({ subject, signUs, realUs, header, duringStall }: ReceivedTick): string {
  const { run, seq, timerErrorUs } = header ?? {};
  return line("tick", {
    subject,
    t_sign: signUs / 1e6,
    t_real: realUs / 1e6,
    dt: (realUs - signUs) / 1e6,
    run,
    seq,
    timerErrorUs,
    duringStall,
  });
}

export function eventJson(atUs: number, { type, ...event }: TickEvent): string {
  return line("event", { at: atUs / 1e6, event: type, ...event });
}

export function intervalJson(atUs: number, statistics: IntervalStatistics): string {
  return line("interval", { at: atUs / 1e6, ...statistics });
}

export function summaryJson(atUs: number, summary: Summary, expectations: Outcome[]): string {
  return line("summary", { at: atUs / 1e6, ...summary, expectations });
}

/** What JSON leaves as it is may still do something to a terminal; its codes are those of JSON too. */
function line(type: string, fields: object): string {
  return escaped(JSON.stringify({ v: JSON_VERSION, type, ...fields }));
}

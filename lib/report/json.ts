/**
 * One JSON object a line: ticks, events, intervals, and the summary last. Every time in it is in seconds, to
 * the microsecond; `schema.json` describes each field.
 */

import type { TickEvent } from "../stats/events.ts";
import type { Outcome } from "../expect.ts";
import type { Joined } from "../stats/joined.ts";
import type { IntervalStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import type { ReceivedTick } from "../arrival.ts";
import { escaped } from "../text/printable.ts";
import { inSeconds } from "./seconds.ts";

/** Grows with every change that a reader of the one before would not understand. */
export const JSON_VERSION = 3;

/** Without {@linkcode inSeconds}, as there may be thousands a second. */
export function tickJson({ subject, signUs, realUs, header, duringStall }: ReceivedTick): string {
  return line("tick", {
    subject,
    t_sign: signUs / 1e6,
    t_real: realUs / 1e6,
    dt: (realUs - signUs) / 1e6,
    run: header?.run,
    seq: header?.seq,
    timerError: header && header.timerErrorUs / 1e6,
    duringStall,
  });
}

export function eventJson(atUs: number, { type, ...event }: TickEvent): string {
  return line("event", { at: atUs / 1e6, event: type, ...inSeconds(event) as object });
}

export function intervalJson(
  atUs: number,
  { of, statistics, atEnd: _judged, ...interval }: IntervalStatistics,
): string {
  const delay = of === "delay" ? statistics : undefined;
  return line("interval", { at: atUs / 1e6, ...inSeconds({ ...interval, delay }) as object });
}

/** @param joined the times of all peers together, where they are to be added up with others' */
export function summaryJson(
  atUs: number,
  summary: Summary,
  expectations: Outcome[],
  joined?: Joined,
): string {
  const all = joined ? { ...summary, expectations, joined } : { ...summary, expectations };
  return line("summary", { at: atUs / 1e6, ...inSeconds(all) as object });
}

/** What JSON leaves as it is may still do something to a terminal; its codes are those of JSON too. */
function line(type: string, fields: object): string {
  return escaped(JSON.stringify({ v: JSON_VERSION, type, ...fields }));
}

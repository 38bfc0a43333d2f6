/** A tick's header, read: as it is written here, or as any other program writes it. */

import type { WallUs } from "../time/clock.ts";
import { type Echo, type ReceivedCounts, type TickHeader, VERSION } from "../wire.ts";

/** No header written by `headerOf()` is longer. */
const MAX_HEADER = 1024;

export type Header = { header?: TickHeader; headerFault?: string };

/** Reads a header; keys it doesn't know are left aside, so that a version can grow. */
export function readHeader(written: string | undefined): Header {
  if (!written) return {};
  if (written.length > MAX_HEADER) return { headerFault: "header too long" };
  try {
    return plainHeader(written) ?? anyHeader(written);
  } catch {
    return { headerFault: "broken header" };
  }
}

/** As `headerOf()` writes it: nearly all are, and read so in a fifth of the time. */
const PLAIN =
  /^1; run=([\w-]{1,32}); seq=(\d{1,12}); late=(-?\d{1,12}); unsent=(\d{1,12}); skipped=(\d{1,12})(?:; acked=(\d{1,12}))?(?:; steps=(\d{1,12}))?(; last=1)?(?:; rtt=(\d{1,12}))?(?:; echo=([^;\s]+))?(?:; heard=([^;\s]+))?(?:; echoes=([^;]*))?$/;

/**
 * Nothing where it is written otherwise, and may be a header all the same.
 *
 * @throws {SyntaxError} where its echo or its counts are none
 */
function plainHeader(written: string): Header | undefined {
  const read = PLAIN.exec(written);
  if (!read) return undefined;
  const [, run, seq, late, unsent, skipped, acked, steps, last, rtt, echo, heard, echoes] = read;
  const header: TickHeader = {
    run,
    seq: Number(seq),
    timerErrorUs: Number(late),
    unsent: Number(unsent),
    skipped: Number(skipped),
  };
  if (acked !== undefined) header.acked = Number(acked);
  if (steps !== undefined) header.steps = Number(steps);
  if (rtt !== undefined) header.rttUs = Number(rtt);
  if (last !== undefined) header.last = true;
  if (echo !== undefined) header.echo = echoOf(echo);
  if (heard !== undefined) header.received = receivedCountsOf(heard);
  if (echoes !== undefined) header.moreEchoes = echoes.trim();
  return { header };
}

/** @throws {SyntaxError} where a value is none */
function anyHeader(written: string): Header {
  const [version, ...pairs] = written.split(";");
  if (!COUNT.test(version.trim())) return { headerFault: "broken header" };
  if (version.trim() !== VERSION) return { headerFault: "unknown header version" };
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 0) continue;
    values.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  const header: TickHeader = {
    run: matching(RUN, values.get("run")),
    seq: count(values.get("seq")),
    timerErrorUs: Number(matching(WHOLE, values.get("late") ?? "0")),
    unsent: count(values.get("unsent") ?? "0"),
    skipped: count(values.get("skipped") ?? "0"),
  };
  if (values.has("acked")) header.acked = count(values.get("acked"));
  if (values.has("steps")) header.steps = count(values.get("steps"));
  if (values.has("rtt")) header.rttUs = count(values.get("rtt"));
  if (values.get("last") === "1") header.last = true;
  if (values.has("echo")) header.echo = echoOf(values.get("echo")!);
  if (values.has("heard")) header.received = receivedCountsOf(values.get("heard")!);
  if (values.has("echoes")) header.moreEchoes = values.get("echoes");
  return { header };
}

function echoOf(written: string): Echo {
  const [run, seq, sign, real] = written.split(",");
  return {
    run: matching(RUN, run),
    seq: Number(matching(WHOLE, seq)),
    signUs: time(sign),
    realUs: time(real),
  };
}

function time(written: string | undefined): WallUs {
  const us = Math.round(Number(matching(SECONDS, written)) * 1e6);
  if (!Number.isSafeInteger(us)) throw new SyntaxError("broken header");
  return us as WallUs;
}

function receivedCountsOf(written: string): ReceivedCounts {
  const [received, lost, late, duplicate, reordered] = written.split(",");
  return {
    received: count(received),
    lost: count(lost),
    late: count(late),
    duplicate: count(duplicate),
    reordered: count(reordered),
  };
}

const RUN = /^[\w-]{1,32}$/;
/** Twelve digits: 317 years of slots at 10 ms, and small enough to be added up exactly. */
const COUNT = /^\d{1,12}$/;
const WHOLE = /^-?\d{1,12}$/;
const SECONDS = /^-?\d{1,10}\.\d{6}$/;

function count(written: string | undefined): number {
  return Number(matching(COUNT, written));
}

/** @throws {SyntaxError} where it doesn't match, or there is nothing to */
function matching(pattern: RegExp, written: string | undefined): string {
  if (written === undefined || !pattern.test(written)) throw new SyntaxError("broken header");
  return written;
}

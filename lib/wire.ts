/** A tick's form on the bus: a body any program can read, and one header that says the rest. */

import type { WallUs } from "./clock.ts";

/** The name of the header. */
export const TICK_HEADER = "Tick";

/** The one version of the header that is spoken here. */
const VERSION = "1";

/** The peer's last tick as we heard it: with this tick's own times, NTP's four timestamps (RFC 5905 §8). */
export interface Echo {
  /** The run of the peer whose tick it is; "-" for a bare peer. */
  run: string;
  /** Its sequence number; -1 for a bare peer. */
  seq: number;
  /** Its `t_sign`, by the peer's clock. */
  signUs: WallUs;
  /** Our `t_real` for it, by our clock. */
  realUs: WallUs;
}

/** What a tick says beside its time. */
export interface TickHeader {
  run: string;
  seq: number;
  latenessUs: number;
  /** Slots before this one that its sender had no connection for. */
  unsent: number;
  /** Slots before this one that its sender missed. */
  skipped: number;
  echo?: Echo;
  /** Ticks its sender heard so far from the run it echoes. */
  heard?: number;
}

/** Seconds since the UNIX epoch with six decimals: `1795503377.582859`. */
export function bodyOf(signUs: number): string {
  const sign = signUs < 0 ? "-" : "";
  const digits = String(Math.abs(signUs)).padStart(7, "0");
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** A decimal number as Python's `float()` reads it, but for "inf" and "nan", which are no times. */
const DECIMAL =
  /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
/** No time has more characters, however many decimals it is written with. */
const MOST_BODY = 512;
const text = new TextDecoder();

export type Body = { signUs: WallUs; fault?: undefined } | { fault: string };

/** Reads a body of UNIX seconds; the fault says in a few words why it is none. */
export function readBody(body: Uint8Array): Body {
  if (body.length > MOST_BODY) return { fault: "too long" };
  const written = text.decode(body).trim();
  if (written === "") return { fault: "empty" };
  if (!DECIMAL.test(written)) return { fault: "not a decimal number" };
  // Six decimals of today's seconds survive: a double is good to 0.12 µs there.
  const signUs = Math.round(Number(written.replaceAll("_", "")) * 1e6);
  if (!Number.isSafeInteger(signUs)) return { fault: "out of range" };
  return { signUs: signUs as WallUs };
}

/** Version first, then `key=value` pairs: `1; run=3fa9c2d1; seq=123; …`. */
export function headerOf(header: TickHeader): string {
  const { run, seq, latenessUs, unsent, skipped, echo, heard } = header;
  let written =
    `${VERSION}; run=${run}; seq=${seq}; late=${latenessUs}; unsent=${unsent}; skipped=${skipped}`;
  if (echo) {
    written += `; echo=${echo.run},${echo.seq},${bodyOf(echo.signUs)},${bodyOf(echo.realUs)}`;
  }
  if (heard !== undefined) written += `; heard=${heard}`;
  return written;
}

/** No header written by {@linkcode headerOf} is longer. */
const MOST_HEADER = 1024;

export type Header = { header?: TickHeader; headerFault?: string };

/** Reads a header; keys it doesn't know are left aside, so that a version can grow. */
export function readHeader(written: string | undefined): Header {
  if (!written) return {};
  if (written.length > MOST_HEADER) return { headerFault: "header too long" };
  const [version, ...pairs] = written.split(";");
  if (version.trim() !== VERSION) return { headerFault: "unknown header version" };
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    values.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  const run = values.get("run") ?? "";
  const header: TickHeader = {
    run,
    seq: wholeNumber(values.get("seq")),
    latenessUs: wholeNumber(values.get("late") ?? "0"),
    unsent: wholeNumber(values.get("unsent") ?? "0"),
    skipped: wholeNumber(values.get("skipped") ?? "0"),
  };
  const numbers = [header.seq, header.latenessUs, header.unsent, header.skipped];
  if (values.has("echo")) {
    const [run, seq, sign, real] = values.get("echo")!.split(",");
    header.echo = { run, seq: wholeNumber(seq), signUs: seconds(sign), realUs: seconds(real) };
    numbers.push(header.echo.seq, header.echo.signUs, header.echo.realUs);
    if (!RUN.test(run)) return { headerFault: "broken header" };
  }
  if (values.has("heard")) {
    header.heard = wholeNumber(values.get("heard"));
    numbers.push(header.heard);
  }
  const broken = !RUN.test(run) || header.seq < 0 || numbers.some(Number.isNaN);
  return broken ? { headerFault: "broken header" } : { header };
}

const RUN = /^[\w-]{1,32}$/;
const WHOLE = /^-?\d{1,15}$/;
const SECONDS = /^-?\d{1,10}\.\d{6}$/;

function wholeNumber(written: string | undefined): number {
  return written !== undefined && WHOLE.test(written) ? Number(written) : NaN;
}

function seconds(written: string | undefined): WallUs {
  const known = written !== undefined && SECONDS.test(written);
  return (known ? Math.round(Number(written) * 1e6) : NaN) as WallUs;
}

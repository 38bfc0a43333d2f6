/** A tick's form on the bus: a body any program can read, and one header that says the rest. */

import type { WallUs } from "./time/clock.ts";

/** The name of the header. */
export const TICK_HEADER = "Tick";

/** The one version of the header that is spoken here. */
export const VERSION = "1";

/** The peer's last tick as it was received: with this tick's own times, NTP's four timestamps (RFC 5905 §8). */
export interface Echo {
  /** The run of the peer whose tick it is; "-" for a peer that sends no header. */
  run: string;
  /** Its sequence number; -1 for a peer that sends no header. */
  seq: number;
  /** Its `t_sign`, by the peer's clock. */
  signUs: WallUs;
  /** The local `t_real` for it, by the local clock. */
  realUs: WallUs;
}

/** What a tick says besides its time. */
export interface TickHeader {
  /** Names this start of the sender. */
  run: string;
  /** Number of the slot, from 0. */
  seq: number;
  /** When it was recorded minus when its slot was due. */
  timerErrorUs: number;
  /** Slots before this one that its sender had no connection for. */
  unsent: number;
  /** Slots before this one that its sender missed. */
  skipped: number;
  /** Ticks of this run before this one that the bus has acknowledged to its sender, where it does that. */
  acked?: number;
  /** How often its sender's wall clock has stepped so far. */
  steps?: number;
  /** Its sender's round trip to the server, in microseconds, where it is known. */
  rttUs?: number;
  /** The sender ends with this tick, so that nothing after it is an outage. */
  last?: boolean;
  /** The last tick received from the peer. */
  echo?: Echo;
  /** What its sender received so far of the run it echoes. */
  received?: ReceivedCounts;
  /** The last ticks received from further peers, as they are written: see `more_echoes.ts`. */
  moreEchoes?: string;
}

/** One end's account of what it received of one run of the other. */
export interface ReceivedCounts {
  /** Ticks received. */
  received: number;
  /** Ticks not received in time. */
  lost: number;
  /** Of the lost, those that came after all. */
  late: number;
  /** Ticks received more than once. */
  duplicate: number;
  /** Ticks received behind a later one. */
  reordered: number;
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
const MAX_BODY = 512;
const text = new TextDecoder();

export type Body = { signUs: WallUs; fault?: undefined } | { fault: string };

/** Reads a body of UNIX seconds; the fault says in a few words why it is none. */
export function readBody(body: Uint8Array): Body {
  const plainUs = plainTime(body);
  if (plainUs !== undefined) return { signUs: plainUs };
  if (body.length > MAX_BODY) return { fault: "too long" };
  const written = text.decode(body).trim();
  if (written === "") return { fault: "empty" };
  if (!DECIMAL.test(written)) return { fault: "not a decimal number" };
  // Six decimals of today's seconds survive: a double is good to 0.12 µs there.
  const signUs = Math.round(Number(written.replaceAll("_", "")) * 1e6);
  if (!Number.isSafeInteger(signUs)) return { fault: "out of range" };
  return { signUs: signUs as WallUs };
}

const [ZERO, NINE, DOT] = [48, 57, 46];
/** Of today's seconds. */
const PLAIN_DIGITS = 10;
const PLAIN_LENGTH = PLAIN_DIGITS + ".123456".length;

/** Nearly all are written as {@linkcode bodyOf} does it: that takes a third of the time. */
function plainTime(body: Uint8Array): WallUs | undefined {
  if (body.length !== PLAIN_LENGTH || body[PLAIN_DIGITS] !== DOT) return undefined;
  let us = 0;
  for (let at = 0; at < PLAIN_LENGTH; at++) {
    if (at === PLAIN_DIGITS) continue;
    const digit = body[at];
    if (digit < ZERO || digit > NINE) return undefined;
    us = us * 10 + digit - ZERO;
  }
  // From 2038 on, a double of the seconds may be of another microsecond.
  return us < 2 ** 31 * 1e6 ? us as WallUs : undefined;
}

/** Version first, then `key=value` pairs: `1; run=3fa9c2d1; seq=123; …`. */
export function headerOf(header: TickHeader): string {
  const { run, seq, timerErrorUs, unsent, skipped, acked, steps, rttUs, last } = header;
  const { echo, received, moreEchoes } = header;
  let written =
    `${VERSION}; run=${run}; seq=${seq}; late=${timerErrorUs}; unsent=${unsent}; skipped=${skipped}`;
  if (acked) written += `; acked=${acked}`;
  if (steps) written += `; steps=${steps}`;
  if (last) written += "; last=1";
  if (rttUs !== undefined) written += `; rtt=${rttUs}`;
  if (echo) {
    written += `; echo=${echo.run},${echo.seq},${bodyOf(echo.signUs)},${bodyOf(echo.realUs)}`;
  }
  if (received) {
    written +=
      `; heard=${received.received},${received.lost},${received.late},${received.duplicate},${received.reordered}`;
  }
  if (moreEchoes !== undefined) written += `; echoes=${moreEchoes}`;
  return written;
}

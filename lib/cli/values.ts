/** Reads the values of options; each says what is wrong with one, and what is expected. */

import { readDurationUs } from "../text/duration.ts";
import { quoted } from "../text/printable.ts";

/** @throws {RangeError} where the duration is shorter or longer than those given */
export function durationWithin(written: string, min: string, max: string): number {
  const durationUs = readDurationUs(written);
  if (durationUs < readDurationUs(min) || durationUs > readDurationUs(max)) {
    throw new RangeError(
      `${quoted(written)} is out of range; expected ${min} to ${max}`,
    );
  }
  return durationUs;
}

/** @throws {RangeError} where it is no whole number between the two */
export function wholeWithin(written: string, min: number, max: number): number {
  const value = /^\d{1,16}$/.test(written) ? Number(written) : NaN;
  if (value >= min && value <= max) return value;
  throw new RangeError(`invalid value ${quoted(written)}: use a whole number, ${min} to ${max}`);
}

const NAME = /^[\w.+/:-][\w.+/: -]{0,63}$/;

/** @throws {SyntaxError} where it has more than a server or a terminal can show */
export function readName(written: string): string {
  if (NAME.test(written)) return written;
  throw new SyntaxError(
    `invalid name ${quoted(written)}: use up to 64 letters, digits, . _ - + / :`,
  );
}

export interface HttpAddress {
  hostname: string;
  port: number;
}

/**
 * A port of this machine alone, unless a host is named.
 *
 * @throws {SyntaxError} where it is neither `PORT` nor `HOST:PORT` nor `[IPv6]:PORT`
 */
export function readHttpAddress(written: string): HttpAddress {
  const [, ipv6, host, digits] =
    /^(?:(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):)?(\d{1,5})$/.exec(written) ??
      [];
  if (digits === undefined || Number(digits) > 65535) {
    throw new SyntaxError(`invalid address ${quoted(written)}: use PORT or HOST:PORT`);
  }
  return { hostname: ipv6 ?? host ?? "127.0.0.1", port: Number(digits) };
}

/** Reads the values of options; each says what is wrong with one, and what is expected. */

import { readDurationUs } from "../text/duration.ts";
import { isPrintable, quoted } from "../text/printable.ts";

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
  throw new RangeError(`${quoted(written)} is no whole number from ${min} to ${max}`);
}

const NAME = /^[\w.+/:-][\w.+/: -]{0,63}$/;

/** @throws {SyntaxError} where it has more than a server or a terminal can show */
export function readName(written: string): string {
  if (NAME.test(written)) return written;
  throw new SyntaxError(
    `${quoted(written)} is no name; expected up to 64 letters, digits, . _ - + / :`,
  );
}

/**
 * Reads a subject: parts separated by dots; `*` stands for one part and `>` for the rest, where wildcards
 * make sense.
 *
 * @throws {SyntaxError} where it is none
 */
export function readSubject(written: string, wildcards: boolean): string {
  const wrong = (expected: string) =>
    new SyntaxError(`${quoted(written)} is no subject; expected ${expected}`);
  if (written.length > 255) throw wrong("255 characters at max");
  if (/\s/.test(written) || !isPrintable(written)) {
    throw wrong("no white space, control or invisible characters");
  }
  const parts = written.split(".");
  if (parts.includes("")) throw wrong("no empty part between dots");
  const wild = parts.filter((part) => /[*>]/.test(part));
  if (wild.length > 0 && !wildcards) throw wrong("no wildcard where ticks are published");
  // A tick on one of those would be a command to the server: $JS.API.STREAM.DELETE.…
  if (written.startsWith("$") && !wildcards) throw wrong("none that is the server's own");
  if (wild.some((part) => part.length > 1)) {
    throw wrong("a wildcard * or > to be a part of its own");
  }
  if (parts.slice(0, -1).includes(">")) throw wrong("> as the last part only");
  return written;
}

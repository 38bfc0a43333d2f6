/** Subjects, as a topic exchange has them: routing keys, and patterns of them. */

import { isPrintable, quoted } from "../../text/printable.ts";

/** A short string of AMQP 0-9-1 (§4.2.5.3). */
export const MAX_SUBJECT_BYTES = 255;

/**
 * Reads a subject: parts separated by dots; `*` stands for one part and `>` for the rest, where wildcards make sense.
 *
 * @throws {SyntaxError} where it is none
 */
export function checkSubject(written: string, operation: "publish" | "subscribe"): string {
  const wrong = (expected: string) =>
    new SyntaxError(`invalid subject ${quoted(written)}: expected ${expected}`);
  if (new TextEncoder().encode(patternOf(written)).length > MAX_SUBJECT_BYTES) {
    throw wrong(`${MAX_SUBJECT_BYTES} bytes at max`);
  }
  if (/\s/.test(written) || !isPrintable(written)) {
    throw wrong("no white space, control or invisible characters");
  }
  const parts = written.split(".");
  if (parts.includes("")) throw wrong("no empty part between dots");
  if (written.includes("#")) throw wrong("no #: the wildcard for the rest is > here");
  const wild = parts.filter((part) => /[*>]/.test(part));
  if (wild.length > 0 && operation === "publish") {
    throw wrong("no wildcard where ticks are published");
  }
  if (wild.some((part) => part.length > 1)) {
    throw wrong("a wildcard * or > to be a part of its own");
  }
  if (parts.slice(0, -1).includes(">")) throw wrong("> as the last part only");
  return written;
}

/** The key a queue is bound by: `>` stands for one part or more, the exchange's `#` for none or more. */
export function patternOf(subject: string): string {
  return subject.replace(/(^|\.)>$/, "$1*.#");
}

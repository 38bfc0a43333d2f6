/** Subjects as NATS has them. */

import { isPrintable, quoted } from "../../text/printable.ts";

/**
 * Reads a subject of NATS: parts separated by dots; `*` stands for one part and `>` for the rest, where wildcards
 * make sense.
 *
 * @throws {SyntaxError} where it is none
 */
export function checkSubject(written: string, wildcards: boolean): string {
  const wrong = (expected: string) =>
    new SyntaxError(`invalid subject ${quoted(written)}: expected ${expected}`);
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

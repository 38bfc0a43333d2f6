/** The last thing that a command does: stderr is written, or it is known that it isn't. */

import { flushed, type LineWriter } from "../report/lines.ts";

/** A reader that has stopped must not keep us; one that is only slow, on a machine that is busy, gets a moment. */
const LAST_MS = 1000;

/** The code to exit with once stderr is written, or nobody reads it: 2 where it was cut, but for a second Ctrl-C. */
export async function lastCode(code: number, err: LineWriter): Promise<number> {
  await flushed(err, LAST_MS);
  const isCut = err.failure !== undefined || err.waiting > 0;
  return isCut && code !== 130 ? 2 : code;
}

/** The last things that a command does: what it wrote is read, or it is known that it isn't. */

import { flushed, type LineWriter } from "../report/lines.ts";
import { settled } from "../report/output.ts";
import { withoutSecrets } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";

/** A reader that has stopped must not keep us; one that is only slow, on a machine that is busy, gets a moment. */
const LAST_MS = 1000;

/** The code to exit with once stderr is written, or nobody reads it: 2 where it was cut, but for a second Ctrl-C. */
export async function lastCode(code: number, err: LineWriter): Promise<number> {
  await flushed(err, LAST_MS);
  const isCut = err.failure !== undefined || err.waiting > 0;
  return isCut && code !== 130 ? 2 : code;
}

/** A task from its start to the code to exit with: a user's mistake, and output that was cut, is one line, and 2. */
export async function codeOfTask(
  name: string,
  task: () => Promise<number>,
  { out, err }: { out: LineWriter; err: LineWriter },
): Promise<number> {
  try {
    const code = await task();
    const fault = await settled(out);
    if (fault === undefined) return await lastCode(code, err);
    err.line(`${name}: ${fault}`);
    return await lastCode(code === 130 ? code : 2, err);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err.line(`${name}: ${withoutSecrets(error.message)}`);
    return await lastCode(2, err);
  }
}

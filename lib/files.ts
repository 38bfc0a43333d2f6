/** Reads the small files that options name; what is wrong with one is said in a line. */

import { UsageError } from "./cli/options.ts";

export interface FileOption {
  /** With its dashes. */
  option: string;
  path: string;
}

const MOST_BYTES = 1_000_000;

/** @throws {UsageError} where it may not or can't be read */
export async function readFile({ option, path }: FileOption): Promise<string> {
  const quoted = JSON.stringify(path);
  const { state } = await Deno.permissions.request({ name: "read", path });
  if (state !== "granted") {
    throw new UsageError(
      `${option}: may not read ${quoted}; run it as ` +
        `deno run --allow-net --allow-read=${path} app1.ts ${option} ${path}`,
    );
  }
  try {
    const { isFile, size } = await Deno.stat(path); // anything else might never end
    if (!isFile || size > MOST_BYTES) throw new Error("it is no file, or too big a one");
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`${option}: there is no file ${quoted}`);
    }
    throw new UsageError(`${option}: cannot read ${quoted}: ${(error as Error).message}`);
  }
}

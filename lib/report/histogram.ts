/** The file that `--histogram` names: opened at the start, written at the end, and whole or not there at all. */

import type { MonoUs } from "../time/clock.ts";
import { printable } from "../text/printable.ts";
import { NotAllowed, UsageError } from "../text/usage_error.ts";
import type { Recorder } from "../stats/recorder.ts";

export interface HistogramFile {
  /** @throws {Error} where it can't be written; then the file that was there before is as it was */
  write(text: string): Promise<void>;
}

/**
 * Opens a file beside the one that is named, which takes its place once it is written.
 * What is no regular file, like a pipe or a link, is written to as it is.
 *
 * @throws {UsageError} at the start rather than at the end of a long run
 */
export async function openHistogram(path: string): Promise<HistogramFile> {
  const part = `${path}.part`;
  const needed = [{ name: "read", path }, { name: "read", path: part }] as const;
  for (const each of [...needed, ...needed.map(({ path }) => ({ name: "write", path }) as const)]) {
    const { state } = await Deno.permissions.request(each);
    if (state === "granted") continue;
    const files = [path, part];
    const message = `--histogram: may not write ${JSON.stringify(path)}`;
    throw new NotAllowed(message, { read: files, write: files });
  }
  try {
    const { isFile, isDirectory } = await Deno.lstat(path).catch(nothingThere);
    if (isDirectory) throw new Error("it is a directory");
    const target = isFile ? part : path;
    return temporary(await Deno.open(target, { write: true, create: true, truncate: true }), {
      path,
      part: isFile ? part : undefined,
    });
  } catch (error) {
    throw new UsageError(failureText(path, error as Error));
  }
}

/** What a failed write is reported as. */
export function failureText(path: string, { message }: Error): string {
  return `--histogram: cannot write ${JSON.stringify(path)}: ${message}`;
}

/** One part for each peer, which HdrHistogram's plotters take as one file each. */
export function histogramText(recorder: Recorder, nowUs: MonoUs): string {
  const parts = recorder.peers.values().map((peer) => {
    const { text, of, aboveFloor } = peer.times.delays.percentileText(nowUs);
    const above = aboveFloor ? ", above its minimum" : "";
    return `# ${printable(peer.subject)}: ${of} in ms${above}\n${text}`;
  });
  return [...parts].join("\n");
}

function temporary(
  file: Deno.FsFile,
  { path, part }: { path: string; part?: string },
): HistogramFile {
  /** However the process ends, nothing is left beside the file. */
  function remove() {
    try {
      if (part !== undefined) Deno.removeSync(part);
    } catch { /* somebody else has removed it */ }
  }
  addEventListener("unload", remove);
  return {
    async write(text) {
      try {
        let bytes = new TextEncoder().encode(text);
        while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
        if (part !== undefined) {
          await file.sync(); // a full disk may be found out only now
          await Deno.rename(part, path);
          removeEventListener("unload", remove);
        }
      } finally {
        file.close();
      }
    },
  };
}

function nothingThere(error: Error): { isFile: boolean; isDirectory: boolean } {
  if (error instanceof Deno.errors.NotFound) return { isFile: true, isDirectory: false };
  throw error;
}

/** A file that an option names to be written: whole at any moment, however often it is written anew. */

import { quoted } from "../text/printable.ts";
import { NotAllowed, UsageError } from "../text/usage_error.ts";

export interface ReplacedFile {
  readonly path: string;
  /** It takes its place by being renamed; what is none, like a pipe or a link, is written to as it is, and only once. */
  readonly isRegular: boolean;
  /**
   * Writes all of it, and puts it in the place of what was there before.
   *
   * @throws {Error} where it can't be written, with what is to be said of it, and the reason as its cause; then the
   *   file that was there before is as it was
   */
  write(text: string): Promise<void>;
}

/**
 * Opens a file beside the one that is named, which takes its place once it is written; nothing where none is named.
 *
 * @param option with its dashes
 * @throws {UsageError} at the start rather than at the end of a long run
 */
export async function openReplaced(
  option: string,
  path?: string,
): Promise<ReplacedFile | undefined> {
  if (path === undefined) return undefined;
  const part = `${path}.part`;
  const needed = [{ name: "read", path }, { name: "read", path: part }] as const;
  for (const each of [...needed, ...needed.map(({ path }) => ({ name: "write", path }) as const)]) {
    const { state } = await Deno.permissions.request(each);
    if (state === "granted") continue;
    const files = [path, part];
    const message = `${option}: may not write ${quoted(path)}`;
    throw new NotAllowed(message, { read: files, write: files });
  }
  const textOf = ({ message }: Error) => `${option}: cannot write ${quoted(path)}: ${message}`;
  try {
    const { isFile, isDirectory } = await Deno.lstat(path).catch(nothingThere);
    if (isDirectory) throw new Error("it is a directory");
    const write = isFile ? await beside(path, part) : asItIs(await openEmpty(path));
    return {
      path,
      isRegular: isFile,
      async write(text) {
        try {
          await write(new TextEncoder().encode(text));
        } catch (error) {
          throw new Error(textOf(error as Error), { cause: error });
        }
      },
    };
  } catch (error) {
    throw new UsageError(textOf(error as Error));
  }
}

type Write = (bytes: Uint8Array) => Promise<void>;

function openEmpty(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { write: true, create: true, truncate: true });
}

async function beside(path: string, part: string): Promise<Write> {
  let open: Deno.FsFile | undefined = await openEmpty(part);
  /** However the process ends, nothing is left beside the file. */
  function remove() {
    try {
      Deno.removeSync(part);
    } catch { /* somebody else has removed it */ }
  }
  addEventListener("unload", remove);
  return async (bytes) => {
    addEventListener("unload", remove);
    {
      using file = open ?? await openEmpty(part);
      open = undefined;
      await writeAll(file, bytes);
      await file.sync(); // a full disk may be found out only now
    }
    await Deno.rename(part, path);
    removeEventListener("unload", remove);
  };
}

function asItIs(file: Deno.FsFile): Write {
  return async (bytes) => {
    using _closed = file;
    await writeAll(file, bytes);
  };
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array) {
  while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
}

function nothingThere(error: Error): { isFile: boolean; isDirectory: boolean } {
  if (error instanceof Deno.errors.NotFound) return { isFile: true, isDirectory: false };
  throw error;
}

/** `deno task report`: a page out of what an app has printed as JSON. */

import { parseArgs } from "node:util";
import { linesOf } from "./html/stream/lines.ts";
import { reportOf } from "./html/stream/run.ts";
import { runPage } from "./html/run_page.ts";
import { quoted } from "./text/printable.ts";
import { UsageError } from "./text/usage_error.ts";

const HELP = `Makes a page of a run out of the JSON that an app printed, on stdout.

Usage: deno task app1 --json > run.jsonl
       deno task report [FILE] > report.html

Without FILE, the JSON is read from stdin.

  -h, --help  show this help and exit

Exit status: 0 if the page was written, 2 usage error, or a line that is none of --json.`;

async function main(): Promise<string> {
  const { values: { help }, positionals: [path, ...more] } = parsed();
  if (help) return `${HELP}\n`;
  if (more.length > 0) throw new UsageError(`unexpected argument ${quoted(more[0])}; see --help`);
  if (path === undefined && Deno.stdin.isTerminal()) {
    throw new UsageError("expected a file, or JSON on stdin; see --help");
  }
  const stream = path === undefined ? Deno.stdin.readable : (await opened(path)).readable;
  return runPage(await reportOf(linesOf(stream)));
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    // Its first sentence says it; what follows is about its own way out.
    throw new UsageError((error as Error).message.split(/\. |\n/)[0]);
  }
}

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw new UsageError(`cannot read ${quoted(path)}: ${(error as Error).message}`);
  }
}

/** @throws {UsageError} where it can't be written; a reader that has gone, as with `| head`, is no fault */
async function writeOut(text: string) {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new UsageError(`cannot write to stdout: ${(error as Error).message}`);
  }
}

try {
  await writeOut(await main());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`report: ${error.message}`);
  Deno.exit(2);
}

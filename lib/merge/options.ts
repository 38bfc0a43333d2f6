/** The command line of merge. */

import { parseArgs } from "node:util";
import { quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";

export const HELP =
  `Joins what several observers received: counts add up, and percentiles are those of all ticks
together, as exact as those of one observer.

Usage: deno task app1 --subscribe "tick.0.*" --quiet --json > a.json   (and so on, each its share)
       deno task merge [--json] a.json b.json …

Each file holds the output of --json of one run, of which the summary is used, or what an app serves
as /summary.json. A sender that more than one observer received is named: its ticks are counted once
for each of them.

      --json  print a JSON object instead
  -h, --help  show this help and exit

Exit status: 0 if they were joined, 1 if none of them received a tick, 2 usage error, or a file that
can't be used, 3 if a threshold of one of them failed.`;

export interface MergeOptions {
  help: boolean;
  json: boolean;
  files: string[];
}

/** @throws {UsageError} where an option is unknown, or there is no file */
export function readMergeOptions(args: string[]): MergeOptions {
  const { values: { help = false, json = false }, positionals: files } = parsed(args);
  if (files.length === 0 && !help) {
    throw new UsageError("expected the files of two observers or more; see --help");
  }
  for (const [at, file] of files.entries()) {
    if (files.indexOf(file) < at) throw new UsageError(`${quoted(file)} is given twice`);
  }
  return { help, json, files };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    // Its first sentence says it; what follows is about its own way out.
    throw new UsageError((error as Error).message.split(/\. |\n/)[0]);
  }
}

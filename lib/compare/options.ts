/** The command line of compare. */

import { parseArgs } from "node:util";
import { durationWithin, wholeWithin } from "../cli/values.ts";
import { readTarget } from "../bus/open.ts";
import { quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";

export const HELP =
  `Runs app1 and app2 on each bus in turn, and prints what was measured side by side, each with its
ratio to the first; names the best only where its rounds were all better than all of the others.

Usage: deno task compare [options] [URL…]
       deno task compare --rounds 5 URL "URL --durable NAME --start new"

URLs are those of --server; options of the apps may follow one, in quotes. Without a URL, each kind
of server that is installed is started, on a free port and in a temporary folder, and ended.

      --rounds N         rounds on each bus, one bus after another, 1 to 1000 (3)
      --duration TIME    length of each, from the first tick that both received (10s)
      --restart COMMAND  run this by the shell in the middle of each round, with the URL in
                         TICK_SERVER, and show what that did; needs URLs
      --json             print a JSON object instead
      --report FILE      write the table as a page as well
  -h, --help             show this help and exit

Of both directions the worse is shown, of rates the mean, of counts the sum.
Exit status: 0 if each bus was measured, 1 if one was left out, 2 usage error, or a page that can't
be written.`;

export interface CompareOptions {
  help: boolean;
  json: boolean;
  /** Where the table is written to as a page. */
  report?: string;
  rounds: number;
  durationMs: number;
  restart?: string;
  buses: { name: string; args: string[]; url: string }[];
}

/** @throws {UsageError} where an option or a URL can't be used */
export function readCompareOptions(args: string[]): CompareOptions {
  const { values, positionals } = parsed(args);
  const { rounds = "3", duration = "10s", restart, report, json = false, help = false } = values;
  const buses = positionals.map(readBus);
  if (restart !== undefined && buses.length === 0 && !help) {
    throw new UsageError("--restart needs the URLs of the servers that it restarts");
  }
  if (report === "") throw new UsageError("--report needs a value: --report FILE");
  return {
    help,
    json,
    report,
    rounds: option("--rounds", () => wholeWithin(rounds, 1, 1000)),
    durationMs: option("--duration", () => durationWithin(duration, "500ms", "24h") / 1000),
    restart,
    buses: named(buses),
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        duration: { type: "string" },
        restart: { type: "string" },
        json: { type: "boolean" },
        report: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    // Its first sentence says it; what follows is about its own way out.
    throw new UsageError((error as Error).message.split(/\. |\n/)[0]);
  }
}

function readBus(written: string) {
  const [url, ...args] = written.trim().split(/\s+/);
  if (!url) throw new UsageError("expected a URL");
  option("URL", () => readTarget(url));
  return { name: quoted(written.trim()).slice(1, -1), args: ["--server", url, ...args], url };
}

/** The same bus twice shows the noise between equals: the second of a name is numbered. */
function named<Bus extends { name: string }>(buses: Bus[]): Bus[] {
  return buses.map((bus, i) => {
    const before = buses.slice(0, i).filter(({ name }) => name === bus.name).length;
    return before === 0 ? bus : { ...bus, name: `${bus.name} (${before + 1})` };
  });
}

function option<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) {
      throw new UsageError(`${name}: ${error.message}`);
    }
    throw error;
  }
}

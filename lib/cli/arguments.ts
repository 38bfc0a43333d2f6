/** The arguments of an app taken apart, none of their values read yet. */

import { UsageError } from "../text/usage_error.ts";
import { configArgs } from "./config.ts";
import { strangerText } from "./stranger.ts";
import { ROWS, writtenOut } from "./table.ts";

/** Takes arguments apart, those that a file stands for before all others. */
export async function takeApart(
  args: string[],
  file?: string[],
): Promise<Record<string, unknown>> {
  const strangers: string[] = [];
  const switches = ROWS.filter(([, value]) => value === "").map(([name]) => name);
  const valued = ROWS.filter(([, value]) => value !== "").map(([name]) => name);
  const given = await parse([...file ?? [], ...writtenOut(args)], {
    string: valued,
    boolean: switches,
    collect: ["expect"],
    unknown: (arg: string) => {
      strangers.push(arg);
      return false;
    },
  });
  // What stands behind a "--" is no option either, and not told of as unknown.
  strangers.push(...(given._ as unknown[] ?? []).map(String));
  if (strangers.length > 0) throw new UsageError(await strangerText(strangers[0]));
  for (const name of switches) {
    if (args.some((arg) => arg.startsWith(`--${name}=`))) {
      throw new UsageError(`--${name} takes no value`);
    }
  }
  const { config } = given;
  if (typeof config !== "string" || config === "" || file) return given;
  return await takeApart(args, await configArgs(config));
}

/** Loads the parser only where there is something to parse: it takes 20 ms, which the first tick would wait for. */
async function parse(args: string[], spec: Spec): Promise<Record<string, unknown>> {
  if (args.length === 0) return {};
  const { parseArgs } = await import("@std/cli/parse-args");
  return parseArgs(args, spec);
}

interface Spec {
  string: string[];
  boolean: string[];
  collect: string[];
  unknown: (arg: string) => unknown;
}

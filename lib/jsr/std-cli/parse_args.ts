/** `parseArgs()` with the signature of @std/cli, over the package that it was ported from. */

// @ts-types="npm:@types/minimist@1.2.5"
import minimist from "minimist";

export interface ParseOptions {
  string?: readonly string[];
  boolean?: readonly string[];
  /** Options that may be given several times: always an array. Of the others, the last one counts. */
  collect?: readonly string[];
  alias?: Record<string, string | string[]>;
  default?: Record<string, unknown>;
  /** Called with each argument that belongs to no option; it is left out where this returns false. */
  unknown?: (arg: string) => unknown;
}

export type Args = Record<string, unknown> & { _: Array<string | number> };

/** Takes command line arguments apart, as @std/cli does. */
export function parseArgs(args: string[], options: ParseOptions = {}): Args {
  const { collect = [], string = [], boolean = [], unknown = () => true, ...rest } = options;
  const known = args.filter((arg) => !isOdd(arg) || unknown(arg) !== false);
  const parsed: Args = minimist(known, {
    ...rest,
    string: [...string],
    boolean: [...boolean],
    unknown: (arg) => unknown(arg) !== false,
  });
  for (const [name, value] of Object.entries(parsed)) {
    if (name === "_" || collect.includes(name)) continue;
    if (Array.isArray(value)) parsed[name] = value.at(-1);
  }
  for (const name of collect) {
    const value = parsed[name];
    parsed[name] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  }
  return parsed;
}

/** minimist takes --no-x for any x, @std/cli only where it is asked to; and it throws at --=x=y and --constructor, be it the first line of several. */
function isOdd(arg: string): boolean {
  const [, name] = /^--(no-|[^=\n\r\u2028\u2029]*)/.exec(arg) ?? [];
  return name === "no-" || (name === "" && arg !== "--") || (name !== undefined && name in {});
}

/** The options of an app: what there is, how each is read, and what is said of one that is wrong. */

import { busRows, contextVariables, defaultTarget, readTarget, type Target } from "../bus/open.ts";
import { durationWithin, readName, wholeWithin } from "./values.ts";
import { type HttpAddress, readHttpAddress } from "./values.ts";
import { readShell, type Shell } from "./completions.ts";
import { takeApart } from "./arguments.ts";
import { configOf, configText } from "./config.ts";
import { type Identity, ROWS } from "./table.ts";
import { UsageError } from "../text/usage_error.ts";
import { type Expectation, readExpectation } from "../expect.ts";
import { readRuleUs } from "../rule/interval_rule.ts";

export interface Options extends Identity {
  target: Target;
  /** A variable of the environment, or of the context that is in its place. */
  variable: (name: string) => string | undefined;
  /** Values of the options that are a bus's own, by their names; of a switch that is given, "true". */
  busValues: Record<string, string | undefined>;
  intervalUs: number;
  /** Subjects that are received at once. */
  maxPeers: number;
  /** Ends after so many ticks sent. */
  count: number;
  /** Ends after so long. */
  durationUs: number;
  digits: number;
  quiet: boolean;
  json: boolean;
  /** A line of statistics this often; never, where it is Infinity. */
  everyUs: number;
  /** Where the distribution of the delay is written to. */
  histogram?: string;
  /** Where the report of the run is written to, as a page. */
  report?: string;
  /** Draws on the terminal, in place of lines. */
  live: boolean;
  /** Where the live page and the metrics are served. */
  http?: HttpAddress;
  expectations: Expectation[];
  /** The expectations are a rule for each interval of this length; of the whole run, where it is Infinity. */
  expectEveryUs: number;
  /** An expectation that the clock's bound leaves open fails. */
  sure: boolean;
  lossTimeoutUs: number;
  /** A peer of several that sent nothing for so long is forgotten. */
  forgetUs: number;
  staleUs: number;
  dialTimeoutMs: number;
  /** How long the server may leave us without an answer. */
  silentMs: number;
  /** What was given, by the options' names, as a file of options would have it. */
  given: Record<string, unknown>;
  /** The same as text; where it is asked for. */
  config?: string;
  completions?: Shell;
  help: boolean;
  version: boolean;
}

/**
 * Reads the command line.
 *
 * @param variable asked for a variable of the environment only where no server is given
 * @throws {UsageError} where an option is unknown or its value can't be used
 */
export async function readOptions(
  args: string[],
  identity: Identity,
  variable: (name: string) => string | undefined,
): Promise<Options> {
  const given = await takeApart(args);

  function read<T>(name: string, reader: (written: string) => T, fallback: T): T {
    const written = given[name];
    if (written === undefined || written === false) return fallback; // a switch that isn't given
    if (written === "") {
      throw new UsageError(`--${name} needs a value: --${name} ${placeholder(name)}`);
    }
    return readAs(`--${name}`, () => reader(String(written)));
  }

  const path = (name: string) => read<string | undefined>(name, String, undefined);
  const context = path("context");
  const layer = context === undefined ? variable : await contextVariables(context, variable);
  const target = read<Target | undefined>("server", readTarget, undefined) ?? defaultTarget(layer);
  const subject = (operation: "publish" | "subscribe") =>
    read(
      operation,
      (written) => target.kind.checkSubject(written, operation),
      identity[operation],
    );

  const expectations = ((given.expect ?? []) as string[]).flatMap((list) =>
    list.split(",").map((written) => readAs("--expect", () => readExpectation(written)))
  );
  return {
    name: read("name", readName, identity.name),
    publish: subject("publish"),
    subscribe: subject("subscribe"),
    target,
    variable: layer,
    busValues: Object.fromEntries(busRows().map(([name]) => [name, path(name)])),
    intervalUs: read("interval", (written) => durationWithin(written, "100us", "1h"), 10_000),
    maxPeers: read("peers", (written) => wholeWithin(written, 1, 100_000), 10_000),
    count: read("count", (written) => wholeWithin(written, 1, 1e12), Infinity),
    durationUs: read("duration", (written) => durationWithin(written, "1ms", "100000h"), Infinity),
    digits: read("digits", (written) => wholeWithin(written, 0, 6), 3),
    quiet: given.quiet === true,
    json: given.json === true,
    live: given.live === true,
    everyUs: read("every", (written) => durationWithin(written, "100ms", "1h"), Infinity),
    histogram: path("histogram"),
    report: path("report"),
    http: read<HttpAddress | undefined>("http", readHttpAddress, undefined),
    expectations,
    expectEveryUs: read("expect-every", (each) => readRuleUs(each, expectations), Infinity),
    sure: given.sure === true,
    lossTimeoutUs: read("loss-timeout", (written) => durationWithin(written, "1ms", "1h"), 1e6),
    forgetUs: read("forget", (written) => durationWithin(written, "1s", "1000h"), 3600e6),
    staleUs: read("stale", (written) => durationWithin(written, "1ms", "1h"), 250_000),
    silentMs: read("ping", (written) => durationWithin(written, "20ms", "1m"), 250_000) / 1000,
    dialTimeoutMs:
      read("dial-timeout", (written) => durationWithin(written, "50ms", "1m"), 500_000) /
      1000,
    given: configOf(given),
    config: given["print-config"] === true ? configText(configOf(given)) : undefined,
    completions: read<Shell | undefined>("completions", readShell, undefined),
    help: given.help === true,
    version: given.version === true,
  };
}

function placeholder(name: string): string {
  return ROWS.find(([option]) => option === name)![1];
}

function readAs<T>(what: string, reader: () => T): T {
  try {
    return reader();
  } catch (error) {
    throw new UsageError(`${what}: ${(error as Error).message}`);
  }
}

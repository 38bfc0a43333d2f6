/** The command line of an app: options, signals, output, exit code. */

import config from "../deno.json" with { type: "json" };
import { BusRefusal } from "./bus/bus.ts";
import { type MonoUs, systemClock as clock } from "./time/clock.ts";
import { openBus } from "./bus/open.ts";
import { exchange, LINGER_MS } from "./exchange.ts";
import { helpText, type Identity, type Options, readOptions } from "./cli/options.ts";
import { UsageError } from "./text/usage_error.ts";
import { type LineWriter, lineWriter } from "./report/lines.ts";
import { output } from "./report/output.ts";
import { printable, withoutSecrets } from "./text/printable.ts";
import { failuresOf } from "./expect.ts";
import { Recorder } from "./stats/recorder.ts";
import { summaryOf } from "./stats/summary.ts";
import { newRun } from "./tick.ts";
import { within } from "./time/wait.ts";
import { TICK_HEADER } from "./wire.ts";

/** Runs an app to its end, and the process with it. */
export async function run(identity: Identity): Promise<never> {
  const end = new AbortController();
  const out = lineWriter(Deno.stdout, { gather: true, onClosed: () => end.abort() });
  const err = lineWriter(Deno.stderr);
  const code = await Promise.race([main(identity, out, err, end), secondInterrupt(end)]);
  // A reader that has stopped must not keep us; one that is only slow gets a moment.
  await within(800, Promise.all([out.flush(), err.flush()]));
  Deno.exit(code);
}

async function main(
  identity: Identity,
  out: LineWriter,
  err: LineWriter,
  end: AbortController,
): Promise<number> {
  try {
    const options = await readOptions(Deno.args, identity, variable);
    if (options.help) out.line(helpText(identity));
    else if (options.version) out.line(`tick ${config.version}`);
    else return await tick(options, out, err, end);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof BusRefusal)) throw error;
    err.line(`${identity.name}: ${printable(withoutSecrets(error.message), 1000)}`);
    return 2;
  }
}

async function tick(
  options: Options,
  out: LineWriter,
  err: LineWriter,
  end: AbortController,
): Promise<number> {
  const { name, target, histogram, expectations, subscribe, everyUs, dialTimeoutMs } = options;
  if (histogram !== undefined) await mayWrite(histogram, target.kind.variables);
  const run = newRun();
  const recorder = new Recorder({ ...options, run });
  const startUs = clock.monoUs();
  const summary = (ended: boolean) => summaryOf({ name, startUs, recorder, clock, ended });
  const colour = Deno.stderr.isTerminal() && !Deno.noColor;
  const manySubjects = /[*>]/.test(subscribe);
  const report = output({ ...options, out, err, clock, colour, manySubjects });

  onSignal("SIGTERM", () => end.abort());
  onSignal("SIGQUIT", () => report.snapshot(summary(false)));
  using intervals = everyUs < Infinity ? recorder.intervals(everyUs, startUs) : undefined;
  {
    using _shown = every(everyUs, () => {
      // All that arrived before then has been taken in by now.
      const untilUs = clock.monoUs() - 2 * LINGER_MS * 1000 as MonoUs;
      intervals!.next(untilUs).forEach(report.interval);
    });
    await using bus = await openBus(target, {
      values: options.busValues,
      variable,
      headerName: TICK_HEADER,
      dialTimeoutMs,
      silentMs: options.silentMs,
      name,
      clock,
      onRoundTrip: (us) => recorder.roundTrip(us),
      onEvent(event) {
        recorder.bus(event, clock.monoUs());
        report.event(event);
      },
    });
    await exchange(bus, { ...options, run, recorder, report, clock, signal: end.signal });
  }
  intervals?.rest(clock.monoUs()).forEach(report.interval);
  const statistics = summary(true);
  const failures = failuresOf(expectations, statistics);
  report.summary(statistics, failures);
  if (histogram !== undefined) await writeHistogram(histogram, recorder, err);
  return statistics.peers.length > 0 && failures.length === 0 ? 0 : 1;
}

/** Calls back soon after every so often, until it is disposed of; never, where that is Infinity. */
function every(us: number, callback: () => void): Disposable {
  if (us === Infinity) return { [Symbol.dispose]() {} };
  // Asked for that often, or else what is shown of an interval would wait for the next one.
  const timer = setInterval(callback, Math.min(us / 1000, 100));
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** @throws {UsageError} at the start rather than at the end of a long run */
async function mayWrite(path: string, variables: readonly string[]) {
  const { state } = await Deno.permissions.request({ name: "write", path });
  if (state === "granted") return;
  throw new UsageError(
    `--histogram: may not write ${JSON.stringify(path)}; run it as ` +
      `deno run --allow-net --allow-env=${
        variables.join(",")
      } --allow-write=${path} app1.ts --histogram ${path}`,
  );
}

async function writeHistogram(path: string, recorder: Recorder, err: LineWriter) {
  // Of several peers, each has a part of its own, which its plotters take as one file each.
  const parts = [...recorder.peers.values()].map((peer) => {
    const { text, of, aboveFloor } = peer.times.delays.percentileText(clock.monoUs());
    return `# ${printable(peer.subject)}: ${of} in ms${
      aboveFloor ? ", above its least" : ""
    }\n${text}`;
  });
  try {
    await Deno.writeTextFile(path, parts.join("\n"));
  } catch (error) {
    err.line(`--histogram: cannot write ${JSON.stringify(path)}: ${(error as Error).message}`);
  }
}

/** `deno task` passes a Ctrl-C on to an app that the terminal has told already: one press, two signals. */
const SAME_PRESS_MS = 100;

/** The first Ctrl-C ends in order; resolves with the exit code at the second. */
function secondInterrupt(end: AbortController): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let firstMs = Infinity;
  onSignal("SIGINT", () => {
    const nowMs = performance.now();
    firstMs = Math.min(firstMs, nowMs);
    if (nowMs > firstMs + SAME_PRESS_MS) resolve(130);
    else end.abort();
  });
  return promise;
}

function onSignal(name: Deno.Signal, handler: () => void) {
  // Windows knows only some signals, and refuses the others.
  if (Deno.build.os === "windows" && name !== "SIGINT") return;
  Deno.addSignalListener(name, handler);
}

/** A variable of the environment, where it may be read. */
function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

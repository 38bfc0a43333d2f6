/** The command line of an app: options, signals, output, exit code. */

import config from "../deno.json" with { type: "json" };
import { BusRefusal } from "./bus/bus.ts";
import { type MonoUs, systemClock as clock } from "./time/clock.ts";
import { openBus } from "./bus/open.ts";
import { exchange, TAKEN_IN_US } from "./exchange.ts";
import { howToAllow } from "./cli/allow.ts";
import { completionsText } from "./cli/completions.ts";
import { variable } from "./cli/environment.ts";
import { type Options, readOptions } from "./cli/options.ts";
import { helpText, type Identity } from "./cli/table.ts";
import { onSignal, secondInterrupt, surviveFileSizeLimit } from "./cli/signals.ts";
import { NotAllowed, UsageError } from "./text/usage_error.ts";
import { type LineWriter, lineWriter } from "./report/lines.ts";
import { openReplaced } from "./files/replaced.ts";
import { histogramText } from "./report/histogram.ts";
import { output, settled } from "./report/output.ts";
import { wantsColour } from "./report/text/colour.ts";
import { printable, withoutSecrets } from "./text/printable.ts";
import { outcomesOf, percentsOf } from "./expect.ts";
import { IntervalRule } from "./rule/interval_rule.ts";
import { Recorder } from "./stats/recorder.ts";
import { type Summary, summaryInTurns, summaryOf } from "./stats/summary.ts";
import { newRun } from "./tick.ts";
import { OwnPath } from "./time/own_path.ts";
import { every } from "./time/every.ts";
import { turn, within } from "./time/wait.ts";
import { TICK_HEADER } from "./wire.ts";

/** A reader that has stopped must not keep us; one that is only slow, on a machine that is busy, gets a moment. */
const LAST_MS = 1000;

/** Runs an app to its end, and the process with it. */
export async function run(identity: Identity): Promise<never> {
  const end = new AbortController();
  const out = lineWriter(Deno.stdout, { gather: true, onClosed: () => end.abort() });
  const err = lineWriter(Deno.stderr);
  surviveFileSizeLimit();
  const code = await Promise.race([main(identity, out, err, end), secondInterrupt(end)]);
  await within(LAST_MS, err.flush());
  const isCut = err.failure !== undefined || err.waiting > 0;
  Deno.exit(isCut && code !== 130 ? 2 : code);
}

async function main(
  identity: Identity,
  out: LineWriter,
  err: LineWriter,
  end: AbortController,
): Promise<number> {
  const { name } = identity;
  try {
    const options = await readOptions(Deno.args, identity, variable);
    const text = textOf(options, identity);
    if (text === undefined) return await tick(options, out, err, end);
    out.line(text);
    const fault = await settled(out);
    if (fault !== undefined) err.line(`${name}: ${fault}`);
    return fault === undefined ? 0 : 2;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof BusRefusal)) throw error;
    const how = error instanceof NotAllowed ? `; ${howToAllow(error, identity, Deno.args)}` : "";
    err.line(`${name}: ${printable(withoutSecrets(error.message + how), 2000)}`);
    return 2;
  }
}

/** What is to be printed instead of ticks. */
function textOf(options: Options, identity: Identity): string | undefined {
  if (options.help) return helpText(identity);
  if (options.version) return `tick ${config.version}`;
  if (options.completions) return completionsText(options.completions, identity);
  return options.config;
}

async function tick(
  options: Options,
  out: LineWriter,
  err: LineWriter,
  end: AbortController,
): Promise<number> {
  const { name, target, histogram, expectations, subscribe, dialTimeoutMs } = options;
  const { everyUs, expectEveryUs } = options;
  const file = await openReplaced("--histogram", histogram);
  const page = await openReplaced("--report", options.report);
  const run = newRun();
  const recorder = new Recorder({ ...options, run });
  const ownPath = new OwnPath();
  const startUs = clock.monoUs();
  const percents = percentsOf(expectations);
  const facts = (ended: boolean) => ({
    ...{ name, startUs, recorder, clock, ended, percents, ownUs: ownPath.us },
    lingerUs: ended ? 0 : TAKEN_IN_US,
  });
  const summary = (ended: boolean) => summaryOf(facts(ended));
  const isTerminal = Deno.stderr.isTerminal();
  const columns = isTerminal ? Deno.consoleSize().columns || undefined : undefined;
  const colour = wantsColour({ isTerminal, variable });
  const manySubjects = /[*>]/.test(subscribe);
  using intervals = everyUs < Infinity ? recorder.intervals(everyUs, startUs) : undefined;
  using judged = expectEveryUs < Infinity
    ? recorder.intervals(expectEveryUs, startUs, percents)
    : undefined;
  const rule = judged && new IntervalRule(expectations, options);
  const outcomesAt = (statistics: Summary) =>
    rule?.outcomes(statistics) ?? outcomesOf(expectations, statistics, options);
  for (const ending of ["SIGTERM", "SIGHUP"] as const) onSignal(ending, () => end.abort());

  const known = { recorder, clock, startUs, outcomes: outcomesAt, summary: () => summary(false) };
  const inTurns = () => summaryInTurns(facts(false), turn);
  // Each is loaded only where it is asked for.
  await using screen = options.live
    ? (await import("./live/screen.ts")).openScreen({
      ...{ ...known, name, out, err, colour, variable, signal: end.signal },
      summary: inTurns,
    })
    : undefined;
  const where = screen ? { out: screen.out, err: screen.err } : { out, err };
  const joined = async () => (await import("./stats/joined.ts")).joinedOf(recorder, clock.monoUs());
  using report = output({ ...options, ...where, clock, colour, columns, manySubjects, joined });
  if (screen?.unfit) report.event({ type: "no screen", reason: screen.unfit });
  await using live = options.http && (await import("./live/live.ts")).openLive(options.http, {
    ...{ ...known, intervalUs: options.intervalUs, run, report: report.event },
  });
  await using paper = page && (await import("./html/app_report.ts")).openAppReport({
    ...{ ...known, summary: inTurns, file: page, options: options.given, report: report.event },
  });
  const also = [live, paper, screen]
    .reduce((event, each) => each?.also(event) ?? event, report.event);
  const shown = { tick: report.tick, event: also };

  onSignal("SIGQUIT", () => report.snapshot(summary(false)));
  {
    const untilUs = () => clock.monoUs() - TAKEN_IN_US as MonoUs;
    using _shown = every(everyUs, () => intervals!.next(untilUs()).forEach(report.interval));
    using _judged = every(expectEveryUs, () => {
      const over = judged!.next(untilUs());
      if (over.length > 0) rule!.judge(over, summary(false)).forEach(report.event);
    });
    await using bus = await openBus(target, {
      values: options.busValues,
      variable: options.variable,
      headerName: TICK_HEADER,
      subjects: [options.publish, subscribe],
      dialTimeoutMs,
      silentMs: options.silentMs,
      name,
      clock,
      onRoundTrip: (us) => recorder.roundTrip(us),
      onEvent(event) {
        recorder.bus(event, clock.monoUs());
        shown.event(event);
      },
    });
    const parts = { run, recorder, report: shown, clock, ownPath, signal: end.signal };
    await exchange(bus, { ...options, ...parts });
  }
  await screen?.leave();
  intervals?.rest(clock.monoUs()).forEach(report.interval);
  const statistics = summary(true);
  rule?.judge(judged!.rest(clock.monoUs()), statistics).forEach(report.event);
  const outcomes = outcomesAt(statistics);
  live?.end(statistics, outcomes);
  const faults: string[] = [];
  const failed = (error: Error) => void faults.push(error.message);
  await file?.write(histogramText(recorder, clock.monoUs())).catch(failed);
  await paper?.end(statistics, outcomes).catch(failed);
  const written = await report.summary(statistics, outcomes, faults);
  if (!written) return 2;
  if (statistics.peers.length === 0) return 1;
  return outcomes.every(({ ok }) => ok) ? 0 : 3;
}

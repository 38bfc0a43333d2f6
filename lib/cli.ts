/** The command line of an app: options, signals, output, exit code. */

import config from "../deno.json" with { type: "json" };
import { BusRefusal } from "./bus/bus.ts";
import { type MonoUs, systemClock as clock } from "./time/clock.ts";
import { openBus } from "./bus/open.ts";
import { exchange, TAKEN_IN_US } from "./exchange.ts";
import { howToAllow } from "./cli/allow.ts";
import { completionsText } from "./cli/completions.ts";
import { lastCode } from "./cli/ending.ts";
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
import { percentsOf } from "./expect.ts";
import { Verdicts } from "./rule/verdicts.ts";
import { Recorder } from "./stats/recorder.ts";
import { summaryInTurns, summaryOf, summaryWith } from "./stats/summary.ts";
import { newRun } from "./tick.ts";
import { OwnPath } from "./time/own_path.ts";
import { every } from "./time/every.ts";
import { turn } from "./time/wait.ts";
import { TICK_HEADER } from "./wire.ts";

/** Runs an app to its end, and the process with it. */
export async function run(identity: Identity): Promise<never> {
  const end = new AbortController();
  const out = lineWriter(Deno.stdout, { gather: true, onClosed: () => end.abort() });
  const err = lineWriter(Deno.stderr);
  surviveFileSizeLimit();
  const code = await Promise.race([main(identity, out, err, end), secondInterrupt(end)]);
  Deno.exit(await lastCode(code, err));
}

async function main(
  identity: Identity,
  out: LineWriter,
  err: LineWriter,
  end: AbortController,
): Promise<number> {
  try {
    const options = await readOptions(Deno.args, identity, variable);
    const text = textOf(options, identity);
    if (text === undefined) return await tick(options, out, err, end);
    out.line(text);
    const fault = await settled(out);
    if (fault !== undefined) err.line(`${identity.name}: ${fault}`);
    return fault === undefined ? 0 : 2;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof BusRefusal)) throw error;
    const how = error instanceof NotAllowed ? `; ${howToAllow(error, identity, Deno.args)}` : "";
    err.line(`${identity.name}: ${printable(withoutSecrets(error.message + how), 2000)}`);
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
  const verdicts = new Verdicts(expectations, options);
  const recorder = new Recorder({
    ...{ ...options, run },
    onForgotten: (peer) => verdicts.forget(summaryWith(facts(false), [peer])),
  });
  const ownPath = new OwnPath();
  const startUs = clock.monoUs();
  const percents = percentsOf(expectations);
  const facts = (ended: boolean) => ({
    ...{ name, startUs, recorder, clock, ended, percents, ownUs: ownPath.us },
    lingerUs: ended ? 0 : TAKEN_IN_US,
  });
  const isTerminal = Deno.stderr.isTerminal();
  const columns = isTerminal ? Deno.consoleSize().columns || undefined : undefined;
  const colour = wantsColour({ isTerminal, variable });
  const manySubjects = /[*>]/.test(subscribe);
  using intervals = everyUs < Infinity ? recorder.intervals(everyUs, startUs) : undefined;
  using judged = expectEveryUs < Infinity
    ? recorder.intervals(expectEveryUs, startUs, percents)
    : undefined;
  const outcomes = verdicts.outcomes.bind(verdicts);
  for (const ending of ["SIGTERM", "SIGHUP"] as const) onSignal(ending, () => end.abort());

  const inTurns = () => summaryInTurns(facts(false), turn);
  const known = { recorder, clock, startUs, outcomes, summary: inTurns };
  // Each is loaded only where it is asked for.
  await using screen = options.live
    ? (await import("./live/screen.ts")).openScreen({
      ...{ ...known, name, out, err, colour, variable, signal: end.signal },
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
    ...{ ...known, file: page, options: options.given, report: report.event },
  });
  const also = [live, paper, screen]
    .reduce((event, each) => each?.also(event) ?? event, report.event);
  const shown = { tick: report.tick, event: also };

  onSignal("SIGQUIT", async () => report.snapshot(await inTurns()));
  {
    const untilUs = () => clock.monoUs() - TAKEN_IN_US as MonoUs;
    using _shown = every(everyUs, () => report.intervals(intervals!.next(untilUs())));
    using _judged = every(expectEveryUs, () => {
      verdicts.judgeInTurn(judged!.next(untilUs()), inTurns, report.event);
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
  report.intervals(intervals?.rest(clock.monoUs()) ?? []);
  await verdicts.judged;
  const statistics = summaryOf(facts(true));
  if (judged) verdicts.judge(judged.rest(clock.monoUs()), statistics).forEach(report.event);
  const last = outcomes(statistics);
  live?.end(statistics, last);
  const faults: string[] = [];
  const failed = (error: Error) => void faults.push(error.message);
  await file?.write(histogramText(recorder, clock.monoUs())).catch(failed);
  await paper?.end(statistics, last).catch(failed);
  const written = await report.summary(statistics, last, faults);
  if (!written) return 2;
  if (statistics.peers.length === 0) return 1;
  return last.every(({ ok }) => ok) ? 0 : 3;
}

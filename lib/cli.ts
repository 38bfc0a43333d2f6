/** The command line of an app: options, signals, output, exit code. */

import config from "../deno.json" with { type: "json" };
import { BusRefusal } from "./bus/bus.ts";
import { systemClock as clock } from "./clock.ts";
import { exchange, type Report } from "./exchange.ts";
import { helpText, type Identity, type Options, readOptions, UsageError } from "./options.ts";
import { dtText } from "./report/dt.ts";
import { eventText, timeText } from "./report/event_text.ts";
import { type LineWriter, lineWriter } from "./report/line_writer.ts";
import { printable } from "./report/printable.ts";
import { summaryText } from "./report/summary_text.ts";
import { Recorder } from "./stats/recorder.ts";

/** Runs an app to its end, and the process with it. */
export async function run(identity: Identity): Promise<never> {
  const end = new AbortController();
  const out = lineWriter(Deno.stdout, { onClosed: () => end.abort() });
  const err = lineWriter(Deno.stderr);
  const code = await Promise.race([main(identity, out, err, end), secondInterrupt(end)]);
  // A reader that has stopped must not keep us; one that is only slow gets a moment.
  await Promise.race([
    Promise.all([out.flush(), err.flush()]),
    new Promise((resolve) => setTimeout(resolve, 300)),
  ]);
  Deno.exit(code);
}

async function main(
  identity: Identity,
  out: LineWriter,
  err: LineWriter,
  end: AbortController,
): Promise<number> {
  try {
    const options = await readOptions(Deno.args, identity, natsUrl);
    if (options.help) out.line(helpText(identity));
    else if (options.version) out.line(`tick ${config.version}`);
    else return await tick(options, out, err, end);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof BusRefusal)) throw error;
    err.line(`${identity.name}: ${printable(error.message, 1000)}`);
    return 2;
  }
}

async function tick(
  options: Options,
  out: LineWriter,
  err: LineWriter,
  end: AbortController,
): Promise<number> {
  const { name, digits, quiet, servers } = options;
  const [dim, plain] = Deno.stderr.isTerminal() && !Deno.noColor
    ? ["\x1b[2m", "\x1b[0m"]
    : ["", ""];
  const report: Report = {
    tick({ realUs, signUs }) {
      if (!quiet) out.line(`dt = ${dtText(realUs, signUs, digits)}`);
    },
    event(event) {
      err.line(`${dim}${timeText(clock.wallUs())}${plain} ${name}: ${eventText(event)}`);
    },
  };
  const recorder = new Recorder(options);
  const startUs = clock.monoUs();
  const snapshot = () => summaryText(name, (clock.monoUs() - startUs) / 1000, recorder.facts);

  onSignal("SIGTERM", () => end.abort());
  onSignal("SIGQUIT", () => err.line(snapshot().replaceAll("\n", "; ")));
  const { connectNats } = await import("./bus/nats.ts");
  {
    await using bus = connectNats({
      servers: servers.addresses,
      tls: servers.tls,
      name,
      clock,
      onEvent: report.event,
    });
    await exchange(bus, { ...options, recorder, report, clock, signal: end.signal });
  }
  err.line(snapshot());
  if (out.dropped > 0) err.line(`${out.dropped} lines of output dropped: nobody read them in time`);
  return recorder.facts.peers.size > 0 ? 0 : 1;
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

function natsUrl(): string | undefined {
  const variable = "NATS_URL";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

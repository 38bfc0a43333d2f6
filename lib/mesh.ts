/** Every path from server to server of one bus, measured at once, and which of them are ill. */

import config from "../deno.json" with { type: "json" };
import { BusRefusal } from "./bus/bus.ts";
import { lastCode } from "./cli/ending.ts";
import { variable } from "./cli/environment.ts";
import { onSignal, secondInterrupt } from "./cli/signals.ts";
import { discover, foundText, UNSEEN } from "./mesh/discover.ts";
import { eventLine, matrixLine } from "./mesh/json.ts";
import { aboutText } from "./mesh/labels.ts";
import { steadyClock } from "./mesh/clock.ts";
import { Mesh } from "./mesh/mesh.ts";
import { HELP, type MeshOptions, readMeshOptions } from "./mesh/options.ts";
import { Sayer } from "./mesh/sayer.ts";
import { matrixText, verdictText } from "./mesh/text.ts";
import { lineWriter } from "./report/lines.ts";
import { settled } from "./report/output.ts";
import { eventText, timeText } from "./report/text/event.ts";
import type { TickEvent } from "./stats/events.ts";
import { printable, withoutSecrets } from "./text/printable.ts";
import { NotAllowed, UsageError } from "./text/usage_error.ts";

const end = new AbortController();
const out = lineWriter(Deno.stdout, { gather: true, onClosed: () => end.abort() });
const err = lineWriter(Deno.stderr);

async function main(): Promise<number> {
  try {
    const options = await readMeshOptions(Deno.args, variable);
    if (options.help || options.version) {
      out.line(options.help ? HELP : `tick ${config.version}`);
      const fault = await settled(out);
      if (fault !== undefined) err.line(`mesh: ${fault}`);
      return fault === undefined ? 0 : 2;
    }
    return await measure(options);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof BusRefusal)) throw error;
    const how = error instanceof NotAllowed ? "; the task may read files, and nothing more" : "";
    err.line(`mesh: ${printable(withoutSecrets(error.message + how), 2000)}`);
    return 2;
  }
}

async function measure(options: MeshOptions): Promise<number> {
  const { json, everyUs } = options;
  const clock = steadyClock();
  const servers = options.discover ? await discover(options) : options.target.address.servers;
  if (servers.length < 2) {
    throw new UsageError(`--discover: the server names no other one; ${UNSEEN}`);
  }
  const sayer = new Sayer(clock, (atUs, text) => err.line(`${timeText(atUs)} mesh: ${text}`));
  if (options.discover) sayer.line(foundText(servers));
  const mesh: Mesh = new Mesh(options, { servers, clock, report, signal: end.signal });
  for (const ending of ["SIGTERM", "SIGHUP"] as const) onSignal(ending, () => end.abort());
  const about = () => mesh.nodes.map(aboutText);
  const print = (ended = false) => {
    const matrix = mesh.matrix(ended);
    if (json) out.keep(matrixLine(clock.wallUs(), matrix, mesh.nodes));
    return matrix;
  };
  onSignal("SIGQUIT", () => err.line(matrixText(mesh.matrix(), about())));

  function report(event: TickEvent, node: number) {
    if (isUseless(event, node)) return;
    const to = mesh.nodes[node].server;
    const from = "subject" in event ? mesh.nodes[mesh.senderOf(event.subject)]?.server : undefined;
    if (json) {
      const path = from === undefined ? {} : { from, to };
      out.line(eventLine(clock.wallUs(), event, { server: to, ...path }));
    }
    sayer.say(event, node, mesh);
    live?.event(event, node);
  }
  await using live = options.http && (await import("./mesh/live.ts")).openMeshLive(options.http, {
    ...{ mesh, clock },
    report(event) {
      if (json) out.line(eventLine(clock.wallUs(), event));
      sayer.line(eventText(event));
    },
  });

  const every = everyUs < Infinity
    ? setInterval(() => sayer.line(verdictText(print())), everyUs / 1000)
    : undefined;
  try {
    await mesh.run();
  } finally {
    clearInterval(every);
  }
  sayer.rest();
  const matrix = print(true);
  live?.end(matrix);
  const fault = await settled(out);
  if (fault !== undefined) err.line(`mesh: ${fault}`);
  err.line(matrixText(matrix, about()));
  if (fault !== undefined) return 2;
  if (matrix.paths.some(({ received }) => received === 0)) return 1;
  return matrix.outcomes.every(({ ok }) => ok) ? 0 : 3;
}

/** What says nothing of a path, or is said once for all ends. */
function isUseless(event: TickEvent, node: number): boolean {
  if (event.type === "receiving" || event.type === "peer ended") return true;
  if (event.type === "stall") return node > 0;
  return event.type === "outage" && event.isOpen === true && event.cause === "peer ended";
}

const code = await Promise.race([main(), secondInterrupt(end)]);
Deno.exit(await lastCode(code, err));

/** A server, app1 and app2 in one command, until Ctrl-C; whatever is started here is stopped here. */

import { APP_FLAGS } from "./demo/app_flags.ts";
import { lineWriter } from "./report/lines.ts";
import { answers, findNatsServer, HOW_TO_GET_ONE, startNatsServer } from "./demo/nats_server.ts";
import { startStandIn } from "./demo/stand_in.ts";
import { onOrphaned, spawnTied } from "./demo/tied_process.ts";
import { codeOfTask } from "./cli/ending.ts";
import { variable } from "./cli/environment.ts";
import { readOptions } from "./cli/options.ts";
import { onSignal } from "./cli/signals.ts";
import { UsageError } from "./text/usage_error.ts";

const HELP =
  `Runs app1 and app2 as two processes, on the server given, or on a nats-server of its own where one
is installed, or else on a stand-in, which is not for measuring.

Usage: deno task demo [options]

Takes the options of the apps, except --publish, --subscribe and --name, and passes them to both.`;

/** Where a nats-server listens unless it is told otherwise. */
const USUAL = "127.0.0.1:4222";

const out = lineWriter(Deno.stdout, { onClosed: () => end.abort() });
const err = lineWriter(Deno.stderr);
const say = (text: string) => err.line(`demo │ ${text}`);
const end = new AbortController();

async function main(): Promise<number> {
  const url = variable("NATS_URL");
  const identity = { name: "demo", publish: "app1_tick", subscribe: "app2_tick" };
  const given = await readOptions(Deno.args, identity, variable);
  if (given.help) {
    out.line(HELP);
    return 0;
  }
  const own = Deno.args.find((arg) => /^--(publish|subscribe|name)\b/.test(arg));
  if (own) {
    throw new UsageError(`${own.replace(/=.*/s, "")}: the demo has two apps, with their own`);
  }
  if (url || Deno.args.some((arg) => /^--server\b/.test(arg))) return await runApps([]);
  if (await answers(USUAL)) {
    say(`using the NATS server at ${USUAL}`);
    return await runApps([]);
  }
  await using server = await startServer();
  return await runApps(["--server", server.address], server.ended);
}

async function startServer() {
  const command = await findNatsServer();
  if (command === undefined) {
    say(
      `nats-server not found: using a stand-in, not for measuring; to install one: ${HOW_TO_GET_ONE}`,
    );
    return startStandIn();
  }
  const server = await startNatsServer(command);
  say(`started ${command}, at ${server.address}`);
  return server;
}

/** Runs both apps until they end, or one of them or the server does. */
async function runApps(further: string[], serverEnded?: Promise<void>): Promise<number> {
  const apps = ["app1", "app2"].map((name) => startApp(name, further));
  const stop = () => apps.forEach(({ stop }) => stop());
  end.signal.addEventListener("abort", stop);
  if (end.signal.aborted) stop();
  serverEnded?.then(() => {
    if (!end.signal.aborted) say("the server has ended");
    end.abort();
  });
  const codes = await Promise.all(apps.map(async ({ name, code }) => {
    const ended = await code;
    if (ended > 1 && !end.signal.aborted) say(`${name} has ended with exit code ${ended}`);
    end.abort();
    return ended;
  }));
  return Math.max(...codes);
}

function startApp(name: string, further: string[]) {
  const child = spawnTied(Deno.execPath(), {
    args: [
      ...["run", "--quiet", ...APP_FLAGS],
      new URL(`../${name}.ts`, import.meta.url).href,
      ...Deno.args,
      ...further,
    ],
    stdout: "piped",
    stderr: "piped",
    detached: true, // a Ctrl-C in the terminal is the demo's to pass on, once
  });
  const copied = [
    copyMarked(child.stdout, name, out.line),
    copyMarked(child.stderr, name, err.line),
  ];
  return {
    name,
    code: Promise.all([child.status, ...copied]).then(([{ code }]) => code),
    stop: () => child.kill("SIGTERM"),
  };
}

async function copyMarked(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
  line: (text: string) => void,
) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    // All of a piece at once, so that the two summaries don't run into each other.
    if (lines.length > 0) line(lines.map((line) => `${name} │ ${line}`).join("\n"));
  }
  if (rest) line(`${name} │ ${rest}`);
}

for (const ending of ["SIGINT", "SIGTERM", "SIGHUP"] as const) onSignal(ending, () => end.abort());
onOrphaned(() => end.abort());
Deno.exit(await codeOfTask("demo", main, { out, err }));

/** What is measured: each a program that sends and receives like tick, or tick itself. */

import { UsageError } from "../../lib/text/usage_error.ts";
import { run } from "./process.ts";

/** From its start to its first tick; both ends at 100 ticks a second, once steady; and at 10,000. */
export type Part = "start" | "steady" | "flood";

export interface Pair {
  name: string;
  /** The command of one of its two ends, which sends on the first subject and receives the other. */
  command(server: string, publish: string, subscribe: string, intervalUs: number): string[];
  cwd?: string;
  /** What is measured of it. Several pairs of one name share a column. */
  parts: readonly Part[];
  /** Needs no NATS server but this command, which prints where it listens. */
  server?: string[];
  /** Its ticks say how late they were recorded. */
  timerOnTheWire?: boolean;
}

export interface Missing {
  name: string;
  /** The command that gets what it needs. */
  get: string;
}

const here = new URL("./peers/", import.meta.url).pathname;
const GO = { GO111MODULE: "off", GOPATH: "/usr/share/gocode" };

/** Builds the generator of many senders in this folder; returns the path of its program. */
export async function buildSenders(folder: string): Promise<string> {
  const program = `${folder}/senders`;
  await run(["gcc", "-O2", "-o", program, `${here}senders.c`, "-lpthread"]);
  return program;
}

/** A checkout of tick, run as its task does. */
async function tickAt(path: string, name: string): Promise<Pair[]> {
  const cwd = await Deno.realPath(path).catch(() => path);
  const config = await Deno.readTextFile(`${cwd}/deno.json`).catch(() => "{}");
  const command: string | undefined = JSON.parse(config).tasks?.app1?.command;
  if (!command) throw new UsageError(`no checkout of tick: ${path}`);
  const flags = command.split(" ").slice(2, -1);
  const pair = (parts: Part[], more: string[]) => ({
    name,
    parts,
    cwd,
    timerOnTheWire: true,
    command: (server: string, publish: string, subscribe: string, intervalUs: number) => [
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", ...flags, "app1.ts"],
      ...["--server", server, "--publish", publish, "--subscribe", subscribe],
      ...["--interval", `${intervalUs}us`, ...more],
    ],
  });
  return [pair(["start", "steady"], ["--digits", "6"]), pair(["flood"], ["--quiet"])];
}

/** A script of ours, run with as little as it needs. */
function script(name: string, parts: Part[], file: string, sleeper?: string): Pair {
  return {
    name,
    parts,
    command: (...args) => [
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--v8-flags=--max-semi-space-size=1"],
      ...["--allow-net", `${here}${file}`, ...args.map(String), ...(sleeper ? [sleeper] : [])],
    ],
  };
}

/** A peer that is compiled first. */
async function compiled(
  [name, ...build]: string[],
  parts: Part[],
  program: string,
  get: string,
  env?: Record<string, string>,
): Promise<Pair | Missing> {
  try {
    await run(build, env);
  } catch (error) {
    return { name: `${name} (${(error as Error).message.split("\n")[0]})`, get };
  }
  return { name, parts, command: (...args) => [program, ...args.map(String)] };
}

/** All there is to measure on this machine, tick itself first, and what is left out. */
export async function peersFor(
  other: string | undefined,
  scratch: string,
): Promise<{ pairs: Pair[]; missing: Missing[] }> {
  const [go, c, echo] = ["nats_go", "nats_c", "tcp_echo"].map((file) => `${scratch}/${file}`);
  const built = await Promise.all([
    compiled(
      ["nats.go", "go", "build", "-o", go, `${here}nats_go.go`],
      ["start", "steady"],
      go,
      "apt-get install golang golang-github-nats-io-go-nats-dev",
      GO,
    ),
    compiled(
      ["nats.c", "gcc", "-O2", "-o", c, `${here}nats_c.c`, "-lnats", "-lpthread"],
      ["start", "steady"],
      c,
      "apt-get install gcc libnats-dev",
    ),
    compiled(
      ["TCP echo in C", "gcc", "-O2", "-o", echo, `${here}tcp_echo.c`, "-lpthread"],
      ["steady"],
      echo,
      "apt-get install gcc",
    ),
  ]);
  const there = built.filter((peer) => "command" in peer);
  for (const peer of there) if (peer.name.startsWith("TCP echo")) peer.server = [echo];
  return {
    pairs: [
      ...await tickAt(new URL("../..", import.meta.url).pathname, "tick"),
      ...(other === undefined ? [] : await tickAt(other, OTHER)),
      ...there,
      script("bare Deno", ["steady"], "bare_deno.ts"),
      script("bare Deno", ["start"], "first_tick.ts"),
      script("bare Deno", ["flood"], "bare_deno.ts", "busy"),
      script("bare Deno with setTimeout", ["steady"], "bare_deno.ts", "timer"),
      script("nats-core", ["start", "steady"], "nats_core.ts"),
    ],
    missing: built.filter((peer) => "get" in peer),
  };
}

/** The name of the second checkout. */
export const OTHER = "2nd checkout";

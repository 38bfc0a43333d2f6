/** The command line of the mesh: the apps' own options, as far as they make sense here, and a list of servers. */

import { type Options, readOptions } from "../cli/options.ts";
import { ROWS, writtenOut } from "../cli/table.ts";
import { busRows, type Target } from "../bus/open.ts";
import { quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";

/** Of an app's options. */
const SHARED = new Set([
  ...["server", "publish", "interval", "duration", "every", "json", "http"],
  ...["expect", "sure", "loss-timeout", "stale", "ping", "dial-timeout", "config"],
  ...["help", "version", ...busRows().map(([name]) => name)],
]);

export const HELP =
  `Measures every path between servers of one bus: connects to each of them, sends ticks by each, and
receives by each what was sent by all the others; the worst path comes first.

Usage: deno task mesh [options] SERVER,SERVER,…
       deno task mesh --discover SERVER
Example: deno task mesh --duration 1m --expect 'loss=0,p99<5ms' a:4222,b:4222,c:4222

      --discover          ask the servers given for the others of their cluster, and use those as well
      --publish PREFIX    ticks are sent on PREFIX.RUN.N (mesh_tick)
${rowsText()}

Each connection stays with its server: it moves to no other one. All ends are in this process and read
one clock, so that the clock offset is exactly zero. Each delay holds the way to the first server and
from the second one, and what this process adds. Gateways and leaf nodes name no others: list them.
Exit status: 0 if ticks came by every path and all thresholds passed, 1 if none came by one of them,
2 usage error, login refused, or output that can't be written, 3 a threshold failed, 130 on a second
Ctrl-C.`;

export interface MeshOptions extends Options {
  discover: boolean;
}

/** @throws {UsageError} where an option is unknown, has no use here, or its value can't be used */
export async function readMeshOptions(
  args: string[],
  variable: (name: string) => string | undefined,
): Promise<MeshOptions> {
  const discover = args.includes("--discover");
  const others = withServer(writtenOut(args.filter((arg) => arg !== "--discover")));
  const identity = { name: "mesh", publish: "mesh_tick", subscribe: "mesh_tick" };
  const options = await readOptions(others, identity, variable);
  const stranger = Object.keys(options.given).find((name) => !SHARED.has(name));
  if (stranger !== undefined) throw new UsageError(`--${stranger} does not apply to mesh`);
  const { servers } = options.target.address;
  const twice = servers.find((server, at) => servers.indexOf(server) !== at);
  if (twice !== undefined) throw new UsageError(`--server: ${quoted(twice)} is given twice`);
  if (servers.length < 2 && !discover && !options.help && !options.version) {
    throw new UsageError(
      `expected two servers or more, by commas, not ${quoted(servers[0])} alone; ` +
        "or --discover, to ask it for the others",
    );
  }
  return { ...options, discover };
}

/** The same bus, by one of its servers. */
export function targetOf({ kind, address }: Target, server: string): Target {
  return { kind, address: { ...address, servers: [server] } };
}

/** The servers may stand without a name, as there is nothing else that does. */
function withServer(args: string[]): string[] {
  const at = args.findIndex((arg, at) => !arg.startsWith("-") && !takesValue(args[at - 1]));
  return at < 0 ? args : args.toSpliced(at, 1, `--server=${args[at]}`);
}

function takesValue(arg: string | undefined): boolean {
  return ROWS.some(([name, value]) => value !== "" && arg === `--${name}`);
}

function rowsText(): string {
  return ROWS.filter(([name]) => SHARED.has(name) && name !== "publish")
    .map(([name, value, meaning, fallback, short]) => {
      const left = `${short ? `-${short}, ` : "    "}--${name} ${value}`.padEnd(26);
      return `  ${left}${meaning}${fallback && ` (${fallback})`}`;
    }).join("\n");
}

/** Which servers a cluster has, as those say that are given. */

import { openBus } from "../bus/open.ts";
import { systemClock } from "../time/clock.ts";
import { printable } from "../text/printable.ts";
import { within } from "../time/wait.ts";
import { TICK_HEADER } from "../wire.ts";
import { type MeshOptions, targetOf } from "./options.ts";

/** So many are used at most: the paths between them are their square. */
export const MAX_SERVERS = 32;
const ASK_MS = 3000;

/** What no server tells its clients of. */
export const UNSEEN =
  "leaf nodes, and clusters behind gateways, are named by no server: give those as well";

/** What a server said when it was asked. */
interface Answer {
  server: string;
  /** Its own name, where it was reached. */
  name?: string;
  named: readonly string[];
}

/**
 * Asks each server for the others, and those again for what they are, as one may be named by several addresses.
 *
 * @returns host:port of each, those given first
 * @throws {BusRefusal} where one will not have us
 */
export async function discover(options: MeshOptions): Promise<string[]> {
  const given = options.target.address.servers;
  const asked = await Promise.all(given.map((server) => ask(options, server)));
  const named = new Set(asked.flatMap(({ named }) => named));
  const others = [...named].filter((server) => !given.includes(server)).slice(0, MAX_SERVERS);
  const all = [...asked, ...await Promise.all(others.map((server) => ask(options, server)))];
  const names = new Set<string>();
  return all.filter(({ server, name }) => {
    const isKnown = name !== undefined && names.has(name);
    if (name !== undefined) names.add(name);
    return !isKnown || given.includes(server);
  }).map(({ server }) => server).slice(0, MAX_SERVERS);
}

/** Those that are used, and what there may be besides. */
export function foundText(servers: readonly string[]): string {
  return `${servers.length} servers: ${
    servers.map((server) => printable(server, 60)).join(", ")
  }; ` +
    UNSEEN;
}

async function ask(options: MeshOptions, server: string): Promise<Answer> {
  const answer: Answer = { server, named: [] };
  await using bus = await openBus(targetOf(options.target, server), {
    ...{ values: options.busValues, variable: options.variable, headerName: TICK_HEADER },
    ...{ dialTimeoutMs: options.dialTimeoutMs, silentMs: options.silentMs },
    ...{ name: options.name, clock: systemClock, pinned: true },
    onServers: (servers) => void (answer.named = servers),
    onEvent(event) {
      if (event.type === "connected") answer.name = event.name;
    },
  });
  await Promise.race([within(ASK_MS, bus.ready), bus.refused]);
  return answer;
}

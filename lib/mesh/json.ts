/** The mesh as JSON: every time in seconds, as in the JSON of the apps. */

import { inSeconds } from "../report/seconds.ts";
import type { TickEvent } from "../stats/events.ts";
import { escaped } from "../text/printable.ts";
import type { Matrix } from "./mesh.ts";
import type { MeshNode } from "./node.ts";
import { keyOf, worstFirst } from "./verdict.ts";

/** Grows with every change that a reader of the one before would not understand. */
const MESH_VERSION = 1;

/** What happened at one server; of a path, where it is about one. */
export function eventLine(
  atUs: number,
  { type, ...event }: TickEvent,
  where: { server?: string; from?: string; to?: string } = {},
): string {
  const { subject: _, ...fields } = event as { subject?: string };
  return line("event", { at: atUs / 1e6, event: type, ...inSeconds(fields) as object, ...where });
}

/** The matrix: the servers in their order, the paths with the worst first. */
export function matrixLine(atUs: number, matrix: Matrix, nodes: readonly MeshNode[]): string {
  const { paths, verdict, outcomes, ends, ranMs } = matrix;
  const server = (at: number) => nodes[at].server;
  const { servers, ill } = verdict;
  return line("mesh", {
    at: atUs / 1e6,
    ...inSeconds({ ranMs, clock: { offsetUs: 0, boundUs: 0 } }) as object,
    servers: nodes.map((node, at) => {
      const { schedule: { slots, sent, unsent, skipped }, rttUs, reconnects } = ends[at];
      return {
        ...{ server: node.server, ...node.identity, isConnected: node.isConnected },
        ...inSeconds({ slots, sent, unsent, skipped, rttUs, reconnects }) as object,
      };
    }),
    paths: worstFirst(paths, verdict).map((path) => {
      const { slots, before, received, lost, unsent, skipped, pending, peer } = path;
      const { delay, undisturbed, outages, sequence } = peer ?? {};
      const { late, duplicate, reordered } = sequence ?? {};
      return {
        ...{ from: server(path.from), to: server(path.to), ill: ill.get(keyOf(path)) },
        ...{ slots, before, received, lost, unsent, skipped, pending },
        ...{ late, duplicate, reordered },
        ...inSeconds({ delay, undisturbed, outages }) as object,
      };
    }),
    ill: { servers: servers.map(server), paths: ill.size },
    expectations: outcomes.map(({ from, to, ...outcome }) => {
      const { subject: _, ...fields } = outcome;
      return { ...fields, from: server(from), to: server(to) };
    }),
  });
}

function line(type: string, fields: object): string {
  return escaped(JSON.stringify({ v: MESH_VERSION, type, ...fields }));
}

/** Paths of a mesh made by hand, and the matrix of them. */

import type { Matrix } from "../../lib/mesh/mesh.ts";
import type { Path } from "../../lib/mesh/path.ts";
import { verdictOf } from "../../lib/mesh/verdict.ts";
import { delayFigures, peerFigures, summary } from "./statistics.ts";

const COUNTS = { before: 0, unsent: 0, skipped: 0, pending: 0 };

export function path(from: number, to: number, { p50 = 500, lost = 0, openUs }: {
  p50?: number;
  lost?: number;
  openUs?: number;
} = {}): Path {
  const peer = peerFigures({
    delay: delayFigures({ percentilesUs: { 50: p50, 99: 2 * p50 } }),
    outages: { ...peerFigures().outages, totalUs: openUs ?? 0, openUs },
  });
  return { from, to, slots: 1000, received: 1000 - lost, lost, ...COUNTS, peer };
}

/** Nothing ever came by it. */
export const dead = (from: number, to: number): Path => ({
  from,
  to,
  slots: 1000,
  received: 0,
  lost: 1000,
  ...COUNTS,
});

/** Of so many servers, each path as it is given, or else well. */
export function pathsOf(count: number, others: Path[]): Path[] {
  return [...Array(count).keys()].flatMap((from) =>
    [...Array(count).keys()].filter((to) => to !== from).map((to) =>
      others.find((other) => other.from === from && other.to === to) ?? path(from, to)
    )
  );
}

/** Of servers with these labels. */
export function matrixOf(labels: string[], others: Path[], changed: Partial<Matrix> = {}): Matrix {
  const paths = pathsOf(labels.length, others);
  return {
    ...{ labels, paths, outcomes: [], ranMs: 10_000, ended: true },
    ends: labels.map((name) => summary({ name, peers: [] })),
    verdict: verdictOf(paths, labels.length),
    ...changed,
  };
}

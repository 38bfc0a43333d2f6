/** Which paths are ill, and whose doing that is. */

import assert from "node:assert/strict";
import type { Path } from "../../../lib/mesh/path.ts";
import { verdictOf, worstFirst } from "../../../lib/mesh/verdict.ts";
import { delayFigures, peerFigures } from "../../support/statistics.ts";

const COUNTS = { before: 0, unsent: 0, skipped: 0, pending: 0 };

function path(from: number, to: number, { p50 = 500, lost = 0, openUs }: {
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
const dead = (from: number, to: number): Path => ({
  from,
  to,
  slots: 1000,
  received: 0,
  lost: 1000,
  ...COUNTS,
});

/** Of so many servers, each path as it is given, or else well. */
function pathsOf(count: number, others: Path[]): Path[] {
  return [...Array(count).keys()].flatMap((from) =>
    [...Array(count).keys()].filter((to) => to !== from).map((to) =>
      others.find((other) => other.from === from && other.to === to) ?? path(from, to)
    )
  );
}

Deno.test("verdictOf() finds nothing ill where all paths are alike", () => {
  const { ill, servers, routes } = verdictOf(pathsOf(3, []), 3);
  assert.deepEqual([ill.size, servers, routes], [0, [], []]);
});

Deno.test("verdictOf() calls one cell a route", () => {
  const { ill, servers, routes } = verdictOf(pathsOf(4, [path(1, 2, { p50: 20_500 })]), 4);
  assert.deepEqual([...ill], [["1 2", "slow"]]);
  assert.deepEqual(servers, []);
  assert.deepEqual(routes.map(({ from, to }) => [from, to]), [[1, 2]]);
});

Deno.test("verdictOf() calls a row and its column a server, and its paths no routes", () => {
  const slow = [0, 2, 3].flatMap((n) => [dead(1, n), path(n, 1, { lost: 5 })]);
  const { ill, servers, routes } = verdictOf(pathsOf(4, [...slow, path(2, 3, { lost: 1 })]), 4);
  assert.equal(ill.size, 7);
  assert.deepEqual(servers, [1]);
  assert.deepEqual(routes.map(({ from, to }) => [from, to]), [[2, 3]]);
});

Deno.test("verdictOf() doesn't call a path slow for less than a millisecond", () => {
  assert.equal(verdictOf(pathsOf(3, [path(0, 1, { p50: 1400 })]), 3).ill.size, 0);
});

Deno.test("worstFirst() has those without ticks first, then outages, loss, and delay", () => {
  const paths = pathsOf(3, [
    path(0, 1, { p50: 9000 }),
    path(0, 2, { lost: 10 }),
    path(1, 0, { openUs: 5e6 }),
    dead(1, 2),
    path(2, 0, { lost: 100 }),
  ]);
  assert.deepEqual(
    worstFirst(paths, verdictOf(paths, 3)).map(({ from, to }) => `${from}${to}`),
    ["12", "10", "20", "02", "01", "21"],
  );
});

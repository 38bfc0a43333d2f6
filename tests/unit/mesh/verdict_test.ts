/** Which paths are ill, and whose doing that is. */

import assert from "node:assert/strict";
import { verdictOf, worstFirst } from "../../../lib/mesh/verdict.ts";
import { dead, path, pathsOf } from "../../support/mesh_paths.ts";

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

Deno.test("verdictOf() tells a server that is gone apart though every other path has lost ticks", () => {
  const gone = [0, 2].flatMap((n) => [path(1, n, { openUs: 1e6 }), path(n, 1, { openUs: 1e6 })]);
  const others = [path(0, 2, { lost: 1 }), path(2, 0, { lost: 1 })];
  const { servers, routes } = verdictOf(pathsOf(3, [...gone, ...others]), 3);
  assert.deepEqual(servers, [1]);
  assert.deepEqual(routes.map(({ from, to }) => [from, to]), [[0, 2], [2, 0]]);
});

Deno.test("verdictOf() names no server where all of them are gone", () => {
  const { servers, routes } = verdictOf(
    [0, 1, 2].flatMap((a) => [0, 1, 2].flatMap((b) => a === b ? [] : [dead(a, b)])),
    3,
  );
  assert.deepEqual([servers, routes.length], [[], 6]);
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

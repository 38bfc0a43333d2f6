/** What a person reads of a mesh: the grid, the paths, the servers. */

import assert from "node:assert/strict";
import { matrixText, verdictText } from "../../../lib/mesh/text.ts";
import type { Matrix } from "../../../lib/mesh/mesh.ts";
import { dead, matrixOf, path } from "../../support/mesh_paths.ts";

const linesOf = (matrix: Matrix) =>
  matrixText(matrix, matrix.labels.map((label) => `about ${label}`)).split("\n");

/** From the line of the columns' heads to the legend, without it. */
function gridOf(matrix: Matrix): string[] {
  const lines = linesOf(matrix);
  const legend = lines.findIndex((line) => line.startsWith("rows send"));
  return lines.slice(legend - matrix.labels.length - 1, legend);
}

/** The rows of the table of paths. */
function pathsShown(matrix: Matrix): string[] {
  const lines = linesOf(matrix);
  const head = lines.findIndex((line) => line.startsWith("path "));
  return lines.slice(head + 1, lines.indexOf("", head));
}

const numbered = (count: number, prefix = "n") =>
  [...Array(count).keys()].map((at) => `${prefix}${at + 1}`);

Deno.test("the grid has senders in rows, receivers in columns, and no path to itself", () => {
  assert.deepEqual(gridOf(matrixOf(["a", "b", "c"], [path(0, 1, { p50: 700 })])), [
    "                     a          b          c",
    "a                    ·  0.70/1.40  0.50/1.00",
    "b            0.50/1.00          ·  0.50/1.00",
    "c            0.50/1.00  0.50/1.00          ·",
  ]);
});

Deno.test("what is ill has a mark behind its figures, by what is wrong with it", () => {
  const [, a, b, c] = gridOf(matrixOf(["a", "b", "c"], [
    path(0, 1, { p50: 20_500 }),
    path(1, 2, { lost: 5 }),
    path(2, 0, { openUs: 5e6 }),
  ]));
  assert.match(a, / 20\.5\/41\.0\+ /);
  assert.match(b, / 0\.50\/1\.00x$/);
  assert.match(c, / 0\.50\/1\.00! /);
});

Deno.test("a server that is gone has marks in all of its row and its column, and nowhere else", () => {
  const gone = [0, 2].flatMap((other) => [dead(1, other), dead(other, 1)]);
  const matrix = matrixOf(["a", "b", "c"], gone);
  assert.deepEqual(gridOf(matrix), [
    "                     a          b          c",
    "a                    ·   no ticks! 0.50/1.00",
    "b             no ticks!         ·   no ticks!",
    "c            0.50/1.00   no ticks!         ·",
  ]);
  assert.equal(
    verdictText(matrix),
    "4 of 6 paths ill; server b: every path from and to it",
  );
});

Deno.test("the worst path comes first, and of many only the worst are shown", () => {
  const matrix = matrixOf(numbered(6), [
    path(0, 1, { p50: 9000 }),
    path(2, 3, { lost: 10 }),
    path(3, 4, { openUs: 5e6 }),
    dead(4, 5),
  ]);
  const shown = pathsShown(matrix);
  assert.deepEqual(
    shown.slice(0, 4).map((line) => line.split(/ {2,}/)[0]),
    ["n5 -> n6", "n4 -> n5", "n3 -> n4", "n1 -> n2"],
  );
  assert.deepEqual(
    shown.slice(0, 4).map((line) => line.split(/ {2,}/).at(-1)),
    ["no ticks", "outage", "loss", "slow"],
  );
  assert.equal(shown.length, 16);
  assert.equal(shown.at(-1), "and 15 more paths, none worse than these");
});

Deno.test("names of different lengths leave columns below each other; a long one keeps its end", () => {
  const grid = gridOf(matrixOf(["a", "nats-eu-west-1", "b2"], []));
  assert.deepEqual(grid, [
    "                     a  …u-west-1         b2",
    "a                    ·  0.50/1.00  0.50/1.00",
    "…s-eu-west-1 0.50/1.00          ·  0.50/1.00",
    "b2           0.50/1.00  0.50/1.00          ·",
  ]);
});

Deno.test("names that can't be told apart when they are cut are numbers in the grid, and with the servers", () => {
  const matrix = matrixOf(["eu-nats-server-1", "us-nats-server-1", "c"], []);
  assert.deepEqual(gridOf(matrix).map((line) => line.split(" ")[0]), ["", "#1", "#2", "#3"]);
  assert.match(gridOf(matrix)[0], / #1 +#2 +#3$/);
  const lines = linesOf(matrix);
  assert.ok(lines.some((line) => line.startsWith("#1 eu-nats-server-1  about eu-nats-server-1")));
  assert.ok(lines.some((line) => line.startsWith("#3 c                 about c, ")));
});

Deno.test("a grid of figures is at most 100 columns wide, with a delay of any length", () => {
  for (const p50 of [1, 9994, 99_949, 999_499, 9_999_499, 9_999_500, 600e6]) {
    const others = numbered(8).flatMap((_, from) =>
      numbered(8).flatMap((_, to) => from === to ? [] : [path(from, to, { p50, lost: 1 })])
    );
    const grid = gridOf(matrixOf(numbered(8, "a-server-called-"), others));
    for (const line of grid) assert.ok(line.length <= 100, line);
    // A cell never touches the one before it.
    for (const line of grid.slice(1)) assert.equal(line.split(/ +/).length, 9, line);
  }
});

Deno.test("more than 8 servers have a grid of marks, by their numbers, in 100 columns up to 32", () => {
  const gone = numbered(9).flatMap((_, other) =>
    other === 1 ? [] : [dead(1, other), dead(other, 1)]
  );
  assert.deepEqual(gridOf(matrixOf(numbered(9), [...gone, path(4, 6, { p50: 9000 })])), [
    "   1 2 3 4 5 6 7 8 9",
    "#1   ! . . . . . . .",
    "#2 !   ! ! ! ! ! ! !",
    "#3 . !   . . . . . .",
    "#4 . ! .   . . . . .",
    "#5 . ! . .   . + . .",
    "#6 . ! . . .   . . .",
    "#7 . ! . . . .   . .",
    "#8 . ! . . . . .   .",
    "#9 . ! . . . . . .",
  ]);
  const most = gridOf(matrixOf(numbered(32), []));
  assert.equal(most.length, 33);
  assert.ok(most.every((line) => line.length <= 100));
  assert.match(most[0], / 9 0 1 2$/);
});

Deno.test("a process that misses its own ticks is named with what is ill, and alone where nothing is", () => {
  const missing = (skipped: number) => {
    const matrix = matrixOf(["a", "b", "c"], []);
    for (const { schedule } of matrix.ends) schedule.skipped = skipped;
    return matrix;
  };
  assert.equal(verdictText(missing(400)), "all 6 paths well");
  assert.equal(
    verdictText(missing(4000)),
    "all 6 paths well; this process is starved: it missed 40.00 % of its own ticks",
  );
});

Deno.test("the servers stand below each other with all that is known of their ends", () => {
  const matrix = matrixOf(["a", "longer", "c"], []);
  const [, , a, longer] = linesOf(matrix);
  assert.equal(
    a,
    "a       about a, sent 9970, not sent 10, missed 20, RTT 0.160 ms, reconnects 5",
  );
  assert.ok(longer.startsWith("longer  about longer, sent 9970"));
});

Deno.test("an expectation that held everywhere is one line, one that failed is a line for each path", () => {
  const outcome = { written: "loss=0", subject: "s", wanted: "= 0" };
  const outcomes = [[0, 1, "3"], [1, 0, "0"]].map(([from, to, found]) => ({
    ...{ ...outcome, from: Number(from), to: Number(to), found: String(found) },
    ok: found === "0",
  }));
  const held = outcomes.map((each) => ({ ...each, written: "p99<5ms", ok: true }));
  const lines = linesOf(matrixOf(["a", "b"], [], { outcomes: [...outcomes, ...held] }));
  assert.deepEqual(lines.filter((line) => /^(ok|FAIL) /.test(line)), [
    "ok   p99<5ms on every path",
    "FAIL a -> b: loss=0: expected = 0, found 3",
  ]);
});

/** The table of compare and its verdicts, worked out by hand. */

import assert from "node:assert/strict";
import { cpuBetween } from "../../lib/compare/cpu.ts";
import { figuresOf } from "../../lib/compare/figures.ts";
import { readCompareOptions } from "../../lib/compare/options.ts";
import { rowsOf, tableText } from "../../lib/compare/table.ts";
import { spreadOf, verdictOf } from "../../lib/compare/verdict.ts";

Deno.test("a spread is the median between the min and the max", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 });
  assert.equal(spreadOf([]), undefined);
});

Deno.test("the best is named where all of its rounds were better than all others", () => {
  const spreads = [[5, 6, 7], [1, 2, 3], [4, 4, 4]].map(spreadOf);
  assert.deepEqual(verdictOf(spreads, "min", 3), { best: 1 });
  assert.deepEqual(verdictOf(spreads, "max", 3), { best: 0 });
});

Deno.test("no best is named where ranges overlap, be it at one value", () => {
  assert.deepEqual(verdictOf([[1, 3], [2, 4]].map(spreadOf), "min", 2), { none: "within noise" });
  assert.deepEqual(verdictOf([[1, 2], [2, 4]].map(spreadOf), "min", 2), { none: "within noise" });
});

Deno.test("no best is named after one round, nor of one bus", () => {
  assert.deepEqual(verdictOf([[1], [9]].map(spreadOf), "min", 1), { none: "one round" });
  assert.deepEqual(verdictOf([[1, 1], []].map(spreadOf), "min", 2), { none: "nothing to compare" });
});

Deno.test("each bus has its ratio to the first, by the medians", () => {
  const results = new Map([
    ["a", [{ dtP50: 0.001 }, { dtP50: 0.002 }, { dtP50: 0.003 }]],
    ["b", [{ dtP50: 0.004 }, { dtP50: 0.005 }, { dtP50: 0.006 }]],
  ]);
  const row = rowsOf(results, false).find(({ figure }) => figure === "dtP50")!;
  assert.deepEqual(row.buses.map(({ ratio }) => ratio), [undefined, 2.5]);
  assert.deepEqual(row.verdict, { best: 0 });
  const line = tableText(results, false).split("\n").find((text) => text.includes("dt p50"))!;
  assert.match(line, /^\| dt p50, ms +\| +2\.000 \| +5\.000 ×2\.50 \| +a \|$/);
});

Deno.test("what isn't known is a dash, and what a restart did is shown only after one", () => {
  const results = new Map([["a", [{ rate: 100 }]]]);
  assert.match(tableText(results, false), /\| acknowledged after p50, ms +\| +- \|/);
  assert.doesNotMatch(tableText(results, false), /unsent/);
  assert.match(tableText(results, true), /unsent/);
});

Deno.test("counts add up, rates are averaged, and of percentiles the worse is taken", () => {
  const app = (rate: number, received: number, lost: number, p50: number) => ({
    type: "summary",
    schedule: { unsent: 2 },
    peers: [{ rate, sequence: { received, lost }, dt: { p50 }, outages: { longestOnes: [] } }],
  });
  const figures = figuresOf([app(90, 95, 5, 0.001), app(100, 100, 0, 0.002)], 0.25);
  assert.deepEqual(figures, {
    rate: 95,
    loss: 5 / 200,
    dtP50: 0.002,
    cpu: 0.25,
    outage: 0,
    lost: 5,
    unsent: 4,
  });
});

Deno.test("CPU is what all threads took, by the time between, without one that has ended", () => {
  const before = { atMs: 0, ns: new Map([["a", 1e6], ["b", 5e6]]) };
  const after = { atMs: 10, ns: new Map([["a", 3e6], ["c", 1e6]]) };
  assert.equal(cpuBetween(before, after), 0.3);
  assert.equal(cpuBetween(undefined, after), undefined);
});

Deno.test("options of the apps follow a URL, and the same bus twice is told apart", () => {
  const { buses, rounds } = readCompareOptions(["--rounds=2", "127.0.0.1:1 --start new", "h", "h"]);
  assert.equal(rounds, 2);
  assert.deepEqual(buses[0].args, ["--server", "127.0.0.1:1", "--start", "new"]);
  assert.deepEqual(buses.map(({ name }) => name), ["127.0.0.1:1 --start new", "h", "h (2)"]);
});

for (
  const args of [["--rounds", "0"], ["--duration", "x"], ["--what"], ["x://y"], ["--restart", "a"]]
) {
  Deno.test(`compare refuses ${args.join(" ")} in one line`, () => {
    assert.throws(() => readCompareOptions(args), { name: "UsageError", message: /^[^\n]+$/ });
  });
}

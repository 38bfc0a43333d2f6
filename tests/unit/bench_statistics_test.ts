import assert from "node:assert/strict";
import { exponentOf, percentile, ratioOf, spreadOf } from "../bench/statistics.ts";
import { tableText } from "../bench/table.ts";

Deno.test("percentile() is that of nearest rank", () => {
  assert.equal(percentile([40, 10, 30, 20], 50), 20);
  assert.equal(percentile([40, 10, 30, 20], 51), 30);
  assert.equal(percentile([40, 10, 30, 20], 100), 40);
});

Deno.test("spreadOf() takes the mean of the two in the middle, and leaves out what is not known", () => {
  assert.deepEqual(spreadOf([9, undefined, 1, 4, NaN, 2]), { median: 3, min: 1, max: 9 });
});

Deno.test("spreadOf() knows nothing of no value", () => {
  assert.equal(spreadOf([undefined, NaN]), undefined);
});

Deno.test("ratioOf() compares within a round", () => {
  // The medians' own ratio would be 2 ÷ 1.
  assert.deepEqual(ratioOf([2, 2, 9], [1, 2, 1]), { median: 2, min: 1, max: 9 });
  assert.deepEqual(ratioOf([2, undefined], [4, 1]), { median: 0.5, min: 0.5, max: 0.5 });
});

Deno.test("tableText() shows the first pair's figures, and its ratio to each other in the same round", () => {
  const results = new Map([
    ["tick", [{ dtP50: 200 }, { dtP50: 300 }, { dtP50: 900 }]],
    ["peer", [{ dtP50: 100 }, { dtP50: 200 }, { dtP50: 300 }]],
  ]);
  const [head, , row] = tableText(results).split("\n").map((line) => line.split(/ *\| */));
  assert.deepEqual(head, ["", "", "tick", "÷ peer", ""]);
  assert.deepEqual(row, ["", "dt p50, µs", "300 (200–900)", "2.00 (1.50–3.00)", ""]);
});

Deno.test("exponentOf() is the power that y grows with", () => {
  assert.equal(exponentOf([[1, 7], [10, 70], [100, 700]]).toFixed(9), "1.000000000");
  assert.equal(exponentOf([[1, 5], [100, 50]]).toFixed(9), "0.500000000");
});

/** The last minutes in block characters: each worked out by hand. */

import assert from "node:assert/strict";
import { chartLines, edgesFor } from "../../../lib/live/chart.ts";
import type { ColumnView } from "../../../lib/live/column.ts";
import { paint } from "../../../lib/report/text/colour.ts";

const style = { width: 80, paint: paint(false) };
const EMPTY: ColumnView = {
  ...{ count: 0, minUs: NaN, percentilesUs: [NaN, NaN, NaN], maxUs: NaN, lost: 0 },
  ...{ offsetUs: NaN, boundUs: NaN },
};

function column(us: number[], lost = 0): ColumnView {
  const [minUs, p50, p90, p99, maxUs] = us;
  return { ...EMPTY, count: 200, minUs, percentilesUs: [p50, p90, p99], maxUs, lost };
}

const QUIET = column([100, 200, 500, 1000, 2000]);
const SPIKE = column([100, 200, 500, 5000, 20_000]);

Deno.test("chartLines() has a line for each percentile, and the losses", () => {
  const columns = [undefined, QUIET, SPIKE, { ...EMPTY, lost: 12 }, EMPTY, { ...QUIET, lost: 3 }, {
    ...EMPTY,
  }];
  const lines = chartLines({ of: "delay", columns }, 8, style);
  assert.deepEqual(lines.map((line) => line.trimEnd()), [
    "           delay in the last 14.0 s, 2 s a column; # > 9 lost, - no ticks",
    "max         ▅█  ▅",
    "p99         ▄▆  ▄",
    "p90         ▃▃  ▃",
    "p50         ▂▂  ▂",
    "min         ▁▁  ▁",
    "lost        ··#-3",
    "scale      ms, up to ▁0.1 ▂0.2 ▃0.5 ▄1 ▅2 ▆5 ▇10 █20",
  ]);
});

Deno.test("chartLines() never averages: one tick of a column is its max", () => {
  const [, max] = chartLines({ of: "delay", columns: [QUIET, SPIKE, QUIET] }, 4, style);
  assert.equal(max, "max        ▅█▅");
});

Deno.test("chartLines() shows dt above its minimum, as the clocks may be hours apart", () => {
  const hours = 3 * 3600e6;
  const columns = [QUIET, SPIKE].map((view) => ({
    ...view,
    minUs: view.minUs - hours,
    percentilesUs: view.percentilesUs.map((us) => us - hours),
    maxUs: view.maxUs - hours,
  }));
  const [title, ...lines] = chartLines({ of: "dt", columns }, 8, style);
  assert.match(title, /^ +dt above its minimum here, -10800000 ms, in the last 4.0 s/);
  assert.deepEqual(lines.map((line) => line.slice(11, 13)).slice(0, 5), [
    "▅█",
    "▄▆",
    "▃▃",
    "▁▁",
    "▁▁",
  ]);
});

Deno.test("chartLines() leaves out what there is no room for, and the max last", () => {
  const titles = (rows: number) =>
    chartLines({ of: "delay", columns: [QUIET] }, rows, style).map((line) =>
      line.slice(0, 11).trim()
    );
  assert.deepEqual(titles(100), ["", "max", "p99", "p90", "p50", "min", "lost", "scale"]);
  assert.deepEqual(titles(7), ["", "max", "p99", "p50", "lost", "scale"]);
  assert.deepEqual(titles(5), ["", "max", "p50", "lost", "scale"]);
  assert.deepEqual(titles(4), ["", "max", "lost", "scale"]);
  assert.deepEqual(titles(3), []);
});

Deno.test("edgesFor() is as fine as reaches from the lowest to the highest, and round", () => {
  for (
    const [low, high, edges] of [
      [900, 1000, [250, 300, 400, 500, 600, 800, 1000]], // its step before: 200
      [100, 2500, [150, 250, 400, 600, 1000, 1500, 2500]],
      [100, 20_000, [200, 500, 1000, 2000, 5000, 10_000, 20_000]],
      [100, 300_000, [300, 1000, 3000, 10_000, 30_000, 100_000, 300_000]],
      [0, 10e6, [10, 100, 1000, 10_000, 100_000, 1e6, 10e6]],
      [-300, 60, [20, 25, 30, 40, 50, 60]], // a delay is below zero where its bound is wide
    ] as const
  ) {
    const found = edgesFor(low, high);
    assert.equal(found.length, 8);
    assert.deepEqual(found.slice(-edges.length).map((us) => Number(us.toFixed(6))), edges);
  }
});

Deno.test("edgesFor() has a block for whatever there is: none is below the lowest or above the highest", () => {
  for (let low = 1; low < 1e8; low *= 1.7) {
    for (let high = low; high < 4e9; high *= 1.9) {
      const edges = edgesFor(low, high);
      assert.ok(edges.at(-1)! >= high, `${low} ${high} ${edges}`);
      assert.ok(edges.every((us, n) => n === 0 || us > edges[n - 1]), `${edges}`);
    }
  }
});

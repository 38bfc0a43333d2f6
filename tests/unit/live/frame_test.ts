/** A frame of the screen for a given state: what it says, and that it fits. */

import assert from "node:assert/strict";
import type { Outcome } from "../../../lib/expect.ts";
import { frameOf, type FrameSize, type FrameState } from "../../../lib/live/frame.ts";
import { HeldLines } from "../../../lib/live/held_lines.ts";
import type { Chart } from "../../../lib/live/recent.ts";
import { paint } from "../../../lib/report/text/colour.ts";
import { withoutColour } from "../../../lib/report/text/layout.ts";
import { styleOf, summaryText } from "../../../lib/report/text/summary.ts";
import type { Outage } from "../../../lib/stats/outages.ts";
import { isPrintable } from "../../../lib/text/printable.ts";
import { peerFigures, summary } from "../../support/statistics.ts";

const [LONGER, SHORTER] = peerFigures().outages.longestOnes;
const OPEN: Outage = { ...SHORTER, cause: "peer ended", isOpen: true, isUncounted: true };
const OUTCOMES: Outcome[] = [
  { written: "loss=0", subject: "app2_tick", ok: false, wanted: "= 0", found: "13" },
];

function chartOf(_: string, count: number): Chart {
  const column = {
    ...{ count: 200, minUs: 100, percentilesUs: [200, 500, 1000], maxUs: 2000, lost: 0 },
    ...{ offsetUs: 0, boundUs: 100 },
  };
  return { of: "delay", columns: Array.from({ length: count }, () => column) };
}

function state(changed: Partial<FrameState> = {}): FrameState {
  return {
    summary: summary(),
    outcomes: OUTCOMES,
    chartOf,
    outages: [LONGER, SHORTER].map((outage) => ({ ...outage, subject: "app2_tick" })),
    events: Array.from({ length: 60 }, (_, n) => `07:46:02.123Z event ${n} ${"x".repeat(150)}`),
    ...changed,
  };
}

const plain = (state: FrameState, size: FrameSize) => frameOf(state, size, paint(false));

function several(count: number) {
  const peers = Array.from({ length: count }, (_, n) => peerFigures({ subject: `peer${n}.tick` }));
  return state({ summary: summary({ peers }) });
}

/** A screen that nothing was received on. */
const ALONE = state({ summary: summary({ peers: [] }), outages: [], events: [] });

for (const columns of [20, 59, 60, 80, 100, 120, 200, 300]) {
  Deno.test(`every line of a frame fits in ${columns} columns, and all of them in any height`, () => {
    for (const made of [state(), several(2), several(200), ALONE]) {
      for (const rows of [1, 5, 10, 14, 24, 40, 60, 200]) {
        for (const colour of [false, true]) {
          const lines = frameOf(made, { columns, rows }, paint(colour));
          assert.ok(lines.length <= rows, `${lines.length} lines in ${rows} rows`);
          for (const line of lines) {
            const { length } = withoutColour(line);
            assert.ok(length <= columns, `${length} in ${columns}: ${line}`);
            assert.doesNotMatch(line, /\n|\r/);
          }
        }
      }
    }
  });
}

Deno.test("a frame of 80 × 24 has the summary's first rows, rate, chart, outages and events", () => {
  const lines = plain(state(), { columns: 80, rows: 24 });
  const style = styleOf({ columns: 80, colour: false });
  const first = summaryText(summary(), OUTCOMES, style).split("\n").slice(0, 7);
  assert.deepEqual(lines.slice(0, 7), first);
  assert.equal(lines[7], "rate       99.5 ticks a second, 100.0 in the last 10 s");
  assert.deepEqual(lines.slice(8).map((line) => line.slice(0, 11).trim()), [
    ...["", "", "max", "p99", "p90", "p50", "min", "lost", "scale"],
    ...["", "outage", "", ""],
    ...["", "07:46:02.12", "07:46:02.12"],
  ]);
});

Deno.test("a frame of 80 × 10 has the statistics, and what else there is room for", () => {
  const quiet = peerFigures({ stale: 0 });
  const lines = plain(state({ summary: summary({ peers: [quiet] }) }), { columns: 80, rows: 10 });
  for (const title of ["loss", "outages", "delay", "rate"]) {
    assert.ok(lines.some((line) => line.startsWith(`${title} `)), title);
  }
  assert.equal(lines.length, 10);
});

Deno.test("the last events and outages are shown, the newest last", () => {
  const lines = plain(state(), { columns: 100, rows: 40 });
  assert.match(lines.at(-1)!, /^07:46:02.123Z event 59 x+…$/);
  const at = lines.findIndex((line) => line.startsWith("outage "));
  assert.deepEqual(lines.slice(at, at + 3).map((line) => line.trim().split(/ {2,}/)), [
    ["outage", "start (UTC)", "length", "lost", "not sent", "missed", "cause"],
    ["06:56:29.340", "340 ms", "8", "20", "5", "peer's connection lost"],
    ["06:57:07.000", "120 ms", "5", "0", "0", "lost on the way"],
  ]);
});

Deno.test("an outage that lasts is shown as such, once, with all its causes", () => {
  const causes = [
    { cause: "peer ended", us: 80_000 },
    { cause: "local stall", us: 40_000 },
  ] as const;
  const outages = {
    ...peerFigures().outages,
    longestOnes: [LONGER, { ...OPEN, causes: [...causes] }],
  };
  const peers = [peerFigures({ outages })];
  const lines = plain(state({ summary: summary({ peers }), outages: [] }), {
    columns: 100,
    rows: 30,
  });
  const at = lines.findIndex((line) => line.startsWith("outage "));
  assert.match(
    lines[at + 1],
    /^ +06:57:07.000 +120 ms +\? +\? +lasting: peer ended 80 ms, local stall 40 ms$/,
  );
  assert.equal(lines[at + 2], "");
});

Deno.test("of several peers there is a row each, the worst first, and what the others are", () => {
  const worse = peerFigures({ subject: "b.tick" });
  worse.sequence.lost = 500;
  const peers = [peerFigures({ subject: "a.tick" }), worse];
  const outages = [{ ...LONGER, subject: "a.tick" }];
  const lines = plain(state({ summary: summary({ peers }), outages }), { columns: 100, rows: 40 });
  const at = lines.findIndex((line) => line.startsWith("peer "));
  assert.deepEqual(lines.slice(at + 1, at + 3).map((line) => line.split(" ")[0]), [
    "b.tick",
    "a.tick",
  ]);
  assert.ok(lines.includes("worst: b.tick"));
  assert.ok(lines.some((line) => /340 ms .* a\.tick +peer's connection lost$/.test(line)));
  const few = plain(several(200), { columns: 100, rows: 24 });
  assert.ok(few.some((line) => /^and 19\d more peers, none worse than these$/.test(line)));
});

Deno.test("nothing from outside reaches the terminal raw", () => {
  const hostile = "clear-\x1b[2J\x9b31m\u202e\r\n";
  const peers = [hostile, `${hostile}2`].map((subject) => peerFigures({ subject }));
  for (const shown of [peers, peers.slice(0, 1)]) {
    const outages = [{ ...LONGER, subject: hostile }];
    const made = state({ summary: summary({ peers: shown }), outages });
    for (const columns of [60, 120]) {
      for (const line of plain(made, { columns, rows: 60 })) {
        assert.ok(isPrintable(line), JSON.stringify(line));
      }
    }
  }
});

Deno.test("a frame says that nothing was received yet", () => {
  const [line] = plain(ALONE, { columns: 80, rows: 24 });
  assert.match(line, /FAIL: no ticks received/);
});

Deno.test("the rate of the last ticks is not said before there are enough columns", () => {
  const short = (subject: string, count: number) => {
    const { of, columns } = chartOf(subject, count);
    return { of, columns: columns.map((column, at) => at < count - 4 ? undefined : column) };
  };
  const lines = plain(state({ chartOf: short }), { columns: 80, rows: 24 });
  assert.ok(lines.includes("rate       99.5 ticks a second, - in the last 10 s"));
});

Deno.test("HeldLines shows them without date and name, and has them as they were", () => {
  const held = new HeldLines();
  const line = (n: number) => `\x1b[2m2026-11-24T07:46:02.123Z\x1b[0m app1: event ${n} of app1: x`;
  for (let n = 0; n < 102; n++) held.add(line(n));
  assert.deepEqual(held.last(2, "app1"), [
    "07:46:02.123Z event 100 of app1: x",
    "07:46:02.123Z event 101 of app1: x",
  ]);
  const [first, second, ...others] = held.takeAll();
  assert.equal(first, "(2 lines before these are left out)");
  assert.equal(second, line(2));
  assert.equal(others.length, 99);
  assert.deepEqual(held.last(5, "app1"), []);
});

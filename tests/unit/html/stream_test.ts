/** A run out of what its app printed as JSON: whole, cut off, malformed, and long. */

import assert from "node:assert/strict";
import { IntervalColumns } from "../../../lib/html/stream/interval_columns.ts";
import { linesOf } from "../../../lib/html/stream/lines.ts";
import { reportOf } from "../../../lib/html/stream/run.ts";
import { runPage } from "../../../lib/html/run_page.ts";
import type { RunReport } from "../../../lib/html/run_report.ts";
import type { Outcome } from "../../../lib/expect.ts";
import { eventJson, intervalJson, summaryJson, tickJson } from "../../../lib/report/json.ts";
import { summaryText } from "../../../lib/report/text/summary.ts";
import type { TickEvent } from "../../../lib/stats/events.ts";
import type { MonoUs, WallUs } from "../../../lib/time/clock.ts";
import { EPOCH_US } from "../../support/simulation.ts";
import { delayFigures, intervalFigures, peerFigures, summary } from "../../support/statistics.ts";

const atUs = (n: number) => EPOCH_US + n * 10_000;

function tick(n: number, dtUs: number, subject = "app2_tick"): string {
  const realUs = atUs(n) as WallUs;
  const header = { run: "bbbbbbbb", seq: n, timerErrorUs: 0, unread: 0, unsent: 0, skipped: 0 };
  return tickJson({
    subject,
    realUs,
    signUs: realUs - dtUs as WallUs,
    monoUs: 0 as MonoUs,
    header,
  });
}

const event = (n: number, each: TickEvent) => eventJson(atUs(n), each);
const OUTAGE = peerFigures().outages.longestOnes[0];
const STREAM = [
  event(0, { type: "connected", server: "a:1", product: "nats-server 2.9.10", afterMs: 1 }),
  ...Array.from({ length: 500 }, (_, n) => tick(n, n === 321 ? 98_765 : 300 + n)),
  event(500, { type: "lost", subject: "app2_tick", run: "bbbbbbbb", seq: 12, length: 7 }),
  event(500, { type: "outage", subject: "app2_tick", ...OUTAGE }),
];
const OUTCOME: Outcome = {
  written: "loss=0",
  subject: "app2_tick",
  ok: false,
  wanted: "= 0",
  found: "13",
};
const END = summaryJson(atUs(600), summary(), [OUTCOME]);

const read = (text: string, size = 4096): Promise<RunReport> => {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at += size));
    },
  });
  return reportOf(linesOf(stream));
};
const whole = (lines: string[]) => lines.map((line) => `${line}\n`).join("");

function sumOf({ plot }: RunReport["peers"][number], at: number): number {
  return plot!.tier.columns.reduce((sum, column) => sum + column[at]!, 0);
}

Deno.test("a whole run has the summary's text and numbers, and every tick in its columns", async () => {
  const { name, text, state, isComplete, peers, outcomes, versions } = await read(
    whole([...STREAM, END]),
  );
  assert.deepEqual([name, state, isComplete], ["app1", "ended", true]);
  assert.equal(text, summaryText(summary(), [OUTCOME]));
  assert.deepEqual(outcomes, [OUTCOME]);
  assert.deepEqual(versions[1], ["server", "nats-server 2.9.10, a:1"]);
  const [peer] = peers;
  assert.equal(peer.plot!.of, "dt");
  assert.deepEqual([sumOf(peer, 0), sumOf(peer, 6)], [500, 7]);
  assert.equal(Math.max(...peer.plot!.tier.columns.map((column) => column[5]!)), 98.765);
  assert.equal(peer.plot!.counts.reduce((sum, count) => sum + count), 500);
  // Of one no event came: the summary has it.
  const { longestOnes } = peerFigures().outages;
  assert.deepEqual(
    peer.outages.map(({ startUs, cause }) => [startUs, cause]),
    longestOnes.map(({ startUs, cause }) => [startUs, cause]),
  );
});

Deno.test("it makes no difference where the stream is cut into chunks", async () => {
  const text = whole([...STREAM.slice(0, 9), END]).replaceAll("app2_tick", "äpp2_tick€");
  const pages = await Promise.all([1, 7, 1e6].map(async (size) => runPage(await read(text, size))));
  assert.equal(pages[0], pages[1]);
  assert.equal(pages[0], pages[2]);
});

Deno.test("a run that is cut off says so, and has what the lines before it say", async () => {
  for (const rest of ["", '{"v":3,"type":"ti']) {
    const { state, isComplete, text, notes, peers } = await read(whole(STREAM) + rest);
    assert.deepEqual([state, isComplete, text], ["cut off", false, undefined]);
    assert.match(notes[0], rest ? /^No summary.*incomplete\.$/ : /^No summary/);
    assert.deepEqual(peers[0].tiles.map(({ name, value }) => `${name} ${value}`), [
      ...["ticks printed 500", "reported lost 7", "outages that ended 1"],
      ...["dt min 0.300", "dt max 98.765"],
    ]);
    assert.match(runPage(await read(whole(STREAM) + rest)), /No summary: the output ends/);
  }
});

for (
  const [what, line, expected] of [
    ["no JSON", "dt = 0.001", /^line 3 is not JSON: "dt = 0\.001"$/],
    ["another's JSON", '{"a": 1}', /^line 3 is not a line of --json: /],
    ["null", "null", /^line 3 is not a line of --json/],
    [
      "a tick without its time",
      '{"v":3,"type":"tick","subject":"a"}',
      /^line 3: invalid tick of --json: .*t_sign/,
    ],
    [
      "another version",
      STREAM[1].replace('"v":3', '"v":4'),
      /^line 3: invalid tick of --json: .*\/v/,
    ],
    [
      "a time beyond all dates",
      STREAM[1].replace(/"t_real":[\d.]+/, '"t_real":1e300'),
      /^line 3 has a number out of range$/,
    ],
    ["a time that is none", STREAM[1].replace(/"t_real":[\d.]+/, '"t_real":1e999'), /^line 3 /],
    ["what a terminal obeys", "\x1b[2J\u202e", /^line 3 is not JSON: "\\+u001b\[2J\\u202e"$/],
  ] as const
) {
  Deno.test(`a line that is ${what} is told with its number`, async () => {
    const text = whole([...STREAM.slice(0, 2), line, ...STREAM.slice(2), END]);
    await assert.rejects(read(text), { name: "UsageError", message: expected });
  });
}

Deno.test("a line after the summary, and a file without any, are told", async () => {
  await assert.rejects(read(whole([END, STREAM[1]])), {
    message: /^line 2 comes after the summary/,
  });
  for (const text of ["", "\n\n", "{"]) {
    await assert.rejects(read(text), { name: "UsageError", message: /no line of --json/ });
  }
});

Deno.test("a line without an end is not kept", async () => {
  let chunks = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      chunks++;
      controller.enqueue(new Uint8Array(1 << 20).fill(120));
    },
  });
  await assert.rejects(reportOf(linesOf(endless)), { message: /^line 1 is longer than / });
  assert.ok(chunks < 25, `${chunks}`);
});

Deno.test("where no ticks were printed, intervals are plotted: of the delay, where each has one", async () => {
  const interval = (n: number, of: "delay" | "dt") =>
    intervalJson(
      atUs(n * 100),
      intervalFigures({ of, received: 99, lost: 1, dt: delayFigures({ minUs: -5 }) }),
    );
  const all = [1, 2, 3].map((n) => interval(n, "delay"));
  const one = await read(whole([...all, END]));
  assert.equal(one.peers[0].plot!.of, "delay");
  assert.deepEqual(one.peers[0].plot!.tier.columns[0], [99, 0.1, 0.3, 0.5, 0.9, 3, 1, null, null]);
  const { peers } = await read(whole([...all, interval(4, "dt"), END]));
  assert.deepEqual([peers[0].plot!.of, peers[0].plot!.tier.columns[0][1]], ["dt", -0.005]);
  assert.deepEqual([sumOf(peers[0], 0), sumOf(peers[0], 6)], [4 * 99, 4]);
});

Deno.test("a day of intervals is bounded, and loses no count, loss or extreme", () => {
  const columns = new IntervalColumns();
  const statistics = (n: number) =>
    delayFigures({
      max: { us: n === 77_777 ? 1e6 : 3000, seq: 1, atUs: 1 },
      minUs: n === 5 ? 1 : 100,
    });
  for (let n = 0; n < 86_400; n++) {
    const values = { lengthUs: 1e6, received: 100, lost: n % 2, statistics: statistics(n) };
    columns.add((n + 0.5) * 1e6, values);
  }
  const { tier } = columns;
  assert.ok(tier.columns.length >= 1200 && tier.columns.length <= 2400);
  const of = (at: number) => tier.columns.map((column) => column[at]!);
  assert.equal(of(0).reduce((sum, each) => sum + each), 8_640_000);
  assert.equal(of(6).reduce((sum, each) => sum + each), 43_200);
  assert.equal(of(5)[Math.floor(77_777 / tier.widthS)], 1000);
  assert.equal(of(1)[0], 0.001);
});

Deno.test("of more peers than are plotted, the others are said to be left out", async () => {
  const subjects = Array.from({ length: 40 }, (_, n) => `s.${n}`);
  const { notes, peers } = await read(whole(subjects.map((subject, n) => tick(n, 300, subject))));
  assert.equal(peers.length, 16);
  assert.match(notes.at(-1)!, /more than 16 peers/);
});

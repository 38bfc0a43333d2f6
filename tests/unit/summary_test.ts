import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import {
  eventJson,
  intervalJson,
  JSON_VERSION,
  summaryJson,
  tickJson,
} from "../../lib/report/json.ts";
import { intervalText, snapshotText, summaryText } from "../../lib/report/text/summary.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { ReceivedTick } from "../../lib/tick.ts";
import { fakeClock } from "../support/fakes.ts";
import { delayFigures, peerFigures, summary } from "../support/statistics.ts";
import { EPOCH_US, simulate, type Simulated } from "../support/simulation.ts";

const S = 1e6;

function summaryAt(app: Simulated, atUs: number, ended = true) {
  const clock = { wallUs: () => app.wallUs(atUs), monoUs: () => app.monoUs(atUs) };
  const { recorder } = app;
  return summaryOf({ name: "app1", startUs: app.monoUs(0), recorder, clock, ended });
}

Deno.test("summaryOf() gives up on what is missing only at the end", () => {
  const { app1 } = simulate({
    seed: 2,
    seconds: 3,
    app2: { wayUs: (_, atUs) => atUs > 2.5 * S && atUs < 2.6 * S ? [] : [300] },
  });
  const { slots, received, lost, pending } = summaryAt(app1, 3 * S, false).peers[0].sequence;
  assert.deepEqual([slots, received, lost, pending], [300, 290, 0, 10]);
  assert.deepEqual(summaryAt(app1, 3 * S).peers[0].sequence.lost, 10);
});

Deno.test("summaryOf() has what the recorder knows, and nothing of a peer that wasn't received", () => {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: S });
  recorder.roundTrip(161.4);
  const body = new Uint8Array();
  recorder.reject({ subject: "app2_tick", reason: "empty", body });
  recorder.reject({ subject: "app2_tick", reason: "empty", body });
  const clock = fakeClock({ monoUs: 7 * S });
  const statistics = summaryOf({ name: "app1", startUs: 2 * S, recorder, clock, ended: true });
  const { name, ranMs, rttUs, clockSteps, peers, rejected } = statistics;
  assert.deepEqual([name, ranMs, rttUs, clockSteps, peers], ["app1", 5000, 161, 0, []]);
  assert.deepEqual(rejected, { empty: 2 });
});

/** The row with a title, without its title. */
function rowOf(text: string, title: string): string | undefined {
  return text.split("\n").find((line) => line.startsWith(title))?.slice(title.length).trim();
}

Deno.test("summaryText() shows the statistics, by hand", () => {
  const text = summaryText(summary());
  assert.match(text, /^--- app1: 1 min 40 s, run aaaaaaaa ---\n/);
  assert.equal(rowOf(text, "sent"), "9970 of 10000 slots, unsent 10, skipped 20");
  assert.equal(
    rowOf(text, "timer error"),
    "p50 0.300  p99 0.900  max 3.000 ms; stalls 1, the longest 120 ms",
  );
  assert.equal(
    rowOf(text, "received"),
    "9950 of 10000 slots, lost 13, unsent 20, skipped 17; 99.50 /s",
  );
  assert.equal(rowOf(text, "beside"), "stale 7, late 4, duplicate 5, reordered 6 by up to 2");
  assert.equal(rowOf(text, "lost"), "in 3 bursts, the longest 8 from number 1234 on");
  const cells = (title: string) => rowOf(text, title)?.split(/ +/).map(Number);
  assert.deepEqual(rowOf(text, "ms")?.split(/ +/), [
    ...["min", "mean", "stdev", "p50", "p90", "p99", "p99.9", "p99.99", "max"],
  ]);
  assert.deepEqual(cells("dt"), [-249.9, -249.65, 0.21, 0.3, 0.5, 0.9, 1.9, 2.9, 3]);
  assert.deepEqual(cells("delay"), [0.1, 0.35, 0.21, 0.3, 0.5, 0.9, 1.9, 2.9, 3]);
  assert.deepEqual(cells("PDV"), [0, 0.25, 0.2, 0.2, 0.4, 0.8, 1.8, 2.8, 2.9]);
  assert.equal(rowOf(text, "variation"), "jitter 0.120, IPDV mean 0.130, max 2.700 ms");
  assert.equal(rowOf(text, "max was"), "number 4711 at 2026-11-24T06:57:04.110Z");
  assert.equal(
    rowOf(text, "clock"),
    "offset +250.000 ± 0.140 ms, round trip 0.280 ms, drift -21.50 ppm",
  );
  // Up: half of 180 µs; down: half of 160 µs; of a p50 of 300 µs, 130 are left.
  const path = rowOf(text, "path")!;
  assert.match(path, /up 0\.090 .*down 0\.080 .*0\.130 ms$/);
  const outages = rowOf(text, "gaps")!;
  assert.match(
    outages,
    /^2 \(460 ms in all\), longest silence 340 ms at 2026-11-24T06:56:29\.340Z/,
  );
  assert.match(outages, /peer's connection lost; 8 lost, 20 unsent, 5 skipped$/);
  assert.equal(
    rowOf(text, "it received"),
    "9999 of ours, lost 1; late 0, duplicate 2, reordered 3",
  );
});

Deno.test("summaryText() says how many columns stand under their titles", () => {
  const lines = summaryText(summary()).split("\n");
  const lengths = ["ms", "dt", "delay", "PDV"].map((title) =>
    lines.find((line) => line.startsWith(`${title} `))!.length
  );
  assert.deepEqual(lengths, [lengths[0], lengths[0], lengths[0], lengths[0]]);
});

Deno.test("summaryText() has at most 25 lines with all there is to say", () => {
  const text = summaryText(summary({
    clockSteps: 3,
    rejected: { empty: 1, "too long": 2, "not a decimal number": 3, "out of range": 4 },
    peers: [peerFigures({
      runs: 4,
      clockSteps: 2,
      unplaced: 70,
      headerFaults: { "broken header": 5, "unknown header version": 6, "header too long": 7 },
      outages: { ...peerFigures().outages, openUs: 3 * S },
    })],
  }));
  const lines = text.split("\n");
  assert.ok(lines.length <= 25, `${lines.length} lines`);
  assert.equal(rowOf(text, "own clock"), "stepped 3 times");
  assert.match(rowOf(text, "clock")!, /stepped twice|stepped 2 times/);
  assert.match(rowOf(text, "clock")!, /70 ticks without/);
  assert.match(rowOf(text, "gaps")!, /silent for 3\.0 s at the end$/);
  assert.equal(
    rowOf(text, "headers"),
    "broken header 5, unknown header version 6, header too long 7",
  );
  assert.match(rowOf(text, "rejected")!, /^empty 1, too long 2/);
  assert.match(text, /^app2_tick, run bbbbbbbb and 3 before$/m);
});

for (const count of [2, 17, 18, 19, 20, 300]) {
  Deno.test(`summaryText() has at most 25 lines for ${count} peers, and leaves none out unsaid`, () => {
    const peers = Array.from(
      { length: count },
      (_, n) => peerFigures({ subject: `tick.${n}` }),
    );
    const text = summaryText(summary({ peers, clockSteps: 1, rejected: { empty: 1 } }));
    assert.ok(text.split("\n").length <= 25);
    const shown = text.split("\n").filter((line) => line.startsWith("tick.")).length;
    const more = Number(/^… and (\d+) more subjects$/m.exec(text)?.[1] ?? 0);
    assert.equal(shown + more, count);
  });
}

Deno.test("summaryText() says that nothing was received", () => {
  assert.match(summaryText(summary({ peers: [] })), /^received nothing$/m);
});

Deno.test("summaryText() names no run where nothing was sent yet", () => {
  const { schedule } = summary();
  const text = summaryText(summary({ schedule: { ...schedule, run: "" } }));
  assert.match(text, /^--- app1: [^,]+ ---$/m);
});

Deno.test("summaryText() says what a bare peer can't tell", () => {
  const { recorder } = bareRecorder();
  const clock = fakeClock({ monoUs: 10 * S });
  const text = summaryText(summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: true }));
  assert.match(text, /^app2_tick, a bare peer$/m);
  assert.match(rowOf(text, "received")!, /^1000; no headers/);
  for (const title of ["beside", "delay", "clock", "path", "it received", "lost"]) {
    assert.equal(rowOf(text, title), undefined, title);
  }
  assert.match(rowOf(text, "variation")!, /^jitter \d+\.\d{3} ms$/);
});

function bareRecorder() {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: S });
  let last: ReceivedTick | undefined;
  for (let n = 0; n < 1000; n++) {
    const signUs = EPOCH_US + n * 10_000;
    last = {
      subject: "app2_tick",
      signUs: signUs as WallUs,
      realUs: signUs + 300 + n % 7 as WallUs,
      monoUs: n * 10_000 as MonoUs,
    };
    recorder.received(last);
  }
  return { recorder, last: last! };
}

Deno.test("summaryText() gives the reason where offset and drift are not known", () => {
  const peers = [peerFigures({ clock: undefined, delay: undefined, unplaced: 9955 })];
  const text = summaryText(summary({ peers }));
  assert.match(rowOf(text, "clock")!, /^offset not known: no tick of ours was echoed/);
  const why = "needs 30 s since the clocks were last set, has 2";
  const young = summaryText(
    summary({ peers: [peerFigures({ drift: { state: "unknown", why } })] }),
  );
  assert.match(rowOf(young, "clock")!, /drift not known: needs 30 s .*, has 2$/);
});

Deno.test("summaryText() lets no subject speak to the terminal", () => {
  const subject = "tick.\x1b[31m\n--- app1: all is well ---";
  for (const peers of [[peerFigures({ subject })], [peerFigures({ subject }), peerFigures()]]) {
    const text = summaryText(summary({ peers }));
    assert.ok(!text.includes("\x1b"));
    assert.doesNotMatch(text, /^--- app1: all is well/m);
  }
});

Deno.test("summaryText() has a statistic, and no word of the machine, in every cell", () => {
  const { app1 } = simulate({ seed: 2, seconds: 1 });
  const one = simulate({ seed: 2, seconds: 1, app2: { wayUs: (_, __, seq) => seq ? [] : [300] } });
  for (const app of [app1, one.app1]) {
    const statistics = summaryAt(app, S);
    assert.doesNotMatch(summaryText(statistics), /NaN|Infinity|undefined|null|-0\.000/);
    assert.doesNotMatch(snapshotText(statistics), /NaN|Infinity|undefined|null|-0\.000/);
  }
  assert.doesNotMatch(
    summaryText(
      summary({ schedule: { ...summary().schedule, timerError: delayFigures({ count: 0 }) } }),
    ),
    /NaN|Infinity|undefined/,
  );
});

Deno.test("summaryText() has no word of the machine for a peer none of whose ticks was timed", () => {
  const none = delayFigures({
    count: 0,
    minUs: Infinity,
    meanUs: 0,
    deviationUs: 0,
    percentilesUs: { 50: NaN, 90: NaN, 99: NaN, 99.9: NaN, 99.99: NaN },
    max: { us: -Infinity, seq: -1, atUs: 0 },
  });
  const untimed = peerFigures({ dt: none, delay: undefined });
  for (const peers of [[untimed], [untimed, untimed]]) {
    assert.doesNotMatch(summaryText(summary({ peers })), /NaN|Infinity|1970/);
    assert.doesNotMatch(snapshotText(summary({ peers })), /NaN|Infinity/);
  }
});

Deno.test("snapshotText() is one line", () => {
  assert.equal(
    snapshotText(summary()),
    "app1 1 min 40 s: sent 9970, unsent 10, skipped 20; " +
      "app2_tick received 9950, lost 13, delay p50 0.300, max 3.000 ms",
  );
  assert.match(snapshotText(summary({ peers: [] })), /; received nothing$/);
});

const INTERVAL = {
  subject: "app2_tick",
  lengthUs: S,
  of: "delay",
  received: 100,
  lost: 2,
  unsent: 0,
  skipped: 0,
} as const;

Deno.test("intervalText() is one line", () => {
  assert.equal(
    intervalText({ ...INTERVAL, statistics: delayFigures() }),
    "app2_tick  received 100  lost 2  delay p50 0.300  p99 0.900  max 3.000 ms",
  );
});

Deno.test("intervalText() has no delays of an interval without ticks", () => {
  const text = intervalText({ ...INTERVAL, received: 0, statistics: delayFigures({ count: 0 }) });
  assert.equal(text, "app2_tick  received 0  lost 2");
});

// What each kind of JSON line holds: a key with ? may be left out, and one with | may be either.
type Shape = { [key: string]: string | Shape };

const DELAY: Shape = {
  count: "number",
  minUs: "number|null",
  meanUs: "number|null",
  deviationUs: "number|null",
  percentilesUs: {
    "50": "number|null",
    "90": "number|null",
    "99": "number|null",
    "99.9": "number|null",
    "99.99": "number|null",
  },
  max: { us: "number|null", seq: "number", atUs: "number" },
  beyond: "number",
};
const RECEIVED: Shape = {
  received: "number",
  lost: "number",
  late: "number",
  duplicate: "number",
  reordered: "number",
};
const GAP: Shape = {
  startUs: "number",
  endUs: "number",
  lengthUs: "number",
  missing: "number",
  unsent: "number",
  skipped: "number",
  cause: "string",
  "causes?": "array",
  "isOpen?": "boolean",
};
const SHAPES: Record<string, Shape> = {
  tick: {
    v: "number",
    type: "string",
    subject: "string",
    t_sign: "number",
    t_real: "number",
    dt: "number",
    "run?": "string",
    "seq?": "number",
    "timerErrorUs?": "number",
    "duringStall?": "boolean",
  },
  interval: {
    v: "number",
    type: "string",
    at: "number",
    subject: "string",
    of: "string",
    lengthUs: "number",
    received: "number",
    lost: "number",
    unsent: "number",
    skipped: "number",
    statistics: DELAY,
  },
  summary: {
    v: "number",
    type: "string",
    at: "number",
    name: "string",
    ranMs: "number",
    schedule: {
      run: "string",
      slots: "number",
      sent: "number",
      unsent: "number",
      skipped: "number",
      timerError: DELAY,
      stalls: "number",
      longestStallUs: "number",
    },
    "rttUs?": "number",
    clockSteps: "number",
    peers: "array",
    rejected: "counts",
    failures: "array",
  },
};
const PEER: Shape = {
  subject: "string",
  "run?": "string",
  runs: "number",
  sequence: {
    ...RECEIVED,
    slots: "number",
    pending: "number",
    unsent: "number",
    skipped: "number",
    bursts: "number",
    "longestBurst?": { run: "string", seq: "number", length: "number" },
    maxExtent: "number",
    misreported: "number",
  },
  bare: "number",
  headerFaults: "counts",
  stale: "number",
  duringStall: "number",
  replayed: "number",
  implausibleTimes: "number",
  implausibleNumbers: "number",
  senders: "number",
  dt: DELAY,
  "delay?": DELAY,
  "delayRange?": { maxBoundUs: "number", percentilesUs: "ranges", maxUs: "array" },
  "pdv?": DELAY,
  "undisturbed?": DELAY,
  unplaced: "number",
  variation: {
    jitterUs: "number|null",
    pairs: "number",
    ipdvMeanUs: "number|null",
    ipdvMaxUs: "number|null",
  },
  "clock?": { offsetUs: "number", boundUs: "number", roundTripUs: "number" },
  drift: { state: "string", "ppm?": "number", "why?": "string" },
  clockSteps: "number",
  clockContradictions: "number",
  outages: {
    count: "number",
    totalUs: "number",
    "longest?": GAP,
    longestOfOthersUs: "number|null",
    longestOnes: "array",
    "openUs?": "number",
  },
  ratePerS: "number|null",
  "endedUs?": "number",
  "peerRttUs?": "number",
  "receivedOfUs?": RECEIVED,
};
const EVENTS: Record<string, Shape> = {
  "waiting": { server: "string", reason: "string", bus: "string", "hint?": "string" },
  "connected": { server: "string", afterMs: "number" },
  "disconnected": { server: "string", "reason?": "string" },
  "unresponsive": { server: "string", forMs: "number" },
  "reconnected": { server: "string", afterMs: "number" },
  "moved": { server: "string", from: "string" },
  "blocked": { server: "string", reason: "string" },
  "unblocked": { server: "string", afterMs: "number" },
  "header left out": { reason: "string" },
  "fault": { reason: "string" },
  "receiving": { subject: "string", "run?": "string" },
  "no ticks": { subject: "string", forMs: "number" },
  "receiving again": { subject: "string", afterMs: "number" },
  "peer restarted": { subject: "string", "run?": "string", afterMs: "number" },
  "several senders": { subject: "string", runs: "array" },
  "header unused": { subject: "string", reason: "string", count: "number" },
  "replayed": { subject: "string", run: "string", seq: "number", count: "number" },
  "implausible time": { subject: "string", byMs: "number", count: "number" },
  "implausible number": { subject: "string", run: "string", seq: "number", count: "number" },
  "misreported": { subject: "string", "run?": "string", count: "number" },
  "peer ended": { subject: "string", run: "string" },
  "peer clock stepped": { subject: "string", byMs: "number" },
  "clock contradiction": { subject: "string", byMs: "number", count: "number" },
  "stale": { subject: "string", ageMs: "number" },
  "lost": { subject: "string", run: "string", seq: "number", length: "number" },
  "outage": { subject: "string", ...GAP },
  "clock stepped": { byMs: "number" },
  "stall": { forMs: "number" },
  "plain timer": { reason: "string" },
  "rejected": { subject: "string", reason: "string", count: "number" },
};

/** Holds a value against a shape: every key is there that must be, none that may not, each as it is to be. */
function fits(value: unknown, shape: Shape, where: string) {
  assert.ok(value !== null && typeof value === "object", `${where} is no object`);
  const fields = value as Record<string, unknown>;
  const known = new Set<string>();
  for (const [written, kind] of Object.entries(shape)) {
    const key = written.replace(/\?$/, "");
    known.add(key);
    const field = fields[key];
    if (field === undefined && key !== written) continue;
    const at = `${where}.${key}`;
    if (typeof kind !== "string") fits(field, kind, at);
    else if (kind === "array") assert.ok(Array.isArray(field), at);
    else if (kind === "ranges") {
      for (const range of Object.values(field as object)) assert.equal(range.length, 2, at);
    } else if (kind === "counts") {
      for (const count of Object.values(field as object)) assert.equal(typeof count, "number", at);
    } else {
      const is = field === null ? "null" : typeof field;
      assert.ok(kind.split("|").includes(is), `${at} is ${is}, not ${kind}`);
    }
  }
  for (const key of Object.keys(fields)) {
    assert.ok(known.has(key), `${where}.${key} is not told of`);
  }
}

/** Reads a line as its kind's shape says. */
// deno-lint-ignore no-explicit-any
function read(line: string, kind: string): any {
  assert.ok(!line.includes("\n"));
  const value = JSON.parse(line);
  assert.deepEqual([value.v, value.type], [JSON_VERSION, kind]);
  if (kind === "event") {
    const { v: _v, type: _type, at, event, ...rest } = value;
    assert.equal(typeof at, "number");
    assert.ok(Object.hasOwn(EVENTS, event), `event ${event} is not told of`);
    fits(rest, EVENTS[event], event);
  } else fits(value, SHAPES[kind], kind);
  for (const peer of value.peers ?? []) {
    fits(peer, PEER, "peer");
    for (const outage of peer.outages.longestOnes) fits(outage, GAP, "outage");
  }
  for (const failure of value.failures ?? []) {
    fits(failure, { written: "string", "subject?": "string", value: "string" }, "failure");
  }
  return value;
}

Deno.test("tickJson() has a tick's times in seconds, and what its header says", () => {
  const tick: ReceivedTick = {
    subject: "app2_tick",
    signUs: EPOCH_US + 582_859 as WallUs,
    realUs: EPOCH_US + 583_160 as WallUs,
    monoUs: 5 as MonoUs,
    header: { run: "bbbbbbbb", seq: 7, timerErrorUs: -12, unsent: 1, skipped: 2 },
  };
  assert.equal(
    tickJson(tick),
    '{"v":2,"type":"tick","subject":"app2_tick","t_sign":1795503377.582859,' +
      '"t_real":1795503377.58316,"dt":0.000301,"run":"bbbbbbbb","seq":7,"timerErrorUs":-12}',
  );
  read(tickJson(tick), "tick");
});

Deno.test("tickJson() leaves out what a bare peer doesn't say", () => {
  const { last } = bareRecorder();
  const line = read(tickJson(last), "tick");
  assert.deepEqual(Object.keys(line), ["v", "type", "subject", "t_sign", "t_real", "dt"]);
});

const outage = peerFigures().outages.longest!;
const ALL_EVENTS: TickEvent[] = [
  { type: "waiting", server: "127.0.0.1:4222", reason: "refused", bus: "NATS" },
  { type: "connected", server: "127.0.0.1:4222", afterMs: 12.5 },
  { type: "disconnected", server: "127.0.0.1:4222" },
  { type: "unresponsive", server: "127.0.0.1:4222", forMs: 250 },
  { type: "reconnected", server: "127.0.0.1:4222", afterMs: 71 },
  { type: "moved", server: "127.0.0.1:4223", from: "127.0.0.1:4222" },
  { type: "blocked", server: "127.0.0.1:4223", reason: "memory" },
  { type: "unblocked", server: "127.0.0.1:4223", afterMs: 500 },
  { type: "header left out", reason: "the server takes no headers" },
  { type: "fault", reason: "permissions" },
  { type: "receiving", subject: "app2_tick" },
  { type: "no ticks", subject: "app2_tick", forMs: 1000 },
  { type: "receiving again", subject: "app2_tick", afterMs: 3200 },
  { type: "peer restarted", subject: "app2_tick", run: "bbbbbbbb", afterMs: 70 },
  { type: "peer ended", subject: "app2_tick", run: "bbbbbbbb" },
  { type: "several senders", subject: "app2_tick", runs: ["bbbbbbbb", "cccccccc"] },
  { type: "header unused", subject: "app2_tick", reason: "broken header", count: 3 },
  { type: "replayed", subject: "app2_tick", run: "bbbbbbbb", seq: 12, count: 3 },
  { type: "implausible time", subject: "app2_tick", byMs: -3600e3, count: 3 },
  { type: "implausible number", subject: "app2_tick", run: "bbbbbbbb", seq: 12, count: 3 },
  { type: "misreported", subject: "app2_tick", run: "bbbbbbbb", count: 3 },
  { type: "peer clock stepped", subject: "app2_tick", byMs: -3600e3 },
  { type: "clock contradiction", subject: "app2_tick", byMs: 1.25, count: 3 },
  { type: "stale", subject: "app2_tick", ageMs: 300 },
  { type: "lost", subject: "app2_tick", run: "bbbbbbbb", seq: 12, length: 3 },
  { type: "outage", subject: "app2_tick", ...outage },
  { type: "clock stepped", byMs: 250 },
  { type: "stall", forMs: 120 },
  { type: "plain timer", reason: "the timer thread has died" },
  { type: "rejected", subject: "app2_tick", reason: "empty", count: 2 },
];

for (const event of ALL_EVENTS) {
  Deno.test(`eventJson() tells of ${event.type}`, () => {
    const { type, ...fields } = event;
    const { at, event: told, ...rest } = read(eventJson(EPOCH_US + 500_000, event), "event");
    assert.equal(at, EPOCH_US / 1e6 + 0.5);
    assert.equal(told, type);
    assert.deepEqual(rest, { v: JSON_VERSION, type: "event", ...fields });
  });
}

Deno.test("intervalJson() tells of an interval, with and without ticks", () => {
  const { recorder, last } = bareRecorder();
  const cursor = recorder.intervals(S, 10 * S as MonoUs);
  recorder.received({ ...last, monoUs: 11.5 * S as MonoUs });
  const [empty, one] = cursor.next(12 * S as MonoUs)
    .map((interval) => read(intervalJson(EPOCH_US, interval), "interval"));
  assert.deepEqual([one.received, one.statistics.count, one.lengthUs], [1, 1, S]);
  assert.deepEqual([empty.received, empty.statistics.count], [0, 0]);
  assert.deepEqual([empty.statistics.meanUs, empty.statistics.deviationUs], [null, null]);
});

Deno.test("summaryJson() tells all statistics, as its schema says", () => {
  const { app1 } = simulate({
    seed: 2,
    seconds: 40,
    app1: { stalls: [{ fromUs: 5 * S, toUs: 5.5 * S }] },
    app2: {
      disconnected: [{ fromUs: 7 * S, toUs: 8 * S }],
      wayUs: (random, _, seq) =>
        seq % 100 === 7 ? [] : seq % 100 === 8 ? [300, 400] : [
          300 + 50 * random(),
        ],
    },
  });
  app1.recorder.roundTrip(160);
  const statistics = summaryAt(app1, 40 * S);
  const failures = [{ written: "loss=0", subject: "app2_tick", value: "39" }];
  const line = read(summaryJson(EPOCH_US, statistics, failures), "summary");
  assert.deepEqual(line.failures, failures);
  const [peer] = line.peers;
  assert.equal(peer.drift.state, "known");
  assert.deepEqual(peer, JSON.parse(JSON.stringify(statistics.peers[0])));
  for (const key of ["delay", "clock", "receivedOfUs"]) assert.ok(peer[key], key);
  assert.ok(peer.sequence.longestBurst && peer.outages.longest);
});

Deno.test("summaryJson() fits its schema where hardly anything is known", () => {
  const { recorder } = bareRecorder();
  const clock = fakeClock({ monoUs: 100 * S });
  const statistics = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: true });
  const line = read(summaryJson(EPOCH_US, statistics, []), "summary");
  assert.equal(line.peers[0].bare, 1000);
  assert.equal(line.schedule.timerError.max.us, null);
  const nothing = new Recorder({ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: S });
  read(
    summaryJson(
      EPOCH_US,
      summaryOf({ name: "app1", startUs: 0, recorder: nothing, clock, ended: true }),
      [],
    ),
    "summary",
  );
});

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
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { fakeClock } from "../support/fakes.ts";
import { peerFigures } from "../support/statistics.ts";
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
  "seq?": "number",
  "via?": "array",
  "isOpen?": "boolean",
  "isUncounted?": "boolean",
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
    dt: DELAY,
    longestGapUs: "number",
    "isPartial?": "boolean",
  },
  summary: {
    v: "number",
    type: "string",
    at: "number",
    name: "string",
    ranMs: "number",
    schedule: {
      run: "string",
      intervalUs: "number",
      slots: "number",
      sent: "number",
      unsent: "number",
      skipped: "number",
      timerError: DELAY,
      stalls: "number",
      longestStallUs: "number",
    },
    "rttUs?": "number",
    "ownUs?": "number",
    clockSteps: "number",
    reconnects: "counts",
    peers: "array",
    rejected: "counts",
    expectations: "array",
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
  unaccounted: "number",
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
  redelivered: "number",
  fromStore: "number",
  "acknowledgedLost?": { min: "number", max: "number" },
  ratePerS: "number|null",
  "endedUs?": "number",
  "peerRttUs?": "number",
  "receivedOfUs?": { ...RECEIVED, "asOfSeq?": "number" },
  lossRuns: "array",
};
const EVENTS: Record<string, Shape> = {
  "waiting": { server: "string", reason: "string", bus: "string", "hint?": "string" },
  "connected": { server: "string", afterMs: "number" },
  "disconnected": { server: "string", "reason?": "string" },
  "unresponsive": { server: "string", forMs: "number" },
  "reconnected": { server: "string", afterMs: "number" },
  "moved": { server: "string", from: "string" },
  "made": { what: "string" },
  "blocked": { server: "string", reason: "string" },
  "unblocked": { server: "string", afterMs: "number" },
  "header left out": { reason: "string" },
  "fault": { reason: "string" },
  "receiving": { subject: "string", "run?": "string" },
  "no ticks": { subject: "string", forMs: "number" },
  "no peer": { subject: "string", forMs: "number" },
  "receiving again": { subject: "string", afterMs: "number" },
  "peer restarted": { subject: "string", "run?": "string", afterMs: "number" },
  "several senders": { subject: "string", runs: "array" },
  "header unused": { subject: "string", reason: "string", count: "number" },
  "replayed": { subject: "string", run: "string", seq: "number", count: "number" },
  "implausible time": { subject: "string", byMs: "number", count: "number" },
  "implausible number": { subject: "string", run: "string", seq: "number", count: "number" },
  "unaccounted": { subject: "string", run: "string", count: "number" },
  "own ticks": { subject: "string" },
  "misreported": { subject: "string", "run?": "string", count: "number" },
  "peer ended": { subject: "string", run: "string" },
  "peer clock stepped": { subject: "string", byMs: "number" },
  "clock contradiction": { subject: "string", byMs: "number", count: "number" },
  "stale": { subject: "string", ageMs: "number" },
  "lost": { subject: "string", run: "string", seq: "number", length: "number" },
  "outage": { subject: "string", ...GAP },
  "clock stepped": { byMs: "number" },
  "stall": { forMs: "number" },
  "threshold failed": { subject: "string", lengthUs: "number", outcomes: "array" },
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
  for (const outcome of value.expectations ?? []) {
    fits(outcome, {
      ...{ written: "string", "subject?": "string", ok: "boolean" },
      ...{ wanted: "string", found: "string", "open?": "string" },
    }, "expectation");
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
  {
    ...{ type: "threshold failed", subject: "app2_tick", lengthUs: 1e6 },
    outcomes: [{ written: "loss=0", wanted: "= 0", found: "1" }],
  },
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
  const [wanted, found] = ["= 0", "39"];
  const outcomes = [{ written: "loss=0", subject: "app2_tick", ok: false, wanted, found }];
  const line = read(summaryJson(EPOCH_US, statistics, outcomes), "summary");
  assert.deepEqual(line.expectations, outcomes);
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

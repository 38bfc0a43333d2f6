import assert from "node:assert/strict";
import { Ajv } from "ajv";
import schema from "../../lib/report/schema.json" with { type: "json" };
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
import { readHdr } from "../../lib/stats/delay/hdr.ts";
import { joinedOf } from "../../lib/stats/joined.ts";
import { summaryInTurns, summaryOf } from "../../lib/stats/summary.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
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

Deno.test("summaryOf() misses nobody for as long as arrivals may not be taken in", () => {
  const { recorder, last } = bareRecorder();
  const at = (afterUs: number, lingerUs?: number) => {
    const clock = fakeClock({ monoUs: last.monoUs + afterUs });
    const all = { name: "app1", startUs: 0, recorder, clock, ended: false, lingerUs };
    const [{ outages: { count, openUs } }] = summaryOf(all).peers;
    return [count, openUs];
  };
  assert.deepEqual(at(120_000), [1, 120_000]);
  assert.deepEqual(at(120_000, 200_000), [0, undefined]);
  assert.deepEqual(at(310_000, 200_000), [1, 110_000]);
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

Deno.test("summaryInTurns() is the same, and lets others have their turn between many peers", async () => {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: S });
  for (let n = 0; n < 100; n++) {
    const [signUs, monoUs] = [EPOCH_US as WallUs, 1000 as MonoUs];
    const header = { run: "bbbbbbbb", seq: 0, timerErrorUs: 0, unsent: 0, skipped: 0 };
    recorder.received({ subject: `peer${n}`, signUs, realUs: signUs, monoUs, header });
  }
  const still = fakeClock({ monoUs: 7 * S });
  const options = { name: "app1", startUs: 0, recorder, clock: still, ended: false };
  const noTurn = () => assert.fail("it takes no time");
  assert.deepEqual(await summaryInTurns(options, noTurn), summaryOf(options));
  // Each look at this clock takes half a millisecond.
  let [us, turns] = [7 * S, 0];
  const clock = { wallUs: () => still.wallUs(), monoUs: () => (us += 500) as MonoUs };
  const turn = () => Promise.resolve(void turns++);
  const { peers } = await summaryInTurns({ ...options, clock }, turn);
  assert.deepEqual(peers.map(({ subject }) => subject), [...recorder.peers.keys()]);
  assert.ok(turns >= 30 && turns <= 100, `${turns} turns`);
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

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, allowMatchingProperties: true })
  .addSchema(schema, "schema");

/** Reads a line, which the schema has to allow, with nothing in it that it doesn't describe. */
// deno-lint-ignore no-explicit-any
function read(line: string, kind: string): any {
  assert.ok(!line.includes("\n"));
  const value = JSON.parse(line);
  assert.deepEqual([value.v, value.type], [JSON_VERSION, kind]);
  assert.ok(ajv.validate(`schema#/definitions/${kind}`, value), ajv.errorsText());
  assert.ok(ajv.validate("schema", value)); // it is of one kind alone
  return value;
}

/** Every schema within a schema. */
function* within(part: unknown, path = "#"): Generator<[string, Record<string, unknown>]> {
  if (typeof part !== "object" || part === null) return;
  for (const [key, inner] of Object.entries(part)) {
    if (key === "properties" || key === "patternProperties") {
      for (const [name, one] of Object.entries(inner)) {
        yield [`${path}/${name}`, one as Record<string, unknown>];
      }
    }
    yield* within(inner, `${path}/${key}`);
  }
}

Deno.test("the schema describes every field, and of a time that it is in seconds", () => {
  for (const [path, { description }] of within(schema)) {
    assert.ok(typeof description === "string" && description.length > 3, path);
  }
  const names = [...within(schema)].map(([path]) => path.split("/").at(-1)!);
  assert.deepEqual(names.filter((name) => /(Us|Ms|S)$/.test(name)), []);
});

/** A number that JSON writes with more than a microsecond says. */
function noisyIn(value: unknown): number[] {
  if (typeof value === "number") return Math.round(value * 1e6) / 1e6 === value ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(noisyIn) : [];
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
    '{"v":3,"type":"tick","subject":"app2_tick","t_sign":1795503377.582859,' +
      '"t_real":1795503377.58316,"dt":0.000301,"run":"bbbbbbbb","seq":7,"timerError":-0.000012}',
  );
  read(tickJson(tick), "tick");
});

Deno.test("summaryJson() has both ends of what was acknowledged and yet lost", () => {
  const peers = [peerFigures({ acknowledgedLost: { min: 3, max: 7 } })];
  const [peer] = read(summaryJson(EPOCH_US, summary({ peers }), []), "summary").peers;
  assert.deepEqual(peer.acknowledgedLost, { min: 3, max: 7 });
});

Deno.test("tickJson() leaves out what a bare peer doesn't say", () => {
  const { last } = bareRecorder();
  const line = read(tickJson(last), "tick");
  assert.deepEqual(Object.keys(line), ["v", "type", "subject", "t_sign", "t_real", "dt"]);
});

const outage = peerFigures().outages.longest!;
const ALL_EVENTS: TickEvent[] = [
  { type: "refused", server: "127.0.0.1:4222", reason: "expired" },
  { type: "denied", operation: "publish", subject: "app1_tick" },
  { type: "allowed", operation: "publish", subject: "app1_tick" },
  { type: "made", what: "stream tick" },
  { type: "no peer", subject: "app2_tick", forMs: 2000.1234 },
  { type: "own ticks", subject: "app2_tick" },
  { type: "unaccounted", subject: "app2_tick", run: "bbbbbbbb", count: 3 },
  { type: "waiting", server: "127.0.0.1:4222", reason: "refused", bus: "NATS" },
  { type: "connected", server: "127.0.0.1:4222", afterMs: 12.5 },
  { type: "disconnected", server: "127.0.0.1:4222" },
  { type: "unresponsive", server: "127.0.0.1:4222", forMs: 250 },
  {
    ...{ type: "reconnected", server: "127.0.0.1:4222", product: "nats-server 2.9.10" },
    ...{ name: "n1", cluster: "c1", afterMs: 71 },
  },
  { type: "moved", server: "127.0.0.1:4223", from: "127.0.0.1:4222" },
  { type: "blocked", server: "127.0.0.1:4223", reason: "memory" },
  { type: "unblocked", server: "127.0.0.1:4223", afterMs: 500 },
  { type: "behind", server: "127.0.0.1:4223", forMs: 1200 },
  { type: "caught up", server: "127.0.0.1:4223", forMs: 2500 },
  { type: "unread", server: "127.0.0.1:4223", forMs: 8200 },
  { type: "left unread", server: "127.0.0.1:4223", forMs: 8200 },
  { type: "header left out", reason: "the server takes no headers" },
  { type: "republished", count: 3 },
  { type: "fault", reason: "permissions" },
  { type: "receiving", subject: "app2_tick" },
  { type: "no ticks", subject: "app2_tick", forMs: 1000 },
  { type: "receiving again", subject: "app2_tick", afterMs: 3200 },
  { type: "peer restarted", subject: "app2_tick", run: "bbbbbbbb", afterMs: 70 },
  { type: "peer ended", subject: "app2_tick", run: "bbbbbbbb" },
  { type: "several senders", subject: "app2_tick", runs: ["bbbbbbbb", "cccccccc"] },
  { type: "forgotten", subject: "app2_tick", afterMs: 3.6e6, received: 100, lost: 2 },
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
  { type: "page", url: "http://127.0.0.1:8080/" },
  { type: "no page", address: "127.0.0.1:8080", reason: "address already in use" },
  { type: "no report", path: "/tmp/a.html", reason: "no space" },
  { type: "no screen", reason: "stderr is not a terminal" },
  { type: "plain timer", reason: "the timer thread has died" },
  { type: "rejected", subject: "app2_tick", reason: "empty", count: 2 },
];

for (const event of ALL_EVENTS) {
  Deno.test(`eventJson() tells of ${event.type}`, () => {
    const told = read(eventJson(EPOCH_US + 500_000, event), "event");
    assert.equal(told.at, EPOCH_US / 1e6 + 0.5);
    assert.equal(told.event, event.type);
    assert.deepEqual(noisyIn(told), []);
    // Every field of it is there, with the unit taken out of its name.
    assert.equal(Object.keys(told).length, Object.keys(event).length + 3);
  });
}

Deno.test("the schema knows the events that there are, and no others", () => {
  const known = schema.definitions.event.properties.event.enum;
  assert.deepEqual([...known].sort(), ALL_EVENTS.map(({ type }) => type).sort());
});

Deno.test("eventJson() has times in seconds, whatever their unit was", () => {
  const lost: TickEvent = { type: "lost", subject: "a", run: "bbbbbbbb", seq: 12, length: 3 };
  assert.equal(read(eventJson(EPOCH_US, lost), "event").slots, 3);
  const reconnected: TickEvent = { type: "reconnected", server: "a:1", afterMs: 12.3456789012 };
  assert.equal(read(eventJson(EPOCH_US, reconnected), "event").after, 0.012346);
  const causes = [{ cause: "local stall", us: 120_000 }, { cause: "unknown", us: 80_000 }] as const;
  const told = read(
    eventJson(EPOCH_US, { type: "outage", subject: "a", ...outage, causes: [...causes] }),
    "event",
  );
  assert.equal(told.length, outage.lengthUs / 1e6);
  assert.deepEqual(told.causes, [{ cause: "local stall", length: 0.12 }, {
    cause: "unknown",
    length: 0.08,
  }]);
});

Deno.test("intervalJson() tells of an interval, with and without ticks", () => {
  const { recorder, last } = bareRecorder();
  const cursor = recorder.intervals(S, 10 * S as MonoUs);
  recorder.received({ ...last, monoUs: 11.5 * S as MonoUs });
  const [empty, one] = cursor.next(12 * S as MonoUs)
    .map((interval) => read(intervalJson(EPOCH_US, interval), "interval"));
  assert.deepEqual([one.received, one.dt.count, one.length, one.delay], [1, 1, 1, undefined]);
  assert.deepEqual([empty.received, empty.dt.count], [0, 0]);
  assert.deepEqual([empty.dt.mean, empty.dt.stdev], [null, null]);
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
  const [of] = statistics.peers;
  assert.deepEqual(peer.sequence.received, of.sequence.received);
  assert.equal(peer.delay.p99_9, of.delay!.percentilesUs["99.9"] / 1e6);
  assert.deepEqual([peer.delay.max, peer.delay.maxSeq], [
    of.delay!.max.us / 1e6,
    of.delay!.max.seq,
  ]);
  assert.equal(peer.outages.longest.length, Math.round(of.outages.longest!.lengthUs) / 1e6);
  assert.deepEqual(noisyIn(line), []);
  for (const key of ["delay", "clock", "peerReceived"]) assert.ok(peer[key], key);
  assert.ok(peer.sequence.longestBurst && peer.outages.longest);
});

Deno.test("summaryJson() fits its schema where hardly anything is known", () => {
  const { recorder } = bareRecorder();
  const clock = fakeClock({ monoUs: 100 * S });
  const statistics = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: true });
  const line = read(summaryJson(EPOCH_US, statistics, []), "summary");
  assert.equal(line.peers[0].withoutHeader, 1000);
  assert.equal(line.schedule.timerError.max, null);
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

Deno.test("summaryJson() tells what became of ticks with a server that says so, and of each rule", () => {
  const of = summary();
  const fates = {
    ...{ acknowledged: 90, refused: 1, unroutable: 2, unconfirmed: 3, pending: 4, republished: 5 },
    acknowledgedAfter: delayFigures(),
  };
  const outcome = {
    ...{ written: "loss=0", subject: "app2_tick", ok: false, wanted: "= 0", found: "failed" },
    intervals: { lengthUs: 60e6, failed: 2, judged: 60 },
  };
  const acknowledgedLost = { min: 3, max: 7 };
  const peers = [{ ...of.peers[0], acknowledgedLost }];
  const told = { ...of, peers, schedule: { ...of.schedule, fates } };
  const line = read(summaryJson(EPOCH_US, told, [outcome]), "summary");
  assert.equal(line.schedule.fates.acknowledgedAfter.p50, 0.0003);
  assert.deepEqual(line.expectations[0].intervals, { length: 60, failed: 2, judged: 60 });
  assert.deepEqual(line.peers[0].acknowledgedLost, acknowledgedLost);
});

Deno.test("summaryJson() has the times of all peers together, of which each value is in the histogram", () => {
  const { app1 } = simulate({ seed: 3, seconds: 3 });
  const joined = joinedOf(app1.recorder, app1.monoUs(3 * S));
  const { peers: [peer], joined: all } = read(
    summaryJson(EPOCH_US, summaryAt(app1, 3 * S), [], joined),
    "summary",
  );
  assert.deepEqual(Object.keys(all), ["delay", "dt", "pdv"]);
  for (const kind of ["delay", "dt", "pdv"] as const) {
    const { statistics, base, hdr } = all[kind];
    assert.deepEqual(statistics, peer[kind], kind);
    const { counted } = readHdr(hdr);
    assert.equal(counted.reduce((sum, [, count]) => sum + count, 0), peer[kind].count);
    assert.ok(base < statistics.min && statistics.min - base < 0.009, `${kind}: ${base}`);
  }
});

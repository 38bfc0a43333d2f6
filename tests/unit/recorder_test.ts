import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { Recorder, type RecorderOptions } from "../../lib/stats/recorder.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import type { Echo, TickHeader } from "../../lib/wire.ts";
import { EPOCH_US } from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;
const H = 3600 * S;
const OURS = "aaaaaaaa";
const THEIRS = "bbbbbbbb";
const SUBJECT = "app2_tick";

interface TickOptions extends Partial<TickHeader> {
  subject?: string;
  /** When it is sent, and how long it takes. */
  atUs: number;
  wayUs?: number;
  /** Ahead of a right clock: the peer's wall clock, and ours. */
  peerAheadUs?: number;
  aheadUs?: number;
  bare?: boolean;
  headerFault?: string;
}

function tickOf(options: TickOptions): ReceivedTick {
  const { subject = SUBJECT, atUs, wayUs = 300, peerAheadUs = 0, aheadUs = 0 } = options;
  const { bare = false, headerFault, run = THEIRS, seq = 0, steps, echo, received, rttUs } =
    options;
  const { timerErrorUs = 0, unsent = 0, skipped = 0, last } = options;
  const rides = { steps, echo, received, rttUs, last };
  return {
    subject,
    signUs: EPOCH_US + atUs + peerAheadUs as WallUs,
    realUs: EPOCH_US + atUs + wayUs + aheadUs as WallUs,
    monoUs: atUs + wayUs as MonoUs,
    headerFault,
    header: bare || headerFault ? undefined : { run, seq, timerErrorUs, unsent, skipped, ...rides },
  };
}

/** The moment of a tick of ours. */
function moment(seq: number, atUs: number, aheadUs = 0) {
  return { wallUs: EPOCH_US + atUs + aheadUs as WallUs, monoUs: atUs as MonoUs, seq };
}

function setup(options: Partial<RecorderOptions> = {}) {
  const recorder = new Recorder({
    run: OURS,
    intervalUs: 10 * MS,
    lossTimeoutUs: S,
    ...options,
  });
  const events: TickEvent[] = [];
  return {
    recorder,
    events,
    types: () => events.map(({ type }) => type),
    of: (type: TickEvent["type"]) => events.filter((event) => event.type === type),
    receive(tick: TickOptions) {
      events.push(...recorder.received(tickOf(tick)));
    },
    /** Hears so many ticks, one every 10 ms. */
    hearMany(count: number, from: TickOptions & { fromSeq?: number }) {
      const { fromSeq = 0, atUs } = from;
      for (let n = 0; n < count; n++) {
        events.push(
          ...recorder.received(tickOf({ ...from, seq: fromSeq + n, atUs: atUs + n * 10 * MS })),
        );
      }
    },
    check(atUs: number) {
      events.push(...recorder.check(atUs as MonoUs));
    },
    /** The tick of ours with this number, sent at once. */
    send(seq: number, atUs: number, aheadUs = 0) {
      return recorder.about(moment(seq, atUs, aheadUs));
    },
    peer: (subject = SUBJECT) => recorder.peers.get(subject)!,
    statistics: (atUs = 0, subject = SUBJECT) =>
      recorder.peers.get(subject)!.statistics(atUs as MonoUs),
  };
}

Deno.test("Recorder counts a bare peer's ticks, their dt and their gaps", () => {
  const { hearMany, events, statistics } = setup();
  hearMany(100, { atUs: 0, bare: true, wayUs: 300 });
  hearMany(100, { atUs: 3 * S, bare: true, wayUs: 500 });
  assert.deepEqual(events[0], { type: "receiving", subject: SUBJECT, run: undefined });
  const { run, runs, bare, sequence, dt, delay, outages, variation, clock, ratePerS } = statistics(
    4 * S,
  );
  assert.deepEqual([run, runs, bare, sequence.received, sequence.slots], [undefined, 0, 200, 0, 0]);
  assert.deepEqual([dt.count, dt.minUs, dt.max.us], [200, 300, 500]);
  assert.deepEqual([delay, clock], [undefined, undefined]);
  assert.deepEqual([outages.count, outages.longest?.cause], [1, "unknown"]);
  assert.equal(outages.longest?.lengthUs, 2 * S + 10 * MS + 200);
  assert.ok(variation.jitterUs > 0 && variation.pairs === 0);
  assert.ok(Math.abs(ratePerS - 199 / 3.9902) < 0.001);
});

Deno.test("Recorder takes a bare peer's own interval for no gap and no silence", () => {
  const { receive, check, types } = setup();
  for (let s = 0; s < 60; s++) {
    receive({ atUs: s * S, bare: true });
    check(s * S + 990 * MS);
    check(s * S + S);
  }
  // Before the second one, its interval isn't known.
  assert.ok(types().filter((type) => type !== "receiving").length <= 2, types().join());
});

Deno.test("Recorder takes a slow peer's interval for no gap and no silence", () => {
  const { receive, check, types } = setup();
  for (let n = 0; n < 30; n++) {
    receive({ atUs: n * 3 * S, seq: n });
    if (n > 0) check(n * 3 * S + 2.9 * S);
  }
  assert.deepEqual(types(), ["receiving"]);
});

Deno.test("Recorder uses the body of a tick whose header it can't, and counts that", () => {
  const { receive, statistics } = setup();
  receive({ atUs: 0, headerFault: "broken header" });
  receive({ atUs: 10 * MS, headerFault: "unknown header version" });
  receive({ atUs: 20 * MS, headerFault: "broken header" });
  const { bare, dt, headerFaults } = statistics();
  assert.deepEqual([bare, dt.count], [3, 3]);
  assert.deepEqual(headerFaults, { "broken header": 2, "unknown header version": 1 });
});

Deno.test("Recorder stays with a run that sends one tick with a broken header", () => {
  const { receive, hearMany, check, types, statistics, peer, send } = setup();
  hearMany(100, { atUs: 0, steps: 1 });
  receive({ atUs: S, headerFault: "broken header" });
  hearMany(300, { atUs: S + 10 * MS, fromSeq: 101, steps: 1 });
  check(4.1 * S);
  // By its header, 100 wasn't there.
  assert.deepEqual(types(), ["receiving", "lost", "header unused"]);
  const { run, runs, sequence, bare, variation } = statistics(4.1 * S);
  assert.deepEqual([run, runs], [THEIRS, 1]);
  assert.deepEqual([sequence.received, sequence.lost, bare], [400, 1, 1]);
  assert.equal(variation.pairs, 99 + 299);
  assert.equal(send(0, 4.1 * S).echo?.seq, 400);
  assert.equal(peer().run, THEIRS);
});

Deno.test("Recorder knows no step of a peer's clock by a tick that can't tell of it", () => {
  const { receive, of } = setup();
  receive({ atUs: 0, seq: 0, steps: 2 });
  receive({ atUs: 10 * MS, bare: true });
  receive({ atUs: 20 * MS, seq: 2, steps: 2 });
  assert.deepEqual(of("peer clock stepped"), []);
});

/** Lets us send a tick, and receives it echoed so many times. */
function echoed(
  { send, receive }: ReturnType<typeof setup>,
  change: (echo: Echo) => Partial<Echo>,
  times = 1,
) {
  for (let seq = 0; seq < times; seq++) {
    const atUs = seq * 10 * MS;
    send(seq, atUs);
    // 400 µs there, held for 2 ms, 300 µs back; the peer's clock is 250 ms ahead
    const echo = {
      run: OURS,
      seq,
      signUs: EPOCH_US + atUs as WallUs,
      realUs: EPOCH_US + atUs + 400 + 250 * MS as WallUs,
    };
    receive({
      seq,
      atUs: atUs + 2400,
      peerAheadUs: 250 * MS,
      echo: { ...echo, ...change(echo) },
    });
  }
}

Deno.test("Recorder knows the peer's clock by the echo of a tick of ours", () => {
  const test = setup();
  echoed(test, () => ({}));
  const { clock, delay, unplaced } = test.statistics(2700);
  const { offsetUs, boundUs, roundTripUs } = clock!;
  assert.deepEqual([offsetUs, roundTripUs], [250 * MS + 50, 700]);
  // δ/2, 1 µs of precision, and what 500 ppm are of the 2.7 ms from T1 to T4
  assert.ok(boundUs >= 350 && boundUs <= 354, `± ${boundUs}`);
  assert.deepEqual([delay?.count, delay?.minUs, unplaced], [1, 350, 0]);
});

for (
  const [what, change] of [
    ["of another run", () => ({ run: "cccccccc" })],
    ["of a number we never sent", () => ({ seq: 100_000 })],
    ["of a negative number", () => ({ seq: -1 })],
    ["of a time that isn't that tick's", ({ signUs }) => ({ signUs: signUs - 1 as WallUs })],
  ] as [string, (echo: Echo) => Partial<Echo>][]
) {
  Deno.test(`Recorder ignores an echo ${what}`, () => {
    const test = setup();
    echoed(test, change, 200);
    const { clock, delay, unplaced, dt } = test.statistics(2 * S);
    assert.deepEqual([clock, delay, unplaced, dt.count], [undefined, undefined, 200, 200]);
  });
}

Deno.test("Recorder ignores an echo of a tick that is long gone", () => {
  const test = setup();
  for (let seq = 0; seq <= 4096; seq++) test.send(seq, seq * 10 * MS);
  const signUs = EPOCH_US as WallUs;
  test.receive({ atUs: 41 * S, echo: { run: OURS, seq: 0, signUs, realUs: signUs } });
  assert.equal(test.statistics(41 * S).clock, undefined);
});

Deno.test("Recorder places every tick's delay, those from before the first echo too", () => {
  const test = setup();
  test.hearMany(50, { atUs: -S, fromSeq: 0, peerAheadUs: 250 * MS });
  for (let n = 0; n < 300; n++) {
    test.send(n, n * 10 * MS);
    const signUs = EPOCH_US + n * 10 * MS as WallUs;
    const realUs = signUs + 300 + 250 * MS as WallUs;
    const echo = { run: OURS, seq: n, signUs, realUs };
    test.receive({ seq: 50 + n, atUs: n * 10 * MS + 2300, peerAheadUs: 250 * MS, echo });
  }
  const { delay, unplaced, dt } = test.statistics(3 * S);
  assert.deepEqual([delay?.count, unplaced, dt.count], [350, 0, 350]);
  assert.deepEqual([delay?.minUs, delay?.max.us], [300, 300]);
});

Deno.test("Recorder counts what it could not place, and drops nothing unsaid", () => {
  const test = setup();
  test.hearMany(3000, { atUs: 0 });
  const { delay, unplaced, dt } = test.statistics(30 * S);
  assert.deepEqual([delay, unplaced, dt.count], [undefined, 3000, 3000]);
});

Deno.test("Recorder takes no duplicate for a sample, but a late tick", () => {
  const { receive, statistics } = setup();
  receive({ atUs: 0, seq: 0 });
  receive({ atUs: 20 * MS, seq: 2 });
  receive({ atUs: 20 * MS, seq: 2, wayUs: 400 });
  receive({ atUs: 2 * S, seq: 200 });
  receive({ atUs: 10 * MS, seq: 1, wayUs: 3 * S });
  const { dt, sequence } = statistics(4 * S);
  assert.deepEqual([dt.count, dt.max.us, dt.max.seq], [4, 3 * S, 1]);
  assert.deepEqual([sequence.duplicate, sequence.late], [1, 1]);
});

Deno.test("Recorder tells each loss once, with its number and length", () => {
  const { receive, check, of } = setup();
  receive({ atUs: 0, seq: 0 });
  receive({ atUs: 40 * MS, seq: 4 });
  check(S);
  assert.deepEqual(of("lost"), []);
  check(1.05 * S);
  check(2 * S);
  assert.deepEqual(of("lost"), [{
    type: "lost",
    subject: SUBJECT,
    run: THEIRS,
    seq: 1,
    length: 3,
  }]);
});

Deno.test("Recorder tells a silence once, and the return", () => {
  const { receive, check, events } = setup();
  receive({ atUs: 0, seq: 0 });
  receive({ atUs: 10 * MS, seq: 1 });
  for (let us = 0; us < 3 * S; us += 250 * MS) check(us);
  receive({ atUs: 3 * S, seq: 2 });
  assert.deepEqual(events.map(({ type }) => type), [
    "receiving",
    "no ticks",
    "outage",
    "receiving again",
  ]);
  assert.deepEqual(events[1], { type: "no ticks", subject: SUBJECT, forMs: 1239.7 });
  assert.deepEqual(events[3], { type: "receiving again", subject: SUBJECT, afterMs: 2990 });
});

Deno.test("Recorder tells a restart as one, and not as a loss", () => {
  const { hearMany, check, of, statistics } = setup();
  hearMany(100, { atUs: 0 });
  hearMany(100, { atUs: 1.06 * S, run: "cccccccc" });
  check(5 * S);
  assert.deepEqual(of("peer restarted"), [
    { type: "peer restarted", subject: SUBJECT, run: "cccccccc", afterMs: 70 },
  ]);
  const { run, runs, sequence, outages } = statistics(2 * S);
  assert.deepEqual([run, runs], ["cccccccc", 2]);
  assert.deepEqual([sequence.slots, sequence.received, sequence.lost], [200, 200, 0]);
  assert.equal(outages.count, 0);
});

Deno.test("Recorder knows a gap's cause where the peer restarted or had ended", () => {
  for (const [last, cause] of [[false, "peer restarted"], [true, "peer ended"]] as const) {
    const { receive, of } = setup();
    receive({ atUs: 0, seq: 0, last });
    receive({ atUs: S, run: "cccccccc" });
    const [outage] = of("outage");
    assert.ok(outage?.type === "outage");
    assert.deepEqual([outage.cause, outage.lengthUs, outage.missing], [cause, S, 0]);
    assert.equal(outage.isUncounted, true); // how many the first run sent before its end isn't known
  }
});

Deno.test("Recorder tells once that a peer ended, and calls it not silent", () => {
  const { receive, check, types, statistics } = setup();
  receive({ atUs: 0, seq: 0 });
  receive({ atUs: 10 * MS, seq: 1, last: true });
  receive({ atUs: 10 * MS, seq: 1, last: true, wayUs: 500 }); // a copy
  check(10 * S);
  assert.deepEqual(types(), ["receiving", "peer ended"]);
  assert.equal(statistics(10 * S).outages.longest?.cause, "peer ended");
});

Deno.test("Recorder leaves an ended peer ended when an older tick comes behind", () => {
  const { receive, check, types } = setup();
  receive({ atUs: 0, seq: 0 });
  receive({ atUs: 20 * MS, seq: 2, last: true });
  receive({ atUs: 10 * MS, seq: 1, wayUs: 15 * MS });
  check(10 * S);
  assert.deepEqual(types(), ["receiving", "peer ended"]);
});

Deno.test("Recorder receives two senders on a subject each in full, and the one that was first as the peer", () => {
  const { hearMany, receive, statistics, types, check } = setup();
  hearMany(100, { atUs: 0 });
  for (let n = 0; n < 200; n++) {
    receive({ atUs: S + n * 10 * MS, seq: n, run: "cccccccc", wayUs: 200 });
    receive({ atUs: S + n * 10 * MS, seq: 100 + n });
  }
  check(3.5 * S);
  const { run, runs, sequence, dt, variation } = statistics(3 * S);
  assert.deepEqual([run, runs], [THEIRS, 2]);
  assert.deepEqual([sequence.slots, sequence.received, sequence.lost], [500, 500, 0]);
  assert.deepEqual([sequence.duplicate, sequence.reordered], [0, 0]);
  assert.equal(dt.count, 500);
  assert.equal(variation.ipdvMaxUs, 0); // none of the other's ticks is in between
  assert.deepEqual(types(), ["receiving", "several senders"]);
});

Deno.test("Recorder goes back to the sender that stays, once the other one has ended", () => {
  const { hearMany, receive, statistics, send, check, of } = setup();
  hearMany(100, { atUs: 0 });
  receive({ atUs: S, seq: 0, run: "cccccccc" });
  hearMany(100, { atUs: S, fromSeq: 100 });
  receive({ atUs: 2 * S, seq: 1, run: "cccccccc", last: true });
  hearMany(400, { atUs: 2 * S, fromSeq: 200 });
  check(6.1 * S);
  assert.equal(statistics(6 * S).run, THEIRS);
  assert.equal(send(0, 6 * S).echo?.run, THEIRS);
  assert.deepEqual(of("no ticks"), []);
});

Deno.test("Recorder doesn't call a restart on a machine with another clock stale", () => {
  const { hearMany, of, statistics } = setup();
  hearMany(100, { atUs: 0 });
  hearMany(100, { atUs: 1.05 * S, run: "cccccccc", peerAheadUs: -H });
  assert.equal(statistics(3 * S).stale, 0);
  assert.deepEqual(of("stale"), []);
});

Deno.test("Recorder counts stale ticks as samples too, and tells of each burst once", () => {
  const { receive, of, statistics } = setup();
  [300, 300, 251 * MS, 260 * MS, 300, 249 * MS, 300 * MS].forEach((wayUs, seq) => {
    receive({ seq, atUs: seq * 400 * MS, wayUs: wayUs + 300 });
  });
  const { stale, dt } = statistics(3 * S);
  assert.deepEqual([stale, dt.count], [3, 7]);
  // By what is above the least, as no offset is known.
  assert.deepEqual(of("stale"), [
    { type: "stale", subject: SUBJECT, ageMs: 250.7 },
    { type: "stale", subject: SUBJECT, ageMs: 299.7 },
  ]);
});

Deno.test("Recorder holds each subject of a wildcard for a peer of its own", () => {
  const { receive, recorder, statistics } = setup();
  for (let n = 0; n < 100; n++) {
    receive({ subject: "tick.a", seq: n, atUs: n * 10 * MS });
    if (n % 2) {
      receive({ subject: "tick.b", run: "cccccccc", seq: n, atUs: n * 10 * MS, wayUs: 900 });
    }
    if (n % 4 === 0) receive({ subject: "tick.c", bare: true, atUs: n * 10 * MS });
  }
  assert.equal(recorder.peers.size, 3);
  const [a, b, c] = ["tick.a", "tick.b", "tick.c"].map((subject) => statistics(S, subject));
  assert.deepEqual([a.sequence.received, b.sequence.received, c.bare], [100, 50, 25]);
  assert.deepEqual([a.run, b.run, c.run], [THEIRS, "cccccccc", undefined]);
  assert.deepEqual([a.dt.max.us, b.dt.minUs], [300, 900]);
  assert.equal(b.sequence.pending, 49);
});

Deno.test("Recorder echoes the peers of a wildcard in turn", () => {
  const { receive, send } = setup();
  const runs = ["bbbbbbbb", "cccccccc", "dddddddd"];
  runs.forEach((run, n) => receive({ subject: `tick.${n}`, run, seq: n * 10, atUs: n }));
  const echoes = [0, 1, 2, 3, 4, 5].map((seq) => send(seq, S + seq * 10 * MS).echo);
  assert.deepEqual(echoes.map((echo) => echo?.run), [...runs, ...runs]);
  assert.deepEqual(echoes.map((echo) => echo?.seq), [0, 10, 20, 0, 10, 20]);
});

Deno.test("Recorder rejects subjects beyond 10,000, tick by tick", () => {
  const { receive, recorder, check, of } = setup();
  for (let n = 0; n < 10_044; n++) receive({ subject: `tick.${n}`, bare: true, atUs: n });
  receive({ subject: "tick.0", bare: true, atUs: 10 * MS });
  assert.equal(recorder.peers.size, 10_000);
  assert.equal(recorder.rejected.get("too many subjects"), 44);
  check(S);
  const [event] = of("rejected");
  assert.ok(event.type === "rejected");
  assert.deepEqual([event.reason, event.count], ["too many subjects", 44]);
});

Deno.test("Recorder tells what was rejected since the last time", () => {
  const { recorder, check, events } = setup();
  const reject = (reason: string) =>
    recorder.reject({ subject: SUBJECT, reason, body: new Uint8Array() });
  ["empty", "too long", "empty"].forEach(reject);
  check(S);
  check(2 * S);
  reject("empty");
  check(3 * S);
  assert.deepEqual(events, [
    { type: "rejected", subject: SUBJECT, reason: "empty", count: 2 },
    { type: "rejected", subject: SUBJECT, reason: "too long", count: 1 },
    { type: "rejected", subject: SUBJECT, reason: "empty", count: 1 },
  ]);
  assert.deepEqual([...recorder.rejected], [["empty", 3], ["too long", 1]]);
});

Deno.test("Recorder.about() rides nothing but our own before a peer is received", () => {
  const { send } = setup();
  assert.deepEqual(send(0, 0), { steps: 0 });
});

Deno.test("Recorder.about() rides our round trip with an echo, which it is of use with", () => {
  const { recorder, receive, send } = setup();
  recorder.roundTrip(160);
  assert.equal(send(0, 0).rttUs, undefined);
  receive({ atUs: 5 * MS, seq: 5 });
  assert.equal(send(1, 10 * MS).rttUs, 160);
});

Deno.test("Recorder.about() rides each tick received once, but at first and on the last of ours", () => {
  const { recorder, receive, send } = setup();
  const echoes = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => send(from + n, (from + n) * 10 * MS))
      .map(({ echo, received }) => echo && received && echo.seq);
  receive({ atUs: 0, seq: 5 });
  assert.deepEqual(echoes(0, 64), Array(64).fill(5));
  assert.deepEqual(echoes(64, 67), [undefined, undefined, undefined]);
  receive({ atUs: 665 * MS, seq: 70 });
  receive({ atUs: 666 * MS, seq: 71 });
  assert.deepEqual(echoes(67, 70), [71, undefined, undefined]);
  const last = recorder.about({ ...moment(70, 700 * MS), last: true });
  assert.equal(last.echo?.seq, 71);
});

Deno.test("Recorder.about() rides on each tick again after a restart of the peer and a step of ours", () => {
  const { receive, send } = setup();
  receive({ atUs: 0, seq: 5 });
  for (let n = 0; n < 64; n++) send(n, n * 10 * MS);
  receive({ atUs: 640 * MS, run: "0badcafe", seq: 0 });
  const afterRestart = [send(64, 640 * MS), send(65, 650 * MS)];
  assert.deepEqual(afterRestart.map(({ echo }) => echo?.run), ["0badcafe", "0badcafe"]);
  send(66, 660 * MS, S); // our clock is a second ahead from here on
  receive({ atUs: 665 * MS, run: "0badcafe", seq: 1, aheadUs: S });
  const afterStep = [send(67, 670 * MS, S), send(68, 680 * MS, S)];
  assert.deepEqual(afterStep.map(({ echo }) => echo?.seq), [1, 1]);
});

Deno.test("Recorder.about() rides the last tick received, and what was received of its run", () => {
  const { receive, send } = setup();
  receive({ atUs: 0, seq: 5 });
  receive({ atUs: 20 * MS, seq: 7 });
  receive({ atUs: 20 * MS, seq: 7 });
  const { echo, received } = send(0, 30 * MS);
  assert.deepEqual(echo, {
    run: THEIRS,
    seq: 7,
    signUs: EPOCH_US + 20 * MS,
    realUs: EPOCH_US + 20 * MS + 300,
  });
  const { received: count, lost, late, duplicate, reordered } = received!;
  assert.deepEqual([count, lost, late, duplicate, reordered], [2, 0, 0, 1, 0]);
});

Deno.test("Recorder.about() rides an echo of a bare peer that names no tick", () => {
  const { receive, send } = setup();
  receive({ atUs: 0, bare: true });
  const { echo, received } = send(0, 10 * MS);
  assert.deepEqual([echo?.run, echo?.seq, received], ["-", -1, undefined]);
});

Deno.test("Recorder has what the peer says of itself and of us", () => {
  const { receive, statistics } = setup();
  const received = { received: 90, lost: 1, late: 2, duplicate: 3, reordered: 4 };
  receive({ atUs: 0, seq: 0, rttUs: 200, received });
  receive({ atUs: 20 * MS, seq: 2, rttUs: 180, received: { ...received, received: 91 } });
  receive({ atUs: 10 * MS, seq: 1, rttUs: 999, received, wayUs: 15 * MS }); // of the past
  receive({ atUs: 30 * MS, seq: 3 }); // doesn't say it again
  const { peerRttUs, receivedOfUs } = statistics();
  assert.equal(peerRttUs, 180);
  assert.deepEqual(receivedOfUs, { ...received, received: 91 });
});

Deno.test("Recorder's round trip to the server is the least of late", () => {
  const { recorder } = setup();
  assert.equal(recorder.rttUs, undefined);
  for (const us of [300, 159.6, 400]) recorder.roundTrip(us);
  assert.equal(recorder.rttUs, 160);
  for (let n = 0; n < 80; n++) recorder.roundTrip(200);
  assert.equal(recorder.rttUs, 200);
});

Deno.test("Recorder tells a stall of our own", () => {
  const { recorder, check, of } = setup();
  const { wallUs: signUs, monoUs } = moment(0, 120 * MS);
  const tick = { run: OURS, seq: 0, signUs, monoUs, timerErrorUs: 120 * MS, last: false };
  recorder.sent({ ...tick, sent: true, unsent: 0, skipped: 0 });
  check(S);
  assert.deepEqual(of("stall"), [{ type: "stall", forMs: 120 }]);
});

for (const first of ["our tick", "the peer's"]) {
  Deno.test(`Recorder knows its own stall as a gap's cause where ${first} comes first after it`, () => {
    const { recorder, receive, hearMany, of } = setup();
    const sent = (seq: number, skipped: number) => {
      const { wallUs: signUs, monoUs } = moment(seq, seq * 10 * MS);
      const tick = { run: OURS, seq, signUs, monoUs, timerErrorUs: 0, last: false };
      recorder.sent({ ...tick, sent: true, unsent: 0, skipped });
    };
    sent(99, 0);
    hearMany(100, { atUs: 0 });
    if (first === "our tick") sent(200, 100);
    receive({ atUs: S, seq: 100, wayUs: S });
    if (first !== "our tick") sent(200, 100);
    const [outage] = of("outage");
    assert.ok(outage.type === "outage");
    assert.equal(outage.cause, "local stall");
  });
}

Deno.test("Recorder knows its own lost connection as a gap's cause, also while it is still lost", () => {
  for (const back of [true, false]) {
    const { recorder, hearMany, of } = setup();
    hearMany(100, { atUs: 0 });
    recorder.bus({ type: "disconnected", server: "one" }, 1.2 * S as MonoUs);
    if (back) recorder.bus({ type: "reconnected", server: "one", afterMs: 700 }, 1.9 * S as MonoUs);
    hearMany(100, { atUs: 2 * S, fromSeq: 200 });
    const [outage] = of("outage");
    assert.ok(outage.type === "outage");
    assert.equal(outage.cause, "local connection lost");
    assert.equal(outage.missing, 100);
  }
});

Deno.test("Recorder holds a connection lost before the gap against none of a later one", () => {
  const { recorder, hearMany, of } = setup();
  recorder.bus({ type: "disconnected", server: "one" }, 0 as MonoUs);
  recorder.bus({ type: "reconnected", server: "one", afterMs: 10 }, 10 * MS as MonoUs);
  hearMany(100, { atUs: 20 * MS });
  hearMany(100, { atUs: 2 * S, fromSeq: 198 });
  const [outage] = of("outage");
  assert.ok(outage.type === "outage");
  assert.equal(outage.cause, "lost on the way");
});

for (const byUs of [H, -H, 250 * MS]) {
  Deno.test(`Recorder knows a step of our clock by ${byUs} µs, told once, seen by a tick received`, () => {
    const { hearMany, of, statistics, recorder } = setup();
    hearMany(100, { atUs: 0 });
    hearMany(100, { atUs: S, fromSeq: 100, aheadUs: byUs });
    assert.deepEqual(of("clock stepped"), [{ type: "clock stepped", byMs: byUs / 1000 }]);
    assert.deepEqual(of("peer clock stepped"), []);
    assert.equal(recorder.clockSteps, 1);
    const { dt, clockSteps, variation } = statistics(2 * S);
    assert.equal(clockSteps, 1);
    assert.deepEqual([dt.count, dt.minUs, dt.max.us], [100, 300 + byUs, 300 + byUs]);
    assert.deepEqual([variation.jitterUs, variation.ipdvMaxUs], [0, 0]);
  });

  Deno.test(`Recorder knows a step of our clock by ${byUs} µs, seen by a tick of ours`, () => {
    const { hearMany, send, of, check, recorder } = setup();
    send(0, 0);
    hearMany(1, { atUs: 5 * MS });
    assert.equal(send(1, 10 * MS, byUs).steps, 1);
    assert.equal(send(2, 20 * MS, byUs).steps, 1);
    check(S);
    assert.deepEqual(of("clock stepped"), [{ type: "clock stepped", byMs: byUs / 1000 }]);
    assert.equal(recorder.clockSteps, 1);
  });

  Deno.test(`Recorder knows a step of the peer's clock by ${byUs} µs by what the peer says`, () => {
    const { hearMany, of, statistics } = setup();
    hearMany(100, { atUs: 0 });
    hearMany(100, { atUs: S, fromSeq: 100, peerAheadUs: byUs, steps: 1 });
    assert.deepEqual(of("peer clock stepped"), [
      { type: "peer clock stepped", subject: SUBJECT, byMs: byUs / 1000 },
    ]);
    assert.deepEqual(of("clock stepped"), []);
    const { dt, clockSteps, variation, stale } = statistics(2 * S);
    assert.deepEqual([clockSteps, stale], [1, 0]);
    assert.deepEqual([dt.count, dt.minUs, dt.max.us], [100, 300 - byUs, 300 - byUs]);
    assert.deepEqual([variation.jitterUs, variation.ipdvMaxUs], [0, 0]);
  });

  Deno.test(`Recorder keeps a tick overtaken by one from after a step of ${byUs} µs out of dt`, () => {
    const { hearMany, receive, of, statistics } = setup();
    hearMany(99, { atUs: 0 });
    receive({ atUs: S, seq: 100, peerAheadUs: byUs, steps: 1 });
    receive({ atUs: 990 * MS, seq: 99, wayUs: 11 * MS, steps: 0 });
    hearMany(99, { atUs: S + 10 * MS, fromSeq: 101, peerAheadUs: byUs, steps: 1 });
    assert.equal(of("peer clock stepped").length, 1);
    const { dt, sequence, variation } = statistics(2 * S);
    assert.deepEqual([dt.minUs, dt.max.us], [300 - byUs, 300 - byUs]);
    assert.deepEqual([sequence.reordered, sequence.received], [1, 200]);
    assert.deepEqual([variation.jitterUs, variation.ipdvMaxUs], [0, 0]);
  });

  Deno.test(`Recorder takes in a tick stamped before our clock stepped by ${byUs} µs afterwards`, () => {
    const { hearMany, receive, send, of, check, statistics, recorder } = setup();
    hearMany(99, { atUs: 0 });
    send(0, 0.995 * S);
    send(1, 1.005 * S, byUs);
    receive({ atUs: 990 * MS, seq: 99 }); // which waited while we sent
    send(2, 1.015 * S, byUs);
    hearMany(100, { atUs: 1.02 * S, fromSeq: 100, aheadUs: byUs });
    check(2.1 * S);
    assert.deepEqual(of("clock stepped"), [{ type: "clock stepped", byMs: byUs / 1000 }]);
    assert.equal(recorder.clockSteps, 1);
    const { dt, sequence, variation } = statistics(2 * S);
    assert.equal(sequence.received, 200);
    assert.deepEqual([dt.minUs, dt.max.us], [300 + byUs, 300 + byUs]);
    assert.deepEqual([variation.jitterUs, variation.ipdvMaxUs], [0, 0]);
  });
}

Deno.test("Recorder counts each step of the peer's clock", () => {
  const { receive, of, statistics } = setup();
  [0, 0, 1, 1, 2, 3].forEach((steps, seq) => receive({ atUs: seq * 10 * MS, seq, steps }));
  assert.equal(of("peer clock stepped").length, 3);
  assert.equal(statistics().clockSteps, 3);
});

Deno.test("Recorder takes a new run's steps from before we received it for none", () => {
  const { receive, of } = setup();
  receive({ atUs: 0, seq: 0, steps: 2 });
  receive({ atUs: 10 * MS, run: "cccccccc", steps: 5 });
  assert.deepEqual(of("peer clock stepped"), []);
});

Deno.test("Recorder uses no echo from before our clock stepped, and sends none", () => {
  const test = setup();
  test.send(0, 0);
  test.receive({ atUs: 5 * MS });
  assert.equal(test.send(1, 10 * MS, H).echo, undefined);
  const signUs = EPOCH_US as WallUs;
  test.receive({
    seq: 1,
    atUs: 20 * MS,
    aheadUs: H,
    echo: { run: OURS, seq: 0, signUs, realUs: signUs + 300 as WallUs },
  });
  assert.equal(test.statistics(S).clock, undefined);
  assert.equal(test.send(2, 30 * MS, H).echo?.seq, 1);
});

Deno.test("Recorder sends no echo from before the peer's clock stepped", () => {
  const { receive, send } = setup();
  receive({ atUs: 0, seq: 0 });
  receive({ atUs: 20 * MS, seq: 2, steps: 1, peerAheadUs: H });
  receive({ atUs: 10 * MS, seq: 1, steps: 0, wayUs: 12 * MS });
  assert.equal(send(0, 30 * MS).echo?.seq, 2);
});

Deno.test("Recorder gives ticks a second to the last one received, or to now where none comes any more", () => {
  const { hearMany, statistics } = setup();
  hearMany(101, { atUs: 0 });
  assert.equal(statistics(1.05 * S).ratePerS, 100);
  assert.equal(statistics(2 * S + 300).ratePerS, 50);
});

Deno.test("Recorder knows no rate and no gap of a peer received once", () => {
  const { receive, statistics } = setup();
  receive({ atUs: 0 });
  const { ratePerS, dt, outages } = statistics(50 * MS);
  assert.deepEqual([ratePerS, outages.longestOfOthersUs, dt.meanUs, outages.count], [
    NaN,
    NaN,
    300,
    0,
  ]);
});

Deno.test("Recorder survives a flood of runs with every account adding up", () => {
  const { receive, statistics, peer } = setup();
  for (let n = 0; n < 2000; n++) {
    const run = String(10_000_000 + n % 1500);
    receive({ atUs: n * MS, run, seq: n * 1_000_003 % 977, unsent: n % 5, skipped: n % 3 });
  }
  peer().sequences.settle(Infinity);
  const { sequence } = statistics(10 * S);
  assert.equal(
    sequence.received + sequence.lost + sequence.unsent + sequence.skipped + sequence.pending,
    sequence.slots,
  );
});

Deno.test("Recorder keeps the ten longest loss runs, in the order of their time", () => {
  const { receive, statistics, check } = setup();
  let seq = 0;
  for (let n = 0; n < 12; n++) {
    receive({ atUs: seq * 10 * MS, seq });
    seq += n === 3 || n === 7 ? 2 : n + 3; // of the 12 gaps, two lose one tick, and others more
  }
  receive({ atUs: seq * 10 * MS, seq });
  check(seq * 10 * MS + 2 * S);
  const { lossRuns, sequence } = statistics();
  assert.equal(sequence.bursts, 12);
  assert.deepEqual(lossRuns.map(({ lost }) => lost), [2, 3, 4, 6, 7, 8, 10, 11, 12, 13]);
  assert.deepEqual(lossRuns[0], { run: THEIRS, seq: 1, lost: 2, slots: 2 });
});

Deno.test("Recorder says once that there is no peer, 2 s after it is connected", () => {
  const { recorder, check, types } = setup({ subscribe: "app2_tick" });
  check(10 * S);
  recorder.bus({ type: "connected", server: "a:1", afterMs: 1 }, 10 * S as MonoUs);
  check(12 * S - 1);
  assert.deepEqual(types(), []);
  check(12 * S);
  check(13 * S);
  assert.deepEqual(types(), ["no peer"]);
});

Deno.test("Recorder says again that there is no peer each time that an interval has passed", () => {
  const { recorder, check, of } = setup({ subscribe: "app2_tick", everyUs: 5 * S });
  recorder.bus({ type: "connected", server: "a:1", afterMs: 1 }, 0 as MonoUs);
  for (let us = 0; us <= 13 * S; us += S / 4) check(us);
  assert.deepEqual(
    of("no peer").map((event) => event.type === "no peer" && event.forMs),
    [2000, 7000, 12_000],
  );
});

Deno.test("Recorder doesn't say that there is no peer where there is one", () => {
  const { recorder, receive, check, of } = setup();
  recorder.bus({ type: "connected", server: "a:1", afterMs: 1 }, 0 as MonoUs);
  receive({ atUs: S, seq: 0 });
  check(2.5 * S);
  assert.deepEqual(of("no peer"), []);
});

Deno.test("Recorder knows by which servers an outage went", () => {
  const { recorder, receive, statistics } = setup();
  recorder.bus({ type: "connected", server: "a:1", afterMs: 1 }, 0 as MonoUs);
  receive({ atUs: S, seq: 0 });
  recorder.bus({ type: "moved", server: "b:1", from: "a:1" }, 1.5 * S as MonoUs);
  receive({ atUs: 2 * S, seq: 100 });
  const { via, seq, missing } = statistics(2 * S).outages.longestOnes[0];
  assert.deepEqual([via, seq, missing], [["a:1", "b:1"], 1, 99]);
});

Deno.test("Recorder takes its own ticks for no peer, and reports them once", () => {
  const { recorder, receive, hearMany, check, types } = setup();
  for (let seq = 0; seq < 100; seq++) receive({ run: OURS, seq, atUs: seq * 10 * MS });
  check(2 * S);
  assert.equal(recorder.peers.size, 0);
  assert.deepEqual(types(), ["own ticks"]);
  assert.deepEqual([...recorder.rejected], [["local tick", 100]]);
  hearMany(10, { atUs: 3 * S });
  receive({ run: OURS, seq: 100, atUs: 3.1 * S });
  assert.deepEqual(types(), ["own ticks", "receiving"]);
  assert.equal(recorder.peers.get(SUBJECT)!.statistics(4 * S as MonoUs).sequence.received, 10);
});

Deno.test("Recorder's dt has both runs of a peer by one clock, and only the new one's by another", () => {
  for (const [peerAheadUs, count, minUs] of [[0, 200, 300], [-H, 100, 300 + H]]) {
    const { hearMany, statistics } = setup();
    hearMany(100, { atUs: 0 });
    hearMany(100, { atUs: 2 * S, run: "cccccccc", peerAheadUs });
    const { dt, sequence } = statistics(3 * S);
    assert.deepEqual([dt.count, dt.minUs, dt.max.us], [count, minUs, minUs]);
    assert.equal(sequence.received, 200);
  }
});

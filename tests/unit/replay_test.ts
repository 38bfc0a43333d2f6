/** Ticks that come again, from another time, with numbers that can't be, or from somebody else: each by its name. */

import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { eventText } from "../../lib/report/text/event.ts";
import { summaryText } from "../../lib/report/text/summary.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import type { TickHeader } from "../../lib/wire.ts";
import { fakeClock } from "../support/fakes.ts";
import { EPOCH_US, seeded } from "../support/simulation.ts";

const MS = 1000;
const S = 1e6;
const H = 3600 * S;
const OURS = "aaaaaaaa";
const A = "bbbbbbbb";
const B = "cccccccc";
const SUBJECT = "app2_tick";

interface TickOptions extends Partial<TickHeader> {
  /** When it arrives, 300 µs after it was sent. */
  atUs: number;
  /** What its sender's clock is ahead of ours. */
  aheadUs?: number;
  bare?: boolean;
  headerFault?: string;
}

function tickOf({ atUs, aheadUs = 0, bare, headerFault, ...header }: TickOptions): ReceivedTick {
  const { run = A, seq = 0 } = header;
  return {
    subject: SUBJECT,
    signUs: EPOCH_US + atUs - 300 + aheadUs as WallUs,
    realUs: EPOCH_US + atUs as WallUs,
    monoUs: atUs as MonoUs,
    headerFault,
    header: bare || headerFault !== undefined
      ? undefined
      : { timerErrorUs: 0, unsent: 0, skipped: 0, ...header, run, seq },
  };
}

/** A recorder, and the ticks of one peer or several, on a grid of 10 ms. */
function setup() {
  const recorder = new Recorder({ run: OURS, intervalUs: 10 * MS, lossTimeoutUs: S });
  const events: TickEvent[] = [];
  const receive = (tick: TickOptions) => void events.push(...recorder.received(tickOf(tick)));
  const test = {
    recorder,
    events,
    of: <Type extends TickEvent["type"]>(type: Type) =>
      events.filter((event): event is TickEvent & { type: Type } => event.type === type),
    receive,
    /** The slots from one to another, the last one left out, each in its time. */
    hearSlots(from: number, to: number, more: Partial<TickOptions> = {}) {
      for (let slot = from; slot < to; slot++) {
        receive({ seq: slot, atUs: slot * 10 * MS, ...more });
      }
    },
    check: (atUs: number) => void events.push(...recorder.check(atUs as MonoUs)),
    peer: () => recorder.peers.get(SUBJECT)!,
    statistics: (atUs = 0) => recorder.peers.get(SUBJECT)!.statistics(atUs as MonoUs),
    account(run: string) {
      const account = recorder.peers.get(SUBJECT)!.sequences.account(run)!;
      account.settle(Infinity);
      const { slots, received, lost, unsent, skipped, duplicate, late, misreported } = account;
      assert.equal(slots, received + lost + unsent + skipped, "the sum doesn't hold");
      return { slots, received, lost, unsent, skipped, duplicate, late, misreported };
    },
  };
  return test;
}

function summaryAtEnd(recorder: Recorder) {
  const clock = fakeClock({ monoUs: 10 * S });
  return summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: true });
}

const CLEAN = { lost: 0, unsent: 0, skipped: 0, duplicate: 0, late: 0, misreported: 0 };

Deno.test("a copy that comes at once is a duplicate, and not replayed", () => {
  const { receive, hearSlots, check, account, statistics, of } = setup();
  hearSlots(0, 300);
  receive({ seq: 299, atUs: 3 * S });
  check(4 * S);
  assert.equal(account(A).duplicate, 1);
  assert.equal(statistics().replayed, 0);
  assert.deepEqual(of("replayed"), []);
});

Deno.test("a stretch recorded and sent again is called replayed, in one event, and changes no statistic", () => {
  const { receive, hearSlots, check, account, statistics, of } = setup();
  hearSlots(0, 500);
  const before = statistics();
  for (let seq = 0; seq < 100; seq++) {
    receive({ seq, atUs: 5 * S + seq, aheadUs: -5 * S });
  }
  hearSlots(501, 600); // 500 was overtaken by none of them, and lost
  check(6 * S);
  assert.deepEqual(of("replayed"), [
    { type: "replayed", subject: SUBJECT, run: A, seq: 0, count: 100 },
  ]);
  assert.deepEqual(account(A), { ...CLEAN, slots: 600, received: 599, lost: 1, duplicate: 100 });
  const { replayed, dt, stale, outages, run, implausibleTimes } = statistics(6 * S);
  assert.deepEqual([replayed, stale, outages.count, run, implausibleTimes], [100, 0, 0, A, 0]);
  assert.deepEqual([dt.minUs, dt.max.us, dt.count], [before.dt.minUs, before.dt.max.us, 599]);
});

Deno.test("a run that is over and speaks again is called replayed, and is no restart", () => {
  const { receive, hearSlots, check, account, statistics, of } = setup();
  hearSlots(0, 100);
  receive({ seq: 100, atUs: S, last: true });
  for (let n = 0; n < 200; n++) receive({ run: B, seq: n, atUs: 2 * S + n * 10 * MS });
  for (let seq = 0; seq < 101; seq++) receive({ seq, atUs: 4 * S + seq, last: seq === 100 });
  for (let n = 200; n < 300; n++) receive({ run: B, seq: n, atUs: 2 * S + n * 10 * MS });
  check(5 * S);
  assert.equal(of("peer restarted").length, 1);
  assert.equal(of("peer ended").length, 1);
  assert.deepEqual(of("replayed").map(({ run, count }) => [run, count]), [[A, 101]]);
  assert.deepEqual(account(A), { ...CLEAN, slots: 101, received: 101, duplicate: 101 });
  assert.deepEqual(account(B), { ...CLEAN, slots: 300, received: 300 });
  assert.deepEqual([statistics(5 * S).run, statistics(5 * S).replayed], [B, 101]);
});

Deno.test("a run so long over that its account is closed is known by its name", () => {
  const { receive, check, statistics, of } = setup();
  for (let seq = 0; seq < 10; seq++) receive({ run: "run-0", seq, atUs: seq - 10 });
  for (let n = 1; n < 40; n++) receive({ run: `run-${n}`, seq: 0, atUs: n * S });
  const { sequence } = statistics();
  for (let seq = 0; seq < 10; seq++) receive({ run: "run-0", seq, atUs: 41 * S + seq });
  check(42 * S);
  assert.deepEqual(of("replayed").map(({ run, count }) => [run, count]), [["run-0", 10]]);
  assert.deepEqual(statistics().sequence, sequence);
  assert.equal(statistics().runs, 40);
});

Deno.test("swapped ticks are reordered, and neither replayed nor in doubt", () => {
  const { receive, hearSlots, check, account, statistics } = setup();
  hearSlots(0, 100);
  for (let pair = 50; pair < 100; pair++) {
    const atUs = pair * 20 * MS;
    receive({ seq: pair * 2 + 1, atUs });
    receive({ seq: pair * 2, atUs: atUs + MS, aheadUs: -2 * MS });
  }
  check(4 * S);
  assert.deepEqual(account(A), { ...CLEAN, slots: 200, received: 200 });
  const { sequence, replayed, implausibleTimes, implausibleNumbers } = statistics();
  assert.deepEqual([sequence.reordered, replayed, implausibleTimes], [50, 0, 0]);
  assert.equal(implausibleNumbers, 0);
});

for (
  const [what, aheadUs] of [
    ["the future", 2 * H],
    ["a minute and a half ahead", 90 * S],
    ["the past", -2 * H],
    ["1970", -EPOCH_US],
    ["the end of time", 7e15],
  ] as [string, number][]
) {
  for (const bare of [true, false]) {
    const sender = bare ? "a bare peer" : "a run";
    Deno.test(`a tick of ${sender} from ${what} changes no delay, and is named`, () => {
      const { receive, hearSlots, check, statistics, of } = setup();
      hearSlots(0, 100, { bare });
      receive({ seq: 100, atUs: S, aheadUs, bare });
      hearSlots(101, 300, { bare });
      check(3.5 * S);
      const events = of("implausible time");
      assert.deepEqual(events.map(({ count }) => count), [1]);
      assert.ok(Math.abs(events[0].byMs - aheadUs / 1000) < 1, `${events[0].byMs}`);
      const { dt, stale, clockSteps, implausibleTimes, variation, outages } = statistics(3 * S);
      assert.deepEqual([dt.count, dt.minUs, dt.max.us], [299, 300, 300]);
      assert.deepEqual([stale, clockSteps, implausibleTimes], [0, 0, 1]);
      assert.deepEqual([variation.jitterUs, outages.count], [0, 0]);
      if (!bare) assert.equal(statistics().sequence.received, 300);
    });
  }
}

Deno.test("a bare peer's clock that steps unannounced is followed once it stays so", () => {
  const { hearSlots, check, statistics, of } = setup();
  hearSlots(0, 100, { bare: true });
  hearSlots(100, 400, { bare: true, aheadUs: H });
  check(4 * S);
  assert.deepEqual(of("peer clock stepped").map(({ byMs }) => byMs), [H / 1000]);
  const { dt, clockSteps, implausibleTimes } = statistics(4 * S);
  assert.deepEqual([clockSteps, implausibleTimes], [1, 100]);
  assert.deepEqual([dt.count, dt.minUs, dt.max.us], [200, 300 - H, 300 - H]);
});

Deno.test("a hundred ticks of another time among those of a bare peer are followed by nothing", () => {
  const { receive, hearSlots, check, statistics, of } = setup();
  hearSlots(0, 100, { bare: true });
  for (let slot = 100; slot < 600; slot++) {
    receive({ atUs: slot * 10 * MS, bare: true });
    receive({ atUs: slot * 10 * MS + 5 * MS, bare: true, aheadUs: -H });
  }
  check(7 * S);
  assert.deepEqual(of("peer clock stepped"), []);
  const { dt, implausibleTimes } = statistics(7 * S);
  assert.deepEqual([dt.count, implausibleTimes], [600, 500]);
});

Deno.test("a step that the peer announces is followed at once, and nothing is in doubt", () => {
  const { hearSlots, of, statistics } = setup();
  hearSlots(0, 100);
  hearSlots(100, 200, { steps: 1, aheadUs: -H });
  assert.equal(of("peer clock stepped").length, 1);
  assert.deepEqual([statistics().implausibleTimes, statistics().dt.count], [0, 100]);
});

Deno.test("ticks held up for two minutes are late, and no joke", () => {
  const { receive, hearSlots, statistics, of, check } = setup();
  hearSlots(0, 100);
  // All that was sent in two minutes comes at once, as when a server was frozen; then one comes fresh.
  const atUs = 121 * S;
  for (let seq = 100; seq < 12_100; seq++) receive({ seq, atUs, aheadUs: seq * 10 * MS - atUs });
  hearSlots(12_100, 12_200);
  check(123 * S);
  const { implausibleTimes, implausibleNumbers, dt, stale } = statistics();
  assert.deepEqual([implausibleTimes, implausibleNumbers, dt.count], [0, 0, 12_200]);
  assert.equal(dt.max.us, 120 * S + 300);
  assert.ok(stale > 11_900);
  assert.equal(of("stale").length, 1);
});

Deno.test("a crazy tick is echoed to nobody, and its echo moves no offset", () => {
  const { recorder, receive, hearSlots, statistics } = setup();
  hearSlots(0, 100);
  const signUs = EPOCH_US + S as WallUs;
  recorder.about({ wallUs: signUs, monoUs: S as MonoUs, seq: 0 });
  const echo = { run: OURS, seq: 0, signUs, realUs: signUs + H as WallUs };
  receive({ seq: 100, atUs: S + 600, aheadUs: H, echo });
  assert.equal(statistics().clock, undefined);
  const rides = recorder.about({ wallUs: signUs, monoUs: S as MonoUs, seq: 1 });
  assert.equal(rides.echo?.seq, 99);
});

for (const jump of [1000, 1e6, 999_999_999_999 - 100]) {
  Deno.test(`a number that is ${jump} ahead for once is named, and costs the run nothing`, () => {
    const { receive, hearSlots, check, account, statistics, of } = setup();
    hearSlots(0, 100);
    receive({ seq: 100 + jump, atUs: 995 * MS });
    hearSlots(100, 200);
    check(3 * S);
    assert.deepEqual(account(A), { ...CLEAN, slots: 200, received: 200 });
    assert.deepEqual(of("implausible number"), [
      { type: "implausible number", subject: SUBJECT, run: A, seq: 100 + jump, count: 1 },
    ]);
    assert.equal(statistics().implausibleNumbers, 1);
  });
}

Deno.test("numbers that jump and go on from there are believed once the time allows it", () => {
  const { receive, hearSlots, account, statistics } = setup();
  hearSlots(0, 100); // the last one at 0.99 s
  // The fastest sender there is would need 9.99 s for 99,900 slots; these send on for 20 s.
  for (let n = 0; n < 2000; n++) receive({ seq: 99_999 + n, atUs: S + n * 10 * MS });
  // Those that came before that were true, too: only the jump itself is lost.
  assert.equal(statistics().implausibleNumbers, 0);
  assert.deepEqual(account(A), { ...CLEAN, slots: 101_999, received: 2100, lost: 99_899 });
});

Deno.test("an outage in which all numbers are implausible is called that, and not a peer of which no ticks come", () => {
  const { recorder, receive, hearSlots, check, statistics, of } = setup();
  hearSlots(0, 100);
  // For 3 s each is a thousand further ahead than the one before.
  for (let n = 0; n < 300; n++) {
    receive({ seq: 1e9 + n * 1000, atUs: S + n * 10 * MS });
    if (n % 25 === 24) check(S + n * 10 * MS);
  }
  const { outages, implausibleNumbers } = statistics(4 * S);
  assert.equal(implausibleNumbers, 300);
  assert.deepEqual([outages.openUs, outages.longest!.cause], [3010 * MS, "implausible numbers"]);
  assert.deepEqual(of("no ticks"), []);
  hearSlots(400, 500);
  const [outage] = of("outage");
  assert.deepEqual([outage.cause, outage.causes], ["implausible numbers", undefined]);
  assert.equal(eventText(outage), `${SUBJECT}: outage of 3.0 s (implausible numbers): 300 lost`);
  // Where none at all come any more, that is said.
  check(6.5 * S);
  assert.equal(of("no ticks").length, 1);
  assert.equal(recorder.end(7 * S as MonoUs).filter(({ type }) => type === "outage").length, 1);
});

Deno.test("one forged number in an outage is not its cause", () => {
  const { receive, hearSlots, of } = setup();
  hearSlots(0, 100);
  receive({ seq: 1e9, atUs: 1.5 * S });
  hearSlots(200, 300);
  assert.deepEqual(of("outage").map(({ cause, causes }) => [cause, causes]), [
    ["lost on the way", undefined],
  ]);
});

Deno.test("what was refused in an outage and turned out true is not among what is missing of it", () => {
  const { receive, hearSlots, of, account } = setup();
  hearSlots(0, 100); // the last one at 0.99 s
  // 99,899 slots are lost at once, and the rest come: no sender could have come that far in less than 10 s.
  for (let n = 0; n < 2000; n++) receive({ seq: 99_999 + n, atUs: S + n * 10 * MS });
  const [outage] = of("outage");
  const { lost } = account(A);
  assert.equal(outage.cause, "implausible numbers");
  assert.deepEqual([outage.missing, lost], [99_899, 99_899]);
});

Deno.test("of a sender that is faster than any, each message is counted once, and none is called lost", () => {
  const { receive, check, account, statistics } = setup();
  // 100,000 a second, as they are read: 280 at once.
  for (let seq = 0; seq < 50_000; seq++) receive({ seq, atUs: Math.floor(seq / 280) * 2800 });
  receive({ seq: 50_000, atUs: 20 * S });
  check(23 * S);
  const { received, lost, slots } = account(A);
  const { implausibleNumbers } = statistics();
  assert.deepEqual([lost, received + implausibleNumbers], [0, 50_001]);
  assert.equal(slots, received);
});

Deno.test("ticks that waited while we began to receive are no forgeries, however many", () => {
  const { receive, check, account, statistics } = setup();
  // 10,000 a second, and half a second of them in the first read
  const half = 5000;
  for (let seq = 0; seq < 2 * half; seq++) {
    const atUs = Math.max(S, S + (seq - half) * 100);
    receive({ seq, atUs, aheadUs: S + (seq - half) * 100 - atUs });
  }
  check(3 * S);
  const { implausibleNumbers, dt } = statistics();
  assert.deepEqual([implausibleNumbers, dt.count], [0, 2 * half]);
  assert.deepEqual(account(A), { ...CLEAN, slots: 2 * half, received: 2 * half });
});

Deno.test("two forged numbers far ahead, of which the second bears out the first, are believed by nobody", () => {
  const { receive, hearSlots, check, account, statistics } = setup();
  hearSlots(0, 100);
  receive({ seq: 99_999_999_899, atUs: 995 * MS });
  receive({ seq: 99_999_999_900, atUs: 996 * MS });
  hearSlots(100, 200);
  check(3 * S);
  assert.deepEqual(account(A), { ...CLEAN, slots: 200, received: 200 });
  assert.equal(statistics().implausibleNumbers, 2);
});

Deno.test("a forger who is always a little ahead makes no more lost than the time allows, all together", () => {
  const { receive, hearSlots, account } = setup();
  hearSlots(0, 100);
  let seq = 100;
  for (let slot = 100; slot < 1100; slot++) {
    receive({ seq: slot, atUs: slot * 10 * MS });
    receive({ seq: seq += 60, atUs: slot * 10 * MS + 1 }); // 6,000 slots a second for 10 s
  }
  // Twice the rate that is known, for 10 s, and what it may be ahead: not 60,000
  const { slots } = account(A);
  assert.ok(slots < 2400, `${slots}`);
});

Deno.test("numbers go on where a machine slept and its monotonic clock stood still", () => {
  const { recorder, hearSlots, account, statistics } = setup();
  hearSlots(0, 100);
  for (let n = 0; n < 100; n++) {
    const tick = tickOf({ seq: 360_100 + n, unsent: 0, atUs: H + S + n * 10 * MS });
    recorder.received({ ...tick, monoUs: S + n * 10 * MS as MonoUs });
  }
  assert.equal(statistics().implausibleNumbers, 0);
  assert.equal(account(A).received, 200);
});

Deno.test("after a pause of the whole machine the peer's first number is no jump", () => {
  const { receive, hearSlots, account, statistics } = setup();
  hearSlots(0, 500);
  // What waited in the socket and what the peer sends after 60 s are read one right after the other.
  const atUs = 65 * S;
  for (let seq = 500; seq < 510; seq++) receive({ seq, atUs: atUs + seq });
  receive({ seq: 6500, skipped: 5990, atUs: atUs + 1000 });
  assert.equal(statistics().implausibleNumbers, 0);
  assert.deepEqual(account(A), { ...CLEAN, slots: 6501, received: 511, skipped: 5990 });
});

Deno.test("a sender of 10,000 ticks a second of which half a second is lost at its start is no forger", () => {
  const { receive, account, statistics } = setup();
  receive({ seq: 0, atUs: 0 });
  for (let seq = 5000; seq < 6000; seq++) receive({ seq, atUs: seq * 100 });
  assert.equal(statistics().implausibleNumbers, 0);
  assert.equal(account(A).received, 1001);
});

Deno.test("seventeen runs forged in one write close no account of a run that sends", () => {
  const { receive, hearSlots, check, account, statistics, of } = setup();
  hearSlots(0, 100);
  for (let n = 0; n < 17; n++) receive({ run: `forged-${n}`, seq: 0, atUs: S - 1 });
  hearSlots(100, 400);
  check(5 * S);
  assert.deepEqual(account(A), { ...CLEAN, slots: 400, received: 400 });
  const { replayed, unaccounted } = statistics();
  assert.deepEqual([replayed, unaccounted], [0, 2]);
  assert.deepEqual(of("unaccounted").map(({ run, count }) => [run, count]), [["forged-15", 2]]);
});

Deno.test("of twenty honest senders on one subject sixteen are counted in full, and the others by the tick", () => {
  const { receive, statistics } = setup();
  for (let seq = 0; seq < 1000; seq++) {
    for (let n = 0; n < 20; n++) receive({ run: `run-${n}`, seq, atUs: seq * 10 * MS + n * 100 });
  }
  const { sequence, replayed, unaccounted, runs } = statistics(10 * S);
  assert.deepEqual([sequence.received, sequence.lost], [16_000, 0]);
  assert.deepEqual([replayed, unaccounted, runs], [0, 4000, 16]);
});

Deno.test("a run that came too late for an account has one as soon as another is silent", () => {
  const { receive, statistics } = setup();
  for (let n = 0; n < 16; n++) receive({ run: `forged-${n}`, seq: 0, atUs: n });
  for (let seq = 0; seq < 1000; seq++) receive({ seq, atUs: seq * 10 * MS + 20 });
  const { sequence, unaccounted, run } = statistics();
  assert.equal(sequence.received, 16 + 1000 - unaccounted);
  assert.ok(unaccounted > 290 && unaccounted <= 310, `${unaccounted}`);
  assert.equal(run, A);
});

Deno.test("numbers after an hour of silence are no jump", () => {
  const { hearSlots, account, statistics } = setup();
  hearSlots(0, 100);
  hearSlots(360_100, 360_200, { unsent: 360_000 });
  assert.deepEqual(account(A), { ...CLEAN, slots: 360_200, received: 200, unsent: 360_000 });
  assert.equal(statistics().implausibleNumbers, 0);
});

Deno.test("any numbers in headers hold nothing up, and every account adds up", () => {
  const { recorder, receive, check, statistics, peer } = setup();
  const random = seeded(99);
  const number = () => Math.floor(10 ** (random() * 12));
  const runs = [A, B, "dddddddd"];
  for (let n = 0; n < 50_000; n++) {
    const run = runs[Math.floor(random() * runs.length)];
    const seq = random() < 0.5 ? n : number();
    const counts = { unsent: number(), skipped: number(), steps: random() < 0.01 ? number() : 0 };
    const received = {
      received: number(),
      lost: number(),
      late: 0,
      duplicate: 0,
      reordered: number(),
    };
    const echo = { run: OURS, seq: number(), signUs: EPOCH_US, realUs: number() } as never;
    receive({ run, seq, ...counts, rttUs: number(), received, echo, atUs: n * MS });
    if (n % 250 === 0) check(n * MS);
    recorder.about({ wallUs: EPOCH_US + n * MS as WallUs, monoUs: n * MS as MonoUs, seq: n });
  }
  peer().sequences.settle(Infinity);
  const { sequence, clock } = statistics(50 * S);
  const { slots, received, lost, unsent, skipped, misreported } = sequence;
  assert.equal(slots, received + lost + unsent + skipped);
  assert.ok(Number.isSafeInteger(slots));
  assert.ok(misreported > 0);
  assert.equal(clock, undefined);
});

Deno.test("counts that run backwards, and more left out than is missing, are said to be misreported", () => {
  const { receive, check, account, of, recorder } = setup();
  receive({ seq: 0, atUs: 0, unsent: 5, skipped: 5 });
  receive({ seq: 4, atUs: 40 * MS, unsent: 3, skipped: 5 });
  receive({ seq: 8, atUs: 80 * MS, unsent: 100, skipped: 100 });
  check(S);
  assert.deepEqual(account(A), {
    ...CLEAN,
    slots: 9,
    received: 3,
    unsent: 3,
    lost: 3,
    misreported: 2,
  });
  const [event] = of("misreported");
  assert.equal(event.count, 2);
  assert.match(eventText(event), /inconsistent skip counts from run bbbbbbbb, 2 times/);
  assert.match(summaryText(summaryAtEnd(recorder)), /^anomalies +2 inconsistent skip counts$/m);
});

Deno.test("a peer that says it received more of us than there was is said to misreport", () => {
  const { receive, recorder } = setup();
  const received = { received: 500, lost: 0, late: 0, duplicate: 0, reordered: 0 };
  receive({ seq: 0, atUs: 0, received });
  assert.match(
    summaryText(summaryAtEnd(recorder)),
    /^ +peer received 500 of our ticks, inconsistent: more than we sent$/m,
  );
});

Deno.test("what a peer says it received of a run of ours before this one is not taken for this one's", () => {
  const { receive, statistics } = setup();
  const received = { received: 500, lost: 0, late: 0, duplicate: 0, reordered: 0 };
  const echo = { run: "eeeeeeee", seq: 1, signUs: EPOCH_US, realUs: EPOCH_US } as never;
  receive({ seq: 0, atUs: 0, received, echo });
  assert.equal(statistics().receivedOfUs, undefined);
});

Deno.test("two senders on one subject are told apart by run and said once, each with its own account", () => {
  const { receive, check, account, statistics, of } = setup();
  for (let slot = 0; slot < 2000; slot++) {
    if (slot !== 700) receive({ seq: slot, atUs: slot * 10 * MS });
    if (slot >= 100 && slot % 100 !== 50) {
      receive({ run: B, seq: slot - 100, atUs: slot * 10 * MS + 5 * MS, aheadUs: 200 * MS });
    }
    if (slot % 25 === 0) check(slot * 10 * MS);
  }
  check(21 * S);
  assert.deepEqual(of("several senders"), [
    { type: "several senders", subject: SUBJECT, runs: [A, B] },
  ]);
  assert.match(
    eventText(of("several senders")[0]),
    /^two senders on app2_tick: runs bbbb.* and cccc/,
  );
  assert.deepEqual(of("peer restarted"), []);
  assert.deepEqual(account(A), { ...CLEAN, slots: 2000, received: 1999, lost: 1 });
  assert.deepEqual(account(B), { ...CLEAN, slots: 1900, received: 1881, lost: 19 });
  const { run, runs, senders, variation } = statistics(20 * S);
  assert.deepEqual([run, runs, senders, variation.ipdvMaxUs], [A, 2, 2, 0]);
});

Deno.test("two senders whose ticks come in turns of five are no flood of restarts", () => {
  const { receive, check, account, of, statistics } = setup();
  for (let turn = 0; turn < 200; turn++) {
    const run = turn % 2 ? B : A;
    const from = Math.floor(turn / 2) * 5;
    for (let n = 0; n < 5; n++) receive({ run, seq: from + n, atUs: turn * 50 * MS + n * 10 * MS });
  }
  check(11 * S);
  assert.ok(of("peer restarted").length <= 1);
  assert.equal(of("several senders").length, 1);
  assert.deepEqual(account(A), { ...CLEAN, slots: 500, received: 500 });
  assert.deepEqual(account(B), { ...CLEAN, slots: 500, received: 500 });
  assert.equal(statistics(10 * S).variation.ipdvMaxUs, 0);
});

Deno.test("a run that only one tick is received of takes nothing from the one that speaks", () => {
  const { recorder, receive, hearSlots, check, statistics, of } = setup();
  hearSlots(0, 100);
  for (let n = 0; n < 50; n++) {
    receive({ run: `stray-${n}`, seq: n, atUs: S + n * 10 * MS - MS });
    hearSlots(100 + n, 101 + n);
  }
  check(1.6 * S);
  assert.deepEqual([statistics().run, of("peer restarted").length], [A, 0]);
  assert.equal(statistics().variation.pairs, 149);
  const rides = recorder.about({
    wallUs: EPOCH_US + 2 * S as WallUs,
    monoUs: 2 * S as MonoUs,
    seq: 0,
  });
  assert.equal(rides.echo?.run, A);
});

for (const kind of [{ bare: true }, { headerFault: "broken header" }]) {
  const [what] = Object.keys(kind);
  Deno.test(`ticks without a header (${what}) change nothing of the run beside them`, () => {
    const plain = setup();
    const mixed = setup();
    for (const { receive, hearSlots, check } of [plain, mixed]) {
      const stray = (atUs: number) => receive({ atUs, ...kind });
      hearSlots(0, 100);
      if (receive === mixed.receive) { for (let n = 0; n < 90; n++) stray(500 * MS + n * 5 * MS); }
      // A second lost, with such ticks in it.
      if (receive === mixed.receive) { for (let n = 0; n < 5; n++) stray(S + n * 150 * MS); }
      hearSlots(200, 300);
      check(4.2 * S);
    }
    const [one, other] = [plain, mixed].map(({ statistics }) => statistics(3 * S));
    assert.equal(one.outages.longest?.cause, "lost on the way");
    assert.deepEqual(other.outages, one.outages);
    assert.deepEqual(other.sequence, one.sequence);
    assert.deepEqual(other.drift, one.drift);
    assert.deepEqual(other.variation, one.variation);
    assert.deepEqual([other.run, other.runs, other.bare], [A, 1, 95]);
    assert.deepEqual(mixed.of("outage"), plain.of("outage"));
  });
}

Deno.test("a peer whose headers are broken from one start on is received as a bare one", () => {
  const { hearSlots, check, statistics, of } = setup();
  hearSlots(0, 100);
  hearSlots(200, 500, { headerFault: "unknown header version" });
  check(5.1 * S);
  const { run, bare, headerFaults } = statistics(5 * S);
  assert.deepEqual([run, bare], [undefined, 300]);
  assert.deepEqual({ ...headerFaults }, { "unknown header version": 300 });
  assert.deepEqual(of("peer restarted").map(({ run }) => run), [undefined]);
  assert.deepEqual(of("header unused").map(({ count }) => count), [300]);
});

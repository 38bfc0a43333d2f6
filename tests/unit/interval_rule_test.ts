/** Expectations as a rule for each interval of a run. */

import assert from "node:assert/strict";
import { percentsOf, readExpectation } from "../../lib/expect.ts";
import { IntervalRule, readRuleUs } from "../../lib/rule/interval_rule.ts";
import { eventText } from "../../lib/report/text/event.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import type { IntervalCursor } from "../../lib/stats/interval/intervals.ts";
import type { TickHeader } from "../../lib/wire.ts";
import { EPOCH_US, simulate } from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;

/** Ticks every 10 ms over some seconds, of which some are as given; what a rule for each second says of them. */
function judged(written: string, { seconds = 4, lost = [] as number[], slow = [] as number[] }) {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10 * MS, lossTimeoutUs: 100 * MS });
  const expectations = written.split(",").map(readExpectation);
  const rule = new IntervalRule(expectations, { expectEveryUs: S });
  const cursor = recorder.intervals(S, 0 as MonoUs, percentsOf(expectations));
  let nowUs = 0;
  const summary = (ended = false) => {
    const clock = { monoUs: () => nowUs as MonoUs, wallUs: () => EPOCH_US + nowUs as WallUs };
    return summaryOf({ name: "app1", startUs: 0, recorder, clock, ended });
  };
  const texts: string[] = [];
  for (let seq = 0; seq < seconds * 100; seq++) {
    nowUs = seq * 10 * MS + 5 * MS;
    if (lost.includes(seq)) continue;
    const counts = { timerErrorUs: 0, unsent: 0, skipped: 0 };
    recorder.received({
      subject: "app2_tick",
      signUs: EPOCH_US + nowUs - (slow.includes(seq) ? 7000 : 300) as WallUs,
      realUs: EPOCH_US + nowUs as WallUs,
      monoUs: nowUs as MonoUs,
      header: { run: "bbbbbbbb", seq, ...counts },
    });
    recorder.check(nowUs as MonoUs);
    const over = cursor.next(nowUs as MonoUs);
    texts.push(...rule.judge(over, summary()).map(eventText));
  }
  nowUs = seconds * S;
  recorder.end(nowUs as MonoUs);
  texts.push(...rule.judge(cursor.rest(nowUs as MonoUs), summary(true)).map(eventText));
  return { texts, outcomes: rule.outcomes(summary(true)) };
}

Deno.test("a rule names each interval that failed, and how many of how many at the end", () => {
  const { texts, outcomes } = judged("dt.max<5ms,loss=0", { lost: [150], slow: [160, 250] });
  assert.deepEqual(texts, [
    "app2_tick: threshold failed in 1.0 s: dt.max<5ms (found 7.000 ms), loss=0 (found 1)",
    "app2_tick: threshold failed in 1.0 s: dt.max<5ms (found 7.000 ms)",
  ]);
  assert.deepEqual(outcomes, [
    {
      written: "dt.max<5ms",
      subject: "app2_tick",
      ok: false,
      wanted: "< 5.000 ms in each 1.0 s",
      found: "failed in 2 of 4 intervals, worst 7.000 ms",
      intervals: { lengthUs: S, failed: 2, judged: 4 },
    },
    {
      written: "loss=0",
      subject: "app2_tick",
      ok: false,
      wanted: "= 0 in each 1.0 s",
      found: "failed in 1 of 4 intervals, worst 1",
      intervals: { lengthUs: S, failed: 1, judged: 4 },
    },
  ]);
});

for (
  const [written, lost, failed, found] of [
    // 50 of 100 ticks in the second second; the stretch ends in it.
    ["rate>=60", range(110, 160), 1, "worst 50.000 /s"],
    ["gap<400ms", range(110, 160), 1, "worst 510.000 ms"],
    ["outages=0", range(110, 160), 1, "worst 1"],
    ["outage<=510ms", range(110, 160), 0, "worst 510.000 ms"],
    ["loss<=1%", [150], 0, "worst 1.000 %"],
    // None at all in the second and third: what isn't known fails.
    ["dt.p95<5ms", range(100, 300), 2, "worst 0.300 ms, n/a in 2"],
    // It is open over two ends of intervals.
    ["gap<1s", range(100, 300), 3, "worst 2010.000 ms"],
  ] as [string, number[], number, string][]
) {
  Deno.test(`${written} for each second fails in ${failed} with ${lost.length} ticks lost`, () => {
    const [outcome] = judged(written, { lost }).outcomes;
    assert.equal(outcome.intervals!.failed, failed, outcome.found);
    assert.ok(outcome.found.endsWith(found), outcome.found);
    assert.equal(outcome.ok, failed === 0);
  });
}

Deno.test("an interval that isn't whole is not judged by what isn't known of it", () => {
  const { outcomes } = judged("dt.p50<5ms,max<5ms", { lost: range(0, 90), seconds: 1.5 });
  assert.deepEqual(outcomes.map(({ intervals }) => [intervals!.failed, intervals!.judged]), [
    [0, 2], // one is cut short at its beginning, the other one at its end
    [0, 0], // no offset is known
  ]);
  assert.deepEqual(outcomes.map(({ ok }) => ok), [true, false]);
  assert.equal(outcomes[1].found, "no interval that could be judged");
});

for (
  const [written, seconds, lost, failed, judgedOf, found] of [
    // 50 ticks in the last half a second, and 10 in the first tenth of one: 9 after the one that begins it.
    ["rate>=60", 1.5, range(0, 90), 0, 2, "worst 94.737 /s"],
    // None in the last half a second.
    ["rate>=60", 2.5, range(200, 250), 1, 3, "worst 0.000 /s"],
    // In 20 ms one tick more or less makes all the difference.
    ["rate>=90", 2.02, [], 0, 2, "worst 99.497 /s, 1 too short to be judged"],
    // It has received them already, or too many, or not yet.
    ["received>=40", 2.5, [], 0, 3, "worst 50"],
    ["received<=40", 2.5, [], 3, 3, "worst 100"],
    ["received>=90", 2.5, [], 0, 2, "worst 100, 1 too short to be judged"],
    ["received=100", 2.5, [], 0, 2, "worst 100, 1 too short to be judged"],
    ["received=40", 0.5, [], 1, 1, "worst 50"],
    ["loss<=3", 2.5, range(200, 205), 1, 3, "worst 5"],
  ] as [string, number, number[], number, number, string][]
) {
  Deno.test(`${written} for each second of ${seconds} s fails in ${failed} of ${judgedOf}`, () => {
    const [{ intervals, found: text }] = judged(written, { seconds, lost }).outcomes;
    assert.deepEqual([intervals!.failed, intervals!.judged], [failed, judgedOf], text);
    assert.ok(text.endsWith(found), text);
  });
}

/** What a rule for each 100 ms says of what it is asked of once, after two seconds: the last intervals are in one. */
function judgedLate(written: string, lost: number[]) {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10 * MS, lossTimeoutUs: 50 * MS });
  const rule = new IntervalRule([readExpectation(written)], { expectEveryUs: 100 * MS });
  const cursor = recorder.intervals(100 * MS, 0 as MonoUs);
  for (let seq = 0; seq < 200; seq++) {
    const atUs = seq * 10 * MS;
    if (!lost.includes(seq)) recorder.received(tickAt(atUs, seq));
    recorder.check(atUs as MonoUs);
  }
  const clock = {
    monoUs: () => 2 * S as MonoUs,
    wallUs: () => EPOCH_US + 2 * S as WallUs,
  };
  const summary = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: false });
  const texts = rule.judge(cursor.next(2 * S as MonoUs), summary).map(eventText);
  return { texts, outcome: rule.outcomes(summary)[0] };
}

for (
  const [written, lost, failed, found] of [
    // Seven of 10 ticks, and one of the 130 of thirteen.
    ["rate>=100", [], 0, "worst 100.000 /s"],
    ["received<=130", [], 0, "worst 130"],
    ["received<=9", [], 8, "worst 130"],
    // 130 are ten in each, or fewer in some.
    ["received>=10", [], 1, "worst 10, n/a in 1"],
    ["received>=11", [], 8, "worst 10"],
    // Three in one of those thirteen, or in three of them; fourteen are two in one of them at least.
    ["loss<=3", [120, 140, 160], 0, "worst 3"],
    ["loss<=1", [120, 140, 160], 1, "n/a in 1"],
    ["loss<=1", range(120, 134), 1, "worst 14"],
    ["loss=0", [120], 1, "worst 1"],
  ] as [string, number[], number, string][]
) {
  Deno.test(`${written} for each interval, of which thirteen are in one, fails in ${failed} with ${lost.length} lost`, () => {
    const { outcome } = judgedLate(written, lost);
    assert.deepEqual([outcome.intervals!.failed, outcome.intervals!.judged], [failed, 8]);
    assert.ok(outcome.found.endsWith(found), outcome.found);
  });
}

Deno.test("a count that several intervals have together is said to be not known of each", () => {
  const { texts } = judgedLate("received>=10", []);
  assert.deepEqual(texts, [
    "app2_tick: threshold failed in 1.3 s: received>=10 (found n/a (13 intervals in one))",
  ]);
});

/** A tick of the peer's, 0.3 ms old. */
function tickAt(atUs: number, seq: number, header: Partial<TickHeader> = {}): ReceivedTick {
  const counts = { timerErrorUs: 0, unsent: 0, skipped: 0 };
  return {
    subject: "app2_tick",
    signUs: EPOCH_US + atUs - 300 as WallUs,
    realUs: EPOCH_US + atUs as WallUs,
    monoUs: atUs as MonoUs,
    header: { run: "bbbbbbbb", seq, ...counts, ...header },
  };
}

for (
  const [written, happens] of [
    ["duplicate=0", (recorder) => void recorder.received(tickAt(S + 45 * MS, 103))],
    ["reordered=0", (recorder) => void recorder.received(tickAt(S + 45 * MS, 50))],
    ["late=0", (recorder) => void recorder.received(tickAt(S + 45 * MS, 10))],
    ["reconnects=0", (recorder) => {
      recorder.bus({ type: "disconnected", server: "a:1" }, S + 41 * MS as MonoUs);
      const reconnected = { type: "reconnected", server: "a:1", afterMs: 4 } as const;
      recorder.bus(reconnected, S + 45 * MS as MonoUs);
    }],
  ] as [string, (recorder: Recorder) => void][]
) {
  Deno.test(`${written} fails in the second in which it happened, and not in the one judged just then`, () => {
    const recorder = new Recorder({
      run: "aaaaaaaa",
      intervalUs: 10 * MS,
      lossTimeoutUs: 700 * MS,
    });
    const rule = new IntervalRule([readExpectation(written)], { expectEveryUs: S });
    const cursor = recorder.intervals(S, 0 as MonoUs);
    const failedAt: number[] = [];
    for (let seq = 0; seq < 300; seq++) {
      const atUs = seq * 10 * MS;
      if (seq !== 10 && seq !== 50) recorder.received(tickAt(atUs, seq));
      if (seq === 104) happens(recorder);
      if (seq % 10 !== 7) continue;
      // As late as an app does it, so that nothing that arrived before is still to be taken in.
      const clock = {
        monoUs: () => atUs as MonoUs,
        wallUs: () => EPOCH_US + atUs as WallUs,
      };
      const summary = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: false });
      const over = cursor.next(atUs - 200 * MS as MonoUs);
      if (rule.judge(over, summary).length > 0) failedAt.push(Math.floor(atUs / S - 0.2));
    }
    assert.deepEqual(failedAt, [2]);
  });
}

Deno.test("an outage that begins after a second is over is none of it, though it was judged later", () => {
  // From 0.99 s on there is none for 150 ms: 10 ms of it are of the first second.
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10 * MS, lossTimeoutUs: S });
  const rule = new IntervalRule([readExpectation("outages=0")], { expectEveryUs: S });
  const cursor = recorder.intervals(S, 0 as MonoUs);
  const judge = (atUs: number) => {
    const clock = { monoUs: () => atUs as MonoUs, wallUs: () => EPOCH_US + atUs as WallUs };
    const summary = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: false });
    return rule.judge(cursor.next(atUs - 200 * MS as MonoUs), summary).length;
  };
  for (let seq = 0; seq < 100; seq++) recorder.received(tickAt(seq * 10 * MS, seq));
  for (let seq = 114; seq < 130; seq++) recorder.received(tickAt(seq * 10 * MS, seq));
  assert.equal(judge(1.3 * S), 0);
  for (let seq = 130; seq < 250; seq++) recorder.received(tickAt(seq * 10 * MS, seq));
  assert.equal(judge(2.3 * S), 1);
});

Deno.test("a stall of our own is no gap of an interval, as it is none of the whole run", () => {
  const gaps: number[] = [];
  let cursor: IntervalCursor | undefined;
  let rule: IntervalRule | undefined;
  const { app1 } = simulate({
    seed: 7,
    seconds: 6,
    app1: { stalls: [{ fromUs: 2.7 * S, toUs: 3.3 * S }] },
    app2: { wayUs: (_, atUs) => atUs > 4.4 * S && atUs < 4.6 * S ? [] : [300] },
    onHeard(app, atUs) {
      if (app.subject !== "app1_tick") return;
      cursor ??= app.recorder.intervals(S, app.monoUs(0));
      rule ??= new IntervalRule([readExpectation("gap<150ms")], { expectEveryUs: S });
      const clock = { monoUs: () => app.monoUs(atUs), wallUs: () => app.wallUs(atUs) };
      const { recorder } = app;
      const summary = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: false });
      const over = cursor.next(app.monoUs(atUs - 200 * MS));
      gaps.push(...over.map(({ longestOfOthersUs }) => longestOfOthersUs));
      rule.judge(over, summary);
    },
  });
  const clock = { monoUs: () => app1.monoUs(6 * S), wallUs: () => app1.wallUs(6 * S) };
  const { recorder } = app1;
  const summary = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: false });
  const [{ outages }] = summary.peers;
  const [outcome] = rule!.outcomes(summary);
  assert.equal(outcome.intervals!.failed, 1, outcome.found);
  assert.ok(outages.longest!.lengthUs > 590 * MS);
  assert.equal(Math.round(Math.max(...gaps)), outages.longestOfOthersUs);
  assert.ok(gaps.filter((us) => us > 100 * MS).length === 1, `${gaps}`);
});

Deno.test("a threshold is judged by the bound that the clock had then, however late that is", () => {
  // Round trips of 0.6 ms, so that 0.3 ms of delay are ± 0.3 ms; then, from 2 s on, of a clock an hour ahead.
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10 * MS, lossTimeoutUs: S });
  const expectations = ["max<1ms", "p50<1ms", "offset<1ms"].map(readExpectation);
  const rule = new IntervalRule(expectations, { expectEveryUs: S, sure: true });
  const cursor = recorder.intervals(S, 0 as MonoUs, percentsOf(expectations));
  const H = 3600 * S;
  for (let seq = 0; seq < 210; seq++) {
    const atUs = seq * 10 * MS;
    const [steps, aheadUs] = seq < 200 ? [0, 0] : [1, H];
    const signUs = EPOCH_US + atUs - 600 as WallUs;
    recorder.about({ wallUs: signUs, monoUs: atUs - 600 as MonoUs, seq });
    const echo = { run: "aaaaaaaa", seq, signUs, realUs: signUs + 300 + aheadUs as WallUs };
    const tick = tickAt(atUs, seq, { steps, echo });
    // One of them, and the last of all, has no echo: what is known then is much less.
    if (seq === 209) tick.header!.echo = undefined;
    recorder.received({ ...tick, signUs: tick.signUs + aheadUs as WallUs });
  }
  const clock = {
    monoUs: () => 12 * S as MonoUs,
    wallUs: () => EPOCH_US + 12 * S as WallUs,
  };
  const summary = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: false });
  assert.ok(summary.peers[0].clock!.boundUs > 5 * MS);
  const [first, second] = cursor.next(12 * S as MonoUs);
  assert.deepEqual(rule.judge([first, second], summary).map(eventText), []);
  for (const { atEnd: { clock, range } } of [first, second]) {
    assert.ok(clock!.boundUs <= 400, `${clock!.boundUs}`);
    assert.ok(range!.maxBoundUs <= 400, `${range!.maxBoundUs}`);
  }
});

for (
  const [written, failed, found] of [
    // The peer is killed as the second second ends; 0.9 s are no whole interval, but an outage.
    ["outages=0", 1, "worst 1"],
    ["gap<250ms", 1, "worst 905.000 ms"],
    ["outage<0.5s", 1, "worst 905.000 ms"],
  ] as const
) {
  Deno.test(`${written} for each second is held against an end without a tick`, () => {
    const [outcome] = judged(written, { lost: range(200, 290), seconds: 2.9 }).outcomes;
    assert.deepEqual(outcome.intervals, { lengthUs: S, failed, judged: 3 });
    assert.ok(outcome.found.endsWith(found), outcome.found);
  });
}

Deno.test("the jitter of an interval without a tick is not known, and fails", () => {
  const [outcome] = judged("jitter<1ms", { lost: range(100, 300) }).outcomes;
  assert.equal(outcome.found, "failed in 2 of 4 intervals, worst 0.000 ms, n/a in 2");
});

Deno.test("readRuleUs() refuses what is known of the whole run only, and a rule without any", () => {
  assert.throws(
    () => readRuleUs("1s", [readExpectation("pdv.p95<5ms")]),
    /pdv\.p95 is known only of/,
  );
  assert.throws(() => readRuleUs("1s", []), /needs --expect/);
  assert.throws(() => readRuleUs("99ms", [readExpectation("loss=0")]), /out of range/);
  assert.equal(readRuleUs("1m", [readExpectation("loss=0")]), 60e6);
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

/** Expectations as a rule for each interval of a run. */

import assert from "node:assert/strict";
import { percentsOf, readExpectation } from "../../lib/expect.ts";
import { IntervalRule, readRuleUs } from "../../lib/rule/interval_rule.ts";
import { eventText } from "../../lib/report/text/event.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { EPOCH_US } from "../support/simulation.ts";

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

Deno.test("an interval that isn't whole fails neither by its rate nor by what isn't known of it", () => {
  const { outcomes } = judged("rate>=60,dt.p50<5ms,max<5ms", { lost: range(0, 90), seconds: 1.5 });
  assert.deepEqual(outcomes.map(({ intervals }) => [intervals!.failed, intervals!.judged]), [
    [0, 0], // one is cut short at its beginning, the other one at its end
    [0, 2],
    [0, 0], // no offset is known
  ]);
  assert.deepEqual(outcomes.map(({ ok }) => ok), [false, true, false]);
  assert.equal(outcomes[0].found, "no interval that could be judged");
});

Deno.test("readRuleUs() refuses what is known of the whole run only, and a rule without any", () => {
  assert.throws(
    () => readRuleUs("1s", [readExpectation("pdv.p95<5ms")]),
    /pdv\.p95 is known only of/,
  );
  assert.throws(() => readRuleUs("1s", []), /no --expect/);
  assert.throws(() => readRuleUs("99ms", [readExpectation("loss=0")]), /out of range/);
  assert.equal(readRuleUs("1m", [readExpectation("loss=0")]), 60e6);
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

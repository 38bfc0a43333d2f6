/** Thresholds of a fleet: a peer that is gone goes into the verdict all the same. */

import assert from "node:assert/strict";
import { readExpectation } from "../../lib/expect.ts";
import { Verdicts } from "../../lib/rule/verdicts.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf, summaryWith } from "../../lib/stats/summary.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { EPOCH_US } from "../support/simulation.ts";

const S = 1e6;

/** "gone" loses one tick of five in the first second and ends; "here" sends on, once a second, for 100 s. */
function fleet(expectEveryUs: number) {
  const expectations = [readExpectation("loss=0"), readExpectation("dt.max<5ms")];
  const verdicts = new Verdicts(expectations, { expectEveryUs });
  let nowUs = 0;
  const recorder: Recorder = new Recorder({
    ...{ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: S, forgetUs: 30 * S },
    onForgotten: (peer) => verdicts.forget(summaryWith(facts, [peer])),
  });
  const clock = { monoUs: () => nowUs as MonoUs, wallUs: () => EPOCH_US + nowUs as WallUs };
  const facts = { name: "app1", startUs: 0, recorder, clock, ended: false };
  const receive = (subject: string, seq: number) =>
    recorder.received({
      ...{ subject, signUs: EPOCH_US + nowUs - 300 as WallUs, realUs: EPOCH_US + nowUs as WallUs },
      monoUs: nowUs as MonoUs,
      header: { run: `run-${subject}`, seq, timerErrorUs: 0, unsent: 0, skipped: 0 },
    });
  const cursor = recorder.intervals(expectEveryUs, 0 as MonoUs);
  const failed: string[] = [];
  const judge = () => {
    const over = cursor.next(nowUs as MonoUs);
    if (over.length === 0) return;
    for (const { subject } of verdicts.judge(over, summaryOf(facts))) failed.push(subject);
  };
  for (const seq of [0, 1, 2, 4]) {
    nowUs += 100_000;
    receive("gone", seq);
  }
  for (let second = 1; second <= 100; second++) {
    nowUs = second * S;
    receive("here", second);
    recorder.check(nowUs as MonoUs);
    judge();
  }
  assert.deepEqual([...recorder.peers.keys()], ["here"]);
  return { outcomes: verdicts.outcomes(summaryOf(facts)), failed };
}

Deno.test("a threshold that a peer failed before it was forgotten has failed", () => {
  const { outcomes } = fleet(Infinity);
  assert.deepEqual(
    outcomes.map(({ written, subject, ok, found }) => [written, subject, ok, found]),
    [
      ["loss=0", "here", true, "0"],
      ["dt.max<5ms", "here", true, "0.300 ms"],
      ["loss=0", undefined, false, "1 of 1 forgotten peer failed, first gone: 1"],
      ["dt.max<5ms", undefined, true, "1 forgotten peer, all ok"],
    ],
  );
});

Deno.test("the intervals of a peer that was forgotten count at the end, and it has no more of them", () => {
  const { outcomes, failed } = fleet(10 * S);
  // It lost one in the first, and sent nothing in the three that were over when it was forgotten.
  assert.deepEqual(failed, ["gone", "gone", "gone", "gone"]);
  const told = outcomes.map(({ written, subject, ok, found }) => [written, subject, ok, found]);
  assert.deepEqual(told.filter(([, subject]) => subject === "here").map(([, , ok]) => ok), [
    true,
    true,
  ]);
  const [loss, dt, ...others] = told.filter(([, subject]) => subject !== "here");
  assert.deepEqual(loss, [
    "loss=0",
    undefined,
    false,
    "failed in 1 of 4 intervals, worst 1, of 1 forgotten peer",
  ]);
  assert.equal(dt[0], "dt.max<5ms");
  assert.deepEqual(others, []);
});

Deno.test("an interval in which a peer was forgotten is judged by what it was", () => {
  const { outcomes, failed } = fleet(50 * S);
  assert.deepEqual(failed, ["gone"]);
  const [, gone] = outcomes.filter(({ written }) => written === "loss=0");
  assert.equal(gone.ok, false);
});

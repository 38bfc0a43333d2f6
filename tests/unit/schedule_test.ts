import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { Schedule } from "../../lib/stats/schedule.ts";
import { coveredUs } from "../../lib/stats/spans.ts";
import type { SentTick } from "../../lib/tick.ts";
import { EPOCH_US } from "../support/simulation.ts";

const MS = 1000;
const INTERVAL_US = 10 * MS;

/** A tick recorded so long after its slot; skipped and unsent count from the start. */
function sentTick(
  seq: number,
  timerErrorUs: number,
  { skipped = 0, unsent = 0, sent = true, last = false } = {},
): SentTick {
  const atUs = seq * INTERVAL_US + timerErrorUs;
  return {
    run: "cccccccc",
    seq,
    signUs: EPOCH_US + atUs as WallUs,
    monoUs: atUs as MonoUs,
    timerErrorUs,
    last,
    sent,
    unsent,
    skipped,
  };
}

Deno.test("Schedule has nothing to say before the first tick", () => {
  const { run, slots, sent, unsent, skipped, stalls, timerError } = new Schedule(INTERVAL_US)
    .statistics();
  assert.equal(run, "");
  assert.deepEqual([slots, sent, unsent, skipped, stalls, timerError.count], [0, 0, 0, 0, 0, 0]);
});

Deno.test("Schedule counts slots, and the timer error of those that were ticked", () => {
  const schedule = new Schedule(INTERVAL_US);
  schedule.record(sentTick(0, 20));
  schedule.record(sentTick(1, -4));
  schedule.record(sentTick(2, 50));
  const { run, slots, sent, unsent, skipped, timerError } = schedule.statistics();
  assert.deepEqual([run, slots, sent, unsent, skipped], ["cccccccc", 3, 3, 0, 0]);
  assert.deepEqual([timerError.count, timerError.minUs, timerError.meanUs], [3, -4, 22]);
  assert.deepEqual(timerError.max, { us: 50, seq: 2, atUs: EPOCH_US + 2 * INTERVAL_US + 50 });
});

Deno.test("Schedule tells unsent and skipped slots from those sent", () => {
  const schedule = new Schedule(INTERVAL_US);
  schedule.record(sentTick(0, 0));
  schedule.record(sentTick(1, 0, { sent: false, unsent: 1 }));
  schedule.record(sentTick(4, 0, { unsent: 1, skipped: 2 }));
  const { slots, sent, unsent, skipped } = schedule.statistics();
  assert.deepEqual([slots, sent, unsent, skipped], [5, 2, 1, 2]);
  assert.equal(slots, sent + unsent + skipped);
});

Deno.test("Schedule counts the timer error of an unsent tick too, as it is our own", () => {
  const schedule = new Schedule(INTERVAL_US);
  schedule.record(sentTick(0, 3000, { sent: false, unsent: 1 }));
  assert.equal(schedule.statistics().timerError.max.us, 3000);
});

Deno.test("Schedule takes a last tick before its time for no timer error", () => {
  const schedule = new Schedule(INTERVAL_US);
  schedule.record(sentTick(0, 20));
  schedule.record(sentTick(1, -7 * MS, { last: true }));
  const { timerError, sent } = schedule.statistics();
  assert.deepEqual([sent, timerError.count, timerError.minUs], [2, 1, 20]);
});

Deno.test("Schedule calls it a stall from 50 ms on", () => {
  const schedule = new Schedule(100 * MS);
  assert.equal(schedule.record(sentTick(0, 50 * MS - 1)), 0);
  assert.equal(schedule.record(sentTick(1, 50 * MS)), 50 * MS);
  assert.deepEqual([schedule.stalls, schedule.longestStallUs], [1, 50 * MS]);
});

Deno.test("Schedule adds the slots skipped before a tick to its timer error", () => {
  const schedule = new Schedule(INTERVAL_US);
  schedule.record(sentTick(0, 0));
  assert.equal(schedule.record(sentTick(100, 3 * MS, { skipped: 99 })), 993 * MS);
  assert.equal(schedule.record(sentTick(101, 0, { skipped: 99 })), 0); // counted once
  assert.equal(schedule.record(sentTick(111, 0, { skipped: 108 })), 90 * MS);
  assert.deepEqual([schedule.stalls, schedule.longestStallUs], [2, 993 * MS]);
});

Deno.test("Schedule.stalled() knows where it stood still", () => {
  const schedule = new Schedule(INTERVAL_US);
  schedule.record(sentTick(99, 0));
  schedule.record(sentTick(200, 0, { skipped: 100 })); // from 1 s to 2 s
  assert.equal(coveredUs(schedule.stalled(1.5e6, 2e6)), 500 * MS);
  assert.equal(coveredUs(schedule.stalled(0, 2.01e6)), 1000 * MS);
  assert.equal(coveredUs(schedule.stalled(2e6, 2.01e6)), 0);
});

Deno.test("Schedule.stalled() knows by its overdue tick where it stands still", () => {
  const schedule = new Schedule(INTERVAL_US);
  schedule.record(sentTick(100, 0));
  assert.equal(coveredUs(schedule.stalled(0, 1.01e6 + 49 * MS)), 0);
  assert.equal(coveredUs(schedule.stalled(0, 1.51e6)), 500 * MS);
  assert.equal(coveredUs(schedule.stalled(1.31e6, 1.51e6)), 200 * MS);
});

Deno.test("Schedule.stalled() expects no tick before the first one, nor after the last", () => {
  const schedule = new Schedule(INTERVAL_US);
  assert.equal(coveredUs(schedule.stalled(0, 5e6)), 0);
  schedule.record(sentTick(100, 0, { last: true }));
  assert.equal(coveredUs(schedule.stalled(0, 5e6)), 0);
});

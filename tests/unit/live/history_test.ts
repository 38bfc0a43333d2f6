/** What a live page keeps of a run: bounded, and no extreme, count or outage lost. */

import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bucketOf, valueOfBucket } from "../../../lib/live/buckets.ts";
import { Column } from "../../../lib/live/column.ts";
import { PeerHistory } from "../../../lib/live/history.ts";
import { OutageSpans } from "../../../lib/live/spans.ts";
import { Tier } from "../../../lib/live/tier.ts";
import { Era } from "../../../lib/stats/delay/era.ts";
import type { Sample } from "../../../lib/stats/delay/sample.ts";
import type { Outage } from "../../../lib/stats/outages.ts";
import type { MonoUs } from "../../../lib/time/clock.ts";
import { LONG } from "../../support/long.ts";

const era = new Era();

/** What is in use, and not only not yet collected. */
function usedMb(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = Deno.memoryUsage();
  return (heapUsed + external) / 1e6;
}

function placed(delayUs: number, monoUs: number): Sample {
  const when = { atUs: monoUs, monoUs: monoUs as MonoUs };
  const flags = { duringStall: false, stale: false };
  return { dtUs: delayUs, seq: 1, ...when, ...flags, era, delay: { delayUs, boundUs: 1 } };
}

function column(...values: number[]): Column {
  const made = new Column();
  for (const us of values) made.record(us, bucketOf(us));
  return made;
}

Deno.test("a bucket's value is within 6.25 % of all it holds, of either sign", () => {
  for (const us of [1, 2, 3.3, 49, 50, 1000, 12_345, 9_999_999, 36e8]) {
    for (const value of [us, -us]) {
      const shown = valueOfBucket(bucketOf(value));
      assert.ok(Math.abs(shown - value) <= 0.0625 * us, `${value}: ${shown}`);
    }
  }
  assert.equal(valueOfBucket(bucketOf(0.4)), 0);
});

Deno.test("Column#view() gives nearest ranks between exact extremes", () => {
  const { count, minUs, percentilesUs: [p50, p90, p99], maxUs } = column(
    ...[100, 100, 100, 100, 100, 200, 200, 200, 200, 7777],
  ).view(0);
  assert.deepEqual([count, minUs, maxUs], [10, 100, 7777]);
  assert.ok(Math.abs(p50 - 100) <= 6.25 && Math.abs(p90 - 200) <= 12.5, `${p50} ${p90}`);
  assert.ok(p99 <= 7777 && p99 >= 7777 * 0.9375, `${p99}`);
});

Deno.test("Column#add() is as if one had taken all", () => {
  const [a, b] = [column(5, 70, 900), column(1, 70, 44_000)];
  a.lost = 2;
  b.lost = 3;
  a.close();
  b.close();
  a.add(b);
  const whole = column(5, 70, 900, 1, 70, 44_000);
  whole.lost = 5;
  assert.deepEqual(a.view(0), whole.view(0));
});

Deno.test("a tier that merges keeps every count, loss and extreme", () => {
  const tier = new Tier({ widthUs: 10, maxColumns: 8, whenFull: "merge" });
  for (let at = 0; at < 1000; at++) {
    const us = at === 333 ? 50_000 : at === 777 ? 2 : 100;
    tier.at(at).record(us, bucketOf(us));
    if (at % 100 === 0) tier.at(at).lost++;
  }
  assert.ok(tier.columns.length <= 8);
  const views = tier.columns.map((each) => each.view(0));
  assert.equal(views.reduce((sum, { count }) => sum + count, 0), 1000);
  assert.equal(views.reduce((sum, { lost }) => sum + lost, 0), 10);
  assert.equal(views[Math.floor(333 / tier.widthUs)].maxUs, 50_000);
  assert.equal(views[Math.floor(777 / tier.widthUs)].minUs, 2);
});

Deno.test("a tier that forgets keeps the last columns, and takes what is older into the first of them", () => {
  const tier = new Tier({ widthUs: 10, maxColumns: 3, whenFull: "forget" });
  for (let at = 0; at < 100; at += 10) tier.at(at).record(at, bucketOf(at));
  assert.deepEqual(tier.columns.map(({ maxUs }) => maxUs), [70, 80, 90]);
  assert.equal(tier.at(5), tier.columns[0]);
});

Deno.test("Tier#take() hands out each closed column once, and all of them after a change of an old one", () => {
  const tier = new Tier({ widthUs: 10, maxColumns: 9, whenFull: "forget" });
  for (const at of [0, 10, 20]) tier.at(at).record(1, bucketOf(1));
  const { from, columns, isWhole } = tier.take(20);
  assert.deepEqual([from, columns.length, isWhole], [0, 2, false]);
  assert.equal(tier.take(20).columns.length, 0);
  assert.deepEqual([tier.take(30).from, tier.taken.columns.length], [2, 3]);
  tier.at(0).record(1, bucketOf(1));
  const again = tier.take(30);
  assert.deepEqual([again.from, again.columns.length, again.isWhole], [0, 3, true]);
});

Deno.test("OutageSpans merges the closest two, and loses neither count, time nor slots", () => {
  const spans = new OutageSpans(2);
  const outage = (startUs: number, lengthUs: number, cause: Outage["cause"]) =>
    spans.add(
      {
        ...{ startUs, endUs: startUs + lengthUs, lengthUs, cause },
        ...{ missing: lengthUs / 10, unsent: 0, skipped: 0 },
      } as Outage,
    );
  outage(0, 100, "unknown");
  outage(1000, 200, "peer stalled");
  outage(1300, 100, "local stall");
  assert.deepEqual(
    spans.all.map(({ startUs, endUs, count, totalUs, cause, missing }) => [
      ...[startUs, endUs, count, totalUs, cause, missing],
    ]),
    [[0, 100, 1, 100, "unknown", 10], [1000, 1400, 2, 300, "peer stalled", 30]],
  );
});

Deno.test("what waited for the offset is in the column of its time", () => {
  const history = new PeerHistory(0);
  const { delay: _, ...waiting } = placed(500, 150_000);
  const sample: Sample = waiting;
  history.sampled(sample);
  history.sampled(placed(700, 950_000));
  sample.delay = { delayUs: 600, boundUs: 1 };
  history.settle();
  assert.equal(history.of, "delay");
  assert.deepEqual([history.tiers[0].at(150_000).maxUs, history.tiers[0].at(950_000).maxUs], [
    600,
    700,
  ]);
});

Deno.test("dt is kept until a delay is known, an hour off as well as not", () => {
  const history = new PeerHistory(0);
  const HOUR = 3_600e6;
  const tick = (dtUs: number, monoUs: number) => {
    const { delay: _, ...bare } = placed(dtUs, monoUs);
    history.sampled({ ...bare, seq: -1 });
  };
  for (const above of [0, 1000, 2000]) tick(HOUR + above, above);
  const { minUs, percentilesUs: [p50], maxUs } = history.tiers[0].at(0).view(history.baseUs);
  assert.deepEqual([history.of, minUs, maxUs], ["dt", HOUR, HOUR + 2000]);
  assert.ok(Math.abs(p50 - HOUR - 1000) < 65, `${p50 - HOUR}`);
  history.sampled(placed(300, 5000));
  assert.deepEqual([history.of, history.tiers[0].at(0).view(history.baseUs).maxUs], ["delay", 300]);
});

// Three hours fill what is kept of a day, in columns an eighth as wide.
const [SPAN, EVERY_MS] = LONG ? ["a day", 10] : ["three hours", 50];
Deno.test(`${SPAN} at ${EVERY_MS} ms in under 20 MB: extremes, losses, outages`, () => {
  const beforeMb = usedMb();
  const history = new PeerHistory(0);
  const [SLOTS, SPIKE, DIP] = [LONG ? 8_640_000 : 216_000, 34_567, 200_001];
  let seed = 1;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  for (let slot = 0; slot < SLOTS; slot++) {
    const us = slot === SPIKE ? 987_654 : slot === DIP ? 3 : 200 - 300 * Math.log(1 - random());
    const monoUs = slot * EVERY_MS * 1000;
    history.sampled(placed(us, monoUs));
    if (slot % 1000 === 0) history.givenUp({ lost: 1, unsent: 0, skipped: 0 } as never, monoUs);
    if (slot % 200 === 0) {
      const [startUs, endUs] = [monoUs, monoUs + 200_000];
      history.outages.add({ startUs, endUs, lengthUs: 200_000, missing: 1 } as Outage);
    }
  }
  const grownMb = usedMb() - beforeMb;
  assert.ok(grownMb < 20, `${grownMb} MB`);
  const all = history.tiers[3];
  const views = all.columns.map((each) => each.view(0));
  assert.ok(views.length >= 1200 && views.length <= 2400, `${views.length}`);
  assert.equal(views.reduce((sum, { count }) => sum + count, 0), SLOTS);
  assert.equal(views.reduce((sum, { lost }) => sum + lost, 0), SLOTS / 1000);
  assert.equal(views[Math.floor(SPIKE * EVERY_MS * 1000 / all.widthUs)].maxUs, 987_654);
  assert.equal(views[Math.floor(DIP * EVERY_MS * 1000 / all.widthUs)].minUs, 3);
  const outages = history.outages.all;
  assert.equal(outages.length, 512);
  assert.equal(outages.reduce((sum, { count }) => sum + count, 0), SLOTS / 200);
});

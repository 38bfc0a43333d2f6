import assert from "node:assert/strict";
import { SparseCounts } from "../../lib/stats/delay/counts.ts";
import { DelayHistogram, MAX_ABOVE_US, PERCENTILES } from "../../lib/stats/delay/histogram.ts";
import { DelayRange } from "../../lib/stats/delay/range.ts";
import { histogramText } from "../../lib/report/histogram.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { EPOCH_US, normal, type Random, seeded } from "../support/simulation.ts";

function statsOf(values: Iterable<number>): DelayHistogram {
  const stats = new DelayHistogram();
  let seq = 0;
  for (const us of values) stats.record(us, seq, 1_000_000 + seq++);
  return stats;
}

Deno.test("DelayStats gives the statistics of five values worked out by hand", () => {
  const { count, minUs, meanUs, deviationUs, percentilesUs, max, beyond } = statsOf([
    20,
    90,
    40,
    50,
    100,
  ]).statistics();
  assert.deepEqual([count, minUs, beyond], [5, 20, 0]);
  assert.equal(meanUs, 60); // 300 / 5
  assert.ok(Math.abs(deviationUs - 33.911_649_915_626) < 1e-9); // √((40² + 30² + 20² + 10² + 40²) / 4)
  assert.deepEqual(percentilesUs, { 50: 50, 90: 100, 99: 100, 99.9: 100, 99.99: 100 });
  assert.deepEqual(max, { us: 100, seq: 4, atUs: 1_000_004 });
});

Deno.test("DelayStats gives the percentiles of 1 to 10,000", () => {
  const values = Array.from({ length: 10_000 }, (_, i) => ((i * 7919) % 10_000) + 1);
  const { percentilesUs } = statsOf(values).statistics();
  assert.deepEqual(percentilesUs, { 50: 5000, 90: 9000, 99: 9900, 99.9: 9990, 99.99: 9999 });
});

Deno.test("DelayStats keeps the first of two largest values", () => {
  assert.equal(statsOf([3, 8, 8, 1]).statistics().max.seq, 1);
});

Deno.test("DelayStats has no deviation of one value", () => {
  const { deviationUs, meanUs, minUs, percentilesUs } = statsOf([-7]).statistics();
  assert.deepEqual([deviationUs, meanUs, minUs, percentilesUs["50"]], [NaN, -7, -7, -7]);
});

Deno.test("DelayStats has no percentiles of nothing", () => {
  const { count, percentilesUs } = new DelayHistogram().statistics();
  assert.equal(count, 0);
  assert.ok(Number.isNaN(percentilesUs["50"]));
});

for (const shiftUs of [0, -250_000, 250_000, -3600e6, 3600e6, 1.795e15]) {
  Deno.test(`DelayStats gives the same statistics for values shifted by ${shiftUs} µs`, () => {
    const random = seeded(3600);
    const values = Array.from({ length: 5000 }, () => Math.round(300 * Math.exp(normal(random))));
    const plain = statsOf(values).statistics();
    const shifted = statsOf(values.map((us) => us + shiftUs)).statistics();
    assert.equal(shifted.minUs - shiftUs, plain.minUs);
    assert.equal(shifted.max.us - shiftUs, plain.max.us);
    // A double resolves 0.25 µs at 1.8e15 µs, which is where a peer that sends 0 is.
    const mayUs = 0.001 + 1e-14 * Math.abs(shiftUs);
    assert.ok(Math.abs(shifted.meanUs - shiftUs - plain.meanUs) < mayUs);
    assert.ok(Math.abs(shifted.deviationUs - plain.deviationUs) < mayUs);
    for (const percent of PERCENTILES) {
      const movedUs = shifted.percentilesUs[percent] - shiftUs - plain.percentilesUs[percent];
      assert.ok(Math.abs(movedUs) <= 1, `p${percent} moved by ${movedUs}`);
    }
  });
}

/** What a shape's n-th value of so many is. */
type Shape = (random: Random, part: number) => number;

const SHAPES: Record<string, Shape> = {
  "lognormal about 0.3 ms": (random) => 300 * Math.exp(0.7 * normal(random)),
  "bimodal with a far tail": (random) =>
    random() < 0.5
      ? 200 + 20 * normal(random)
      : random() < 0.99
      ? 9000 + 1000 * normal(random)
      : 20_000 * (1 - random()) ** -1.5,
  "negative normal with a sinking floor": (random, part) =>
    -250_000 - 300_000 * part + 800 * normal(random),
  "normal about zero": (random) => 50 * normal(random),
};

/** Two of them are beyond the 99.999th percentile. */
const MANY = 200_000;
const MILLION = 1_000_000;

for (const [what, shape] of Object.entries(SHAPES)) {
  Deno.test(`DelayStats has the percentiles of a full sort: ${what}`, () => {
    const random = seeded(1_000_003);
    const values = new Float64Array(MANY);
    for (let n = 0; n < MANY; n++) values[n] = Math.round(shape(random, n / MANY));
    const stats = statsOf(values);
    const sorted = values.toSorted();
    const { minUs, max, count, beyond } = stats.statistics();
    assert.deepEqual([count, beyond], [MANY, 0]);
    assert.deepEqual([minUs, max.us], [sorted[0], sorted[MANY - 1]]);
    assert.equal(values[max.seq], max.us);
    for (const percent of [1, 10, 25, ...PERCENTILES, 99.999]) {
      const trueUs = sorted[Math.ceil(Math.round(percent * MANY) / 100) - 1];
      exact(stats.percentileUs(percent), trueUs, minUs, `p${percent}`);
    }
  });
}

/** Within 0.1 % of what lies above the floor, or 1 µs. */
function exact(us: number, trueUs: number, floorUs: number, what: string) {
  const offUs = Math.abs(us - trueUs);
  const mayUs = Math.max(1, (trueUs - floorUs) / 1000);
  assert.ok(offUs <= mayUs, `${what} is ${us} instead of ${trueUs}, floor ${floorUs}`);
}

Deno.test("DelayStats gives mean and deviation of a million values as two passes do", () => {
  const random = seeded(1962);
  const values = Float64Array.from(
    { length: MILLION },
    () => Math.round(-3600e6 + 100 * normal(random)),
  );
  const { meanUs, deviationUs } = statsOf(values).statistics();
  const mean = values.reduce((sum, us) => sum + (us + 3600e6), 0) / MILLION;
  const squares = values.reduce((sum, us) => sum + (us + 3600e6 - mean) ** 2, 0);
  assert.ok(Math.abs(meanUs + 3600e6 - mean) < 0.001);
  assert.ok(Math.abs(deviationUs - Math.sqrt(squares / (MILLION - 1))) < 0.001);
});

Deno.test("DelayStats keeps every value exact while its floor sinks a thousand times", () => {
  const values: number[] = [];
  for (let n = 0; n < 1000; n++) values.push(-n * 2000, -n * 2000 + 700, 90e6 - n * 2000);
  const stats = statsOf(values);
  const sorted = Float64Array.from(values).sort();
  const minUs = sorted[0];
  assert.equal(stats.statistics().minUs, -999 * 2000);
  for (let percent = 1; percent < 100; percent++) {
    const trueUs = sorted[Math.ceil(percent / 100 * values.length - 1e-9) - 1];
    exact(stats.percentileUs(percent), trueUs, minUs, `p${percent}`);
  }
});

Deno.test("DelayStats keeps what lies near its floor exact beside what lies far above", () => {
  const values = Array.from({ length: 1000 }, (_, n) => n).concat(3600e6, 7200e6);
  const stats = statsOf(values);
  assert.equal(stats.percentileUs(50), 500);
  assert.equal(stats.percentileUs(90), 901); // the 902nd of 1002
  assert.equal(stats.statistics().max.us, 7200e6);
});

Deno.test("DelayStats counts what lies beyond its range, in the mean and as the most too", () => {
  const { count, beyond, max, meanUs, percentilesUs } = statsOf([
    0,
    10,
    MAX_ABOVE_US * 2,
    20,
  ]).statistics();
  assert.deepEqual([count, beyond], [4, 1]);
  assert.deepEqual(max, { us: MAX_ABOVE_US * 2, seq: 2, atUs: 1_000_002 });
  assert.equal(meanUs, (30 + MAX_ABOVE_US * 2) / 4);
  assert.equal(percentilesUs["50"], 10);
});

Deno.test("DelayStats counts as beyond what a sinking floor leaves behind", () => {
  const { count, beyond, minUs, percentilesUs } = statsOf([
    1000,
    1000,
    -MAX_ABOVE_US,
  ]).statistics();
  assert.deepEqual([count, beyond, minUs], [3, 2, -MAX_ABOVE_US]);
  // By nearest rank: the first of three is within p33, not within p34 any more.
  assert.deepEqual([percentilesUs["50"], percentilesUs["99"]], [1000, 1000]);
});

Deno.test("DelayStats has no percentile below what lies beyond its range, where that is more than the rest", () => {
  const stats = statsOf([300, 2 * MAX_ABOVE_US, 2 * MAX_ABOVE_US, 3 * MAX_ABOVE_US]);
  assert.deepEqual([25, 26, 50, 99].map((percent) => stats.percentileUs(percent)), [
    300,
    // Which of them it is isn't known: no more than the max.
    ...[3 * MAX_ABOVE_US, 3 * MAX_ABOVE_US, 3 * MAX_ABOVE_US],
  ]);
});

for (const [digits, part] of [[2, 1 / 128], [3, 1 / 1024], [4, 1 / 1000]] as const) {
  Deno.test(`DelayStats with ${digits} digits is as exact of a backlog that falls from ten minutes`, () => {
    const values = Array.from({ length: 30_000 }, (_, n) => 600e6 - n * 20_000);
    const [falling, rising] = [new DelayHistogram(digits), new DelayHistogram(digits)];
    for (const us of values) falling.record(us);
    for (const us of values.toReversed()) rising.record(us);
    for (const stats of [falling, rising, falling.clone().merged(rising)]) {
      for (let percent = 1; percent < 100; percent++) {
        const trueUs = values.at(-Math.ceil(percent / 100 * values.length - 1e-9))!;
        const offUs = stats.percentileUs(percent) - trueUs;
        assert.ok(Math.abs(offUs) <= part * trueUs, `p${percent}: off by ${offUs} of ${trueUs}`);
      }
    }
  });
}

Deno.test("a range holds what it is of, also of a backlog that falls from ten minutes", () => {
  const range = new DelayRange();
  const boundUs = 200;
  const delaysUs = Array.from({ length: 30_000 }, (_, n) => 600e6 - n * 20_000 + n % 7 * 311);
  for (const delayUs of delaysUs) range.record({ delayUs, boundUs });
  const percents = Array.from({ length: 99 }, (_, n) => n + 1);
  const { percentilesUs, maxUs } = range.statistics(percents);
  const sorted = delaysUs.toSorted((a, b) => a - b);
  for (const percent of percents) {
    const trueUs = sorted[Math.ceil(percent / 100 * sorted.length - 1e-9) - 1];
    const [minUs, mostUs] = percentilesUs[percent];
    const what = `p${percent} of ${trueUs}: ${minUs} to ${mostUs}`;
    assert.ok(minUs <= trueUs - boundUs && trueUs + boundUs <= mostUs, what);
    // Its ends have two digits.
    assert.ok(mostUs - minUs <= 2 * (boundUs + trueUs / 64), what);
  }
  assert.deepEqual(maxUs, [sorted.at(-1)! - boundUs, sorted.at(-1)! + boundUs]);
});

Deno.test("DelayStats.statistics() are those of their moment", () => {
  const stats = statsOf([5]);
  const statistics = stats.statistics();
  stats.record(9, 1, 1);
  assert.deepEqual([statistics.count, statistics.max.us], [1, 5]);
});

Deno.test("DelayStats with three digits is within 0.1 % or 4 µs", () => {
  const stats = new DelayHistogram(3);
  for (let us = 0; us < 100_000; us++) stats.record(us - 50_000);
  for (const percent of PERCENTILES) {
    const trueUs = percent * 1000 - 1;
    const offUs = Math.abs(stats.percentileUs(percent) + 50_000 - trueUs);
    assert.ok(offUs <= Math.max(4, trueUs / 1000 + 1), `p${percent} is off by ${offUs}`);
  }
});

/** The rows of HdrHistogram's percentile distribution: value in ms, percentile, count up to it. */
function rowsOf(text: string): number[][] {
  return text.split("\n").filter((line) => /^\s*\d/.test(line)).map((line) =>
    line.trim().split(/\s+/).map(Number)
  );
}

Deno.test("DelayStats.percentileText() is what HdrHistogram's plotters read", () => {
  const { text, aboveFloor } = statsOf([1000, 2000, 3000, 4000]).percentileText();
  assert.equal(aboveFloor, false);
  const [title] = text.split("\n");
  assert.deepEqual(title.trim().split(/\s+/), [
    "Value",
    "Percentile",
    "TotalCount",
    "1/(1-Percentile)",
  ]);
  const rows = rowsOf(text);
  assert.deepEqual(rows[0].slice(0, 3), [1, 0, 1]);
  assert.deepEqual(rows.at(-1), [4, 1, 4]);
  assert.deepEqual(rows.find(([, percentile]) => percentile === 0.5)?.slice(0, 3), [2, 0.5, 2]);
  assert.match(text, /^#\[Mean +=/m);
  assert.match(text, /^#\[Max +=.*Total count += +4\]/m);
});

Deno.test("DelayStats.percentileText() is above the floor where values are negative", () => {
  const { text, aboveFloor } = statsOf([-5000, -4000, -2000]).percentileText();
  assert.equal(aboveFloor, true);
  const rows = rowsOf(text);
  assert.equal(rows[0][0], 0);
  assert.equal(rows.at(-1)![0], 3);
});

Deno.test("DelayStats.percentileText() keeps its digits where the clocks are an hour apart", () => {
  const { text, aboveFloor } = statsOf([3600e6 + 1000, 3600e6 + 2000, 3600e6 + 4000])
    .percentileText();
  assert.ok(aboveFloor);
  // 0, 1 and 3 ms above the least, not three times 3,600,000 ms
  assert.match(text, /^ +0\.0000 /m);
  assert.match(text, /^ +1\.0000 /m);
  assert.match(text, /^ +3\.0000 /m);
});

Deno.test("DelayStats.percentileText() counts what is too far above the least for a bucket, as the max", () => {
  const farUs = MAX_ABOVE_US + 3_600_000_000;
  for (const floorUs of [0, -5000, 7200e6]) {
    const near = Array.from({ length: 97 }, (_, n) => floorUs + n * 1000);
    const { text, beyond } = statsOf([...near, ...[1, 2, 3].map((n) => floorUs + n * farUs)])
      .percentileText();
    assert.equal(beyond, 3);
    const rows = rowsOf(text);
    const [maxMs, percentile, count] = rows.at(-1)!;
    assert.deepEqual([percentile, count], [1, 100]);
    assert.ok(Math.abs(maxMs - 3 * farUs / 1000) <= maxMs / 10_000, `${maxMs}`);
    assert.match(text, /^#\[Max +=.*Total count += +100\]/m);
    // No line says more or less than there is: of 97 %, the greatest near value.
    for (const [ms, share, upTo] of rows.filter(([ms]) => ms <= 96)) {
      assert.equal(upTo, Math.round(ms) + 1);
      assert.ok(upTo >= share * 100 - 1e-9 && upTo <= 97);
    }
  }
});

Deno.test("histogramText() says how many are too far above the minimum for a bucket", () => {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 50e6, lossTimeoutUs: 1e6 });
  for (let seq = 0; seq < 1377; seq++) {
    const monoUs = seq * 100e6 as MonoUs;
    const realUs = EPOCH_US + monoUs as WallUs;
    // Sent every 50 s; each is held up for 50 s more than the one before, the last for 68,800 s: 19 h are 2^36 µs, or 68,719.5 s.
    const signUs = realUs - seq * 50e6 as WallUs;
    const header = { run: "bbbbbbbb", seq, timerErrorUs: 0, unsent: 0, skipped: 0 };
    recorder.received({ subject: "app2_tick", signUs, realUs, monoUs, header });
  }
  const nowUs = 1377 * 100e6 as MonoUs;
  const { dt } = recorder.peers.get("app2_tick")!.statistics(nowUs);
  const text = histogramText(recorder, nowUs);
  const far = "; 2 more than 19 h above the minimum, counted as the maximum";
  assert.equal(text.split("\n")[0], `# app2_tick: dt in ms${far}`);
  assert.equal(rowsOf(text).at(-1)![2], dt.count);
});

Deno.test("statistics() has the percentiles that are asked for, by nearest rank", () => {
  const histogram = new DelayHistogram();
  for (let us = 1; us <= 1000; us++) histogram.record(us);
  const { percentilesUs } = histogram.statistics([5, 95, 99.95]);
  assert.deepEqual(percentilesUs, { 5: 50, 95: 950, 99.95: 1000 });
});

Deno.test("DelayStats is the same however often it is looked at on the way", () => {
  const random = seeded(64);
  // Of either sign, falling on the whole, with many steps of the base.
  const values = Array.from({ length: 1000 }, (_, i) => Math.round((random() - i / 1000) * 6e6));
  const [plain, looked] = [new DelayHistogram(), new DelayHistogram()];
  for (const [i, us] of values.entries()) {
    plain.record(us);
    looked.record(us);
    if (i % 7 === 0) looked.clone().merged(looked);
  }
  assert.deepEqual(looked.statistics(), plain.statistics());
  assert.deepEqual(looked.percentileText(), plain.percentileText());
});

Deno.test("DelayStats counts anew the less often the longer values fall, not at each", () => {
  const { prototype } = SparseCounts;
  const { clear } = prototype;
  let counted = 0;
  prototype.clear = function () {
    counted++;
    clear.call(this);
  };
  try {
    // What a frozen server lets go at once: two minutes of ticks, the oldest first.
    const stats = statsOf(Array.from({ length: 12_000 }, (_, i) => (12_000 - i) * 10_000));
    assert.equal(stats.percentileUs(0), 10_000);
  } finally {
    prototype.clear = clear;
  }
  // After 32 values, 64 more, … 4096 more, and when it is looked at.
  assert.equal(counted, 9);
});

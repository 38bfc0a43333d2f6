import assert from "node:assert/strict";
import { DelayVariation } from "../../lib/stats/delay/pdv.ts";
import type { MonoUs } from "../../lib/time/clock.ts";
import { loopbackUs, seeded } from "../support/simulation.ts";

const S = 1e6;
const CALM = { driftPpm: 0, ppm: 15 };

/** Records what dt was, tick by tick, 10 ms apart. */
function variationOf(dtUs: number[], wander = CALM): DelayVariation {
  const variation = new DelayVariation();
  dtUs.forEach((us, n) => variation.record(us, n * 10_000 as MonoUs, wander, n));
  return variation;
}

function percentileOf(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * percent / 100) - 1];
}

/** Values are exact to 4 µs, and a floor may sink by 5 µs in 10 ms without being a new minimum. */
function near(us: number, expectedUs: number, byUs = 9) {
  assert.ok(Math.abs(us - expectedUs) <= byUs, `${us} isn't ${expectedUs}`);
}

Deno.test("DelayVariation is what dt is above its min, by hand", () => {
  // Above 100: 200, 0, 50, 400, 0
  const { count, minUs, meanUs, max, percentilesUs } = variationOf([300, 100, 150, 500, 100])
    .statistics()!;
  assert.deepEqual([count, minUs, max.seq], [5, 0, 3]);
  near(meanUs, 130);
  near(max.us, 400);
  near(percentilesUs["50"], 50);
});

Deno.test("DelayVariation is the same whatever the offset", () => {
  const dtUs = [300, 100, 150, 500, 100];
  const shifted = dtUs.map((us) => us - 3600 * S);
  assert.deepEqual(
    variationOf(shifted).statistics()!.percentilesUs,
    variationOf(dtUs).statistics()!.percentilesUs,
  );
});

Deno.test("DelayVariation says nothing of one tick", () => {
  assert.equal(variationOf([]).statistics(), undefined);
  assert.equal(variationOf([300]).statistics(), undefined);
});

for (const ppm of [0, 50, -50, 100]) {
  for (const known of [true, false]) {
    Deno.test(`DelayVariation has a drift of ${ppm} ppm taken out${known ? "" : ", unknown"}`, () => {
      const random = seeded(5481);
      // It isn't known for the first 30 s.
      const ways = Array.from({ length: known ? 30_000 : 3000 }, () => loopbackUs(random));
      const dtUs = ways.map((us, n) => us - n * 0.01 * ppm);
      const wander = known ? { driftPpm: ppm, ppm: 15 } : { driftPpm: 0, ppm: 120 };
      const { percentilesUs } = variationOf(dtUs, wander).statistics()!;
      const minUs = Math.min(...ways);
      for (const percent of [50, 99]) {
        const trueUs = percentileOf(ways, percent) - minUs;
        // The floor is that of the last seconds, which isn't as low as that of all.
        near(percentilesUs[percent], trueUs, 100);
      }
    });
  }
}

Deno.test("DelayVariation keeps all of a load that lasts for a minute", () => {
  const random = seeded(12);
  const dtUs = Array.from(
    { length: 20_000 },
    (_, n) => loopbackUs(random) + (n >= 6000 && n < 12_000 ? 100_000 : 0),
  );
  const { percentilesUs } = variationOf(dtUs, { driftPpm: 0, ppm: 120 }).statistics()!;
  // Three in ten are slow: p90 is one of those, p50 none.
  assert.ok(percentilesUs["90"] > 100_000 && percentilesUs["90"] < 101_000);
  assert.ok(percentilesUs["50"] < 400);
});

Deno.test("DelayVariation raises what came before the way got faster", () => {
  const { percentilesUs } = variationOf(
    Array.from({ length: 2000 }, (_, n) => n < 1100 ? 10_000 : 2000),
  ).statistics()!;
  // 8 ms, less what a clock may have gained or noise may have been: 0.5 ms at most
  assert.ok(percentilesUs["50"] >= 7500 && percentilesUs["50"] <= 8000, `${percentilesUs["50"]}`);
  assert.ok(percentilesUs["99"] >= 7500 && percentilesUs["99"] <= 8000);
});

Deno.test("DelayVariation begins anew after a step, and keeps what it had", () => {
  const variation = new DelayVariation();
  let atUs = 0;
  const record = (us: number) => variation.record(us, (atUs += 10_000) as MonoUs, CALM);
  for (let n = 0; n < 1000; n++) record(300 + n % 2 * 100);
  variation.restart();
  // The first one after the step is slow.
  for (let n = 0; n < 1000; n++) record((n === 0 ? 5300 : 300 + n % 2 * 100) - 3600 * S);
  const { percentilesUs, max } = variation.statistics()!;
  near(percentilesUs["50"], 0);
  near(percentilesUs["99"], 100);
  near(max.us, 100);
});

import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../../lib/time/clock.ts";
import { StepWatch } from "../../../lib/time/step_watch.ts";
import { seeded } from "../../support/simulation.ts";

/** Moments as wall and monotonic time in µs; returns the steps that are seen. */
function stepsOf(...moments: [wallUs: number, monoUs: number][]): number[] {
  const watch = new StepWatch();
  const seen = moments.map(([wallUs, monoUs]) =>
    watch.check({ wallUs: wallUs as WallUs, monoUs: monoUs as MonoUs })
  );
  assert.equal(watch.steps, seen.filter((us) => us !== 0).length);
  return seen;
}

const S = 1e6;
const H = 3600 * S;

Deno.test("StepWatch sees no step in its first moment", () => {
  assert.deepEqual(stepsOf([1_795_503_377 * S, 0]), [0]);
});

Deno.test("StepWatch sees no step where both clocks go on alike", () => {
  assert.deepEqual(stepsOf([0, 0], [10_000, 10_000], [20_000, 20_000]), [0, 0, 0]);
});

for (const byUs of [H, -H, 250_000, -250_000, 1_500, -1_500, 200, -200]) {
  Deno.test(`StepWatch sees a step by ${byUs} µs once, and its length`, () => {
    const moments: [number, number][] = [[0, 0], [10_000 + byUs, 10_000], [20_000 + byUs, 20_000]];
    assert.deepEqual(stepsOf(...moments), [0, byUs, 0]);
  });
}

Deno.test("StepWatch sees a step by 0.2 ms whose two readings are off by 50 µs and by a slew", () => {
  // Of 200 µs only 200 - 50 - 5 are seen.
  assert.deepEqual(stepsOf([50, 0], [10_195, 10_000]), [0, 145]);
});

Deno.test("StepWatch takes a moment from before a step that it has seen for no step back", () => {
  const [stepped, earlier, later] = [[H + 10e3, 10e3], [5e3, 5e3], [H + 20e3, 20e3]] as const;
  assert.deepEqual(stepsOf([0, 0], [...stepped], [...earlier], [...later]), [0, H, 0, 0]);
});

Deno.test("StepWatch adds up steps, one right after the other", () => {
  assert.deepEqual(stepsOf([0, 0], [H, 0], [H + 10, 10], [20, 20], [H + 30, 30]), [0, H, 0, -H, H]);
});

Deno.test("StepWatch takes slewing at 500 ppm for no step, over any time", () => {
  assert.deepEqual(stepsOf([0, 0], [S + 500, S], [2 * H, 2 * H + 500 * 2]), [0, 0, 0]);
  assert.deepEqual(stepsOf([0, 0], [H - H * 499e-6, H]), [0, 0]);
});

Deno.test("StepWatch sees a suspended machine's wall clock as a step", () => {
  assert.deepEqual(stepsOf([0, 0], [8 * H, 20_000]), [0, 8 * H - 20_000]);
});

/** How a wall clock that gains is read every few ms, up to 50 µs after the monotonic one. */
function* readings(count: number, ppm: number, seed: number): Generator<[number, number]> {
  const random = seeded(seed);
  let monoUs = 0;
  for (let n = 0; n < count; n++) {
    monoUs += 10_000 * random();
    yield [Math.floor(monoUs * (1 + ppm / 1e6) + 50 * random()), monoUs];
  }
}

for (const ppm of [500, -500]) {
  Deno.test(`StepWatch sees no step in a million readings at ${ppm} ppm`, () => {
    const watch = new StepWatch();
    for (const [wallUs, monoUs] of readings(1e6, ppm, 58)) {
      watch.check({ wallUs: wallUs as WallUs, monoUs: monoUs as MonoUs });
    }
    assert.equal(watch.steps, 0);
  });
}

Deno.test("StepWatch sees every step of 0.2 ms in readings that jitter, and none besides", () => {
  const watch = new StepWatch();
  let [n, steppedUs, seen] = [0, 0, 0];
  for (const [wallUs, monoUs] of readings(1e5, 0, 59)) {
    const steps = ++n % 1000 === 500;
    if (steps) steppedUs += n % 2000 === 500 ? 200 : -200;
    const us = watch.check({ wallUs: wallUs + steppedUs as WallUs, monoUs: monoUs as MonoUs });
    if (us === 0) continue;
    assert.ok(steps, `${us} µs at reading ${n}`);
    seen++;
  }
  assert.equal(seen, 100);
});

Deno.test("StepWatch sees a slew at 50,000 ppm as two steps, and no more of it", () => {
  const at = (n: number): [number, number] => [n * 10_500, n * 10_000];
  const moments = Array.from({ length: 3000 }, (_, n) => at(n));
  assert.deepEqual(stepsOf(...moments).filter((us) => us !== 0), [500, 500]);
});

Deno.test("StepWatch sees a step of 0.2 ms again once a fast slew has ended for 10 s", () => {
  const moments: [number, number][] = [[0, 0], [10_500, 10_000], [21_000, 20_000], [
    31_500,
    30_000,
  ]];
  for (let monoUs = 40_000; monoUs < 11 * S; monoUs += 10_000) {
    moments.push([monoUs + 1500, monoUs]);
  }
  moments.push([11 * S + 1700, 11 * S]);
  assert.deepEqual(stepsOf(...moments).filter((us) => us !== 0), [500, 500, 200]);
});

import assert from "node:assert/strict";
import { type Clock, momentOf, type MonoUs, StepWatch, type WallUs } from "../../lib/time/clock.ts";

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

for (const byUs of [H, -H, 250_000, -250_000, 1_500, -1_500]) {
  Deno.test(`StepWatch sees a step by ${byUs} µs once, and its length`, () => {
    const moments: [number, number][] = [[0, 0], [10_000 + byUs, 10_000], [20_000 + byUs, 20_000]];
    assert.deepEqual(stepsOf(...moments), [0, byUs, 0]);
  });
}

Deno.test("StepWatch adds up two steps", () => {
  assert.deepEqual(stepsOf([0, 0], [H, 0], [H + 10, 10], [20, 20]), [0, H, 0, -H]);
});

Deno.test("StepWatch takes slewing at 500 ppm for no step, over any time", () => {
  assert.deepEqual(stepsOf([0, 0], [S + 500, S], [2 * H, 2 * H + 500 * 2]), [0, 0, 0]);
  assert.deepEqual(stepsOf([0, 0], [H - H * 499e-6, H]), [0, 0]);
});

Deno.test("StepWatch takes the jitter of reading two clocks for no step", () => {
  assert.deepEqual(stepsOf([0, 0], [10_900, 10_000], [20_000, 20_000]), [0, 0, 0]);
});

Deno.test("StepWatch sees a suspended machine's wall clock as a step", () => {
  assert.deepEqual(stepsOf([0, 0], [8 * H, 20_000]), [0, 8 * H - 20_000]);
});

/** A clock whose monotonic readings are these, one after the other; its wall clock counts them. */
function clockOf(monoUs: number[]): Clock {
  let read = 0;
  return {
    monoUs: () => monoUs[read++] as MonoUs,
    wallUs: () => 1000 + read as WallUs,
  };
}

Deno.test("momentOf() reads both clocks within 50 µs", () => {
  assert.deepEqual(momentOf(clockOf([0, 50])), { monoUs: 0, wallUs: 1001 });
});

Deno.test("momentOf() reads again where the thread was put aside in between", () => {
  assert.deepEqual(momentOf(clockOf([0, 51, 60, 70])), { monoUs: 60, wallUs: 1003 });
});

Deno.test("momentOf() takes the third reading as it is", () => {
  assert.deepEqual(momentOf(clockOf([0, 500, 600, 1100, 1200])), { monoUs: 1200, wallUs: 1005 });
});

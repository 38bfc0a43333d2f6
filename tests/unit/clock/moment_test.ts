import assert from "node:assert/strict";
import { type Clock, momentOf, type MonoUs, type WallUs } from "../../../lib/time/clock.ts";

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

Deno.test("momentOf() takes the closest of eight readings where none is within 50 µs", () => {
  // Each takes 100 µs, but for the third.
  const monoUs = Array.from({ length: 8 }, (_, n) => [1000 * n, 1000 * n + (n === 2 ? 60 : 100)]);
  assert.deepEqual(momentOf(clockOf(monoUs.flat())), { monoUs: 2000, wallUs: 1005 });
});

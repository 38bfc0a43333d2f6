import assert from "node:assert/strict";
import { DriftingInterval } from "../../../lib/stats/clock/interval.ts";
import type { MonoUs } from "../../../lib/time/clock.ts";
import { seeded } from "../../support/simulation.ts";

const S = 1e6;
const at = (interval: DriftingInterval, us: number) => {
  const { minUs, maxUs } = interval.at(us as MonoUs);
  return [minUs, maxUs];
};
const narrow = (interval: DriftingInterval, us: number, minUs: number, maxUs: number) =>
  interval.narrow({ minUs, maxUs }, us as MonoUs);

Deno.test("DriftingInterval is everything before the first observation", () => {
  assert.deepEqual(at(new DriftingInterval(500), 5 * S), [-Infinity, Infinity]);
});

Deno.test("DriftingInterval widens by its rate on both sides", () => {
  const interval = new DriftingInterval(500);
  narrow(interval, 0, 100, 300);
  // 500 ppm are 500 µs a second.
  assert.deepEqual(at(interval, 2 * S), [100 - 1000, 300 + 1000]);
});

Deno.test("DriftingInterval moves along with the drift it follows", () => {
  const interval = new DriftingInterval(500);
  narrow(interval, 0, 100, 300);
  interval.follow(15, -40);
  assert.deepEqual(at(interval, 2 * S), [100 - 110, 300 - 50]);
});

Deno.test("DriftingInterval intersects an observation with all before, widened", () => {
  const interval = new DriftingInterval(500);
  narrow(interval, 0, 0, 1000);
  // After 1 s that is [-500, 1500], of which [200, 1700] leaves [200, 1500].
  assert.equal(narrow(interval, S, 200, 1700), 0);
  assert.deepEqual(at(interval, S), [200, 1500]);
});

Deno.test("DriftingInterval takes in what bounds it on one side only", () => {
  const interval = new DriftingInterval(500);
  narrow(interval, 0, -100, Infinity);
  narrow(interval, 0, -Infinity, 700);
  assert.deepEqual(at(interval, 0), [-100, 700]);
});

Deno.test("DriftingInterval is the same as each observation widened by its own age", () => {
  const random = seeded(1984);
  const interval = new DriftingInterval(500);
  const observed: { us: number; minUs: number; maxUs: number }[] = [];
  for (let n = 1; n <= 1000; n++) {
    const us = n * 10_000;
    const [minUs, maxUs] = [-2000 * random(), 2000 * random()];
    observed.push({ us, minUs, maxUs });
    narrow(interval, us, minUs, maxUs);
    const widened = observed.map((
      o,
    ) => [o.minUs - 500e-6 * (us - o.us), o.maxUs + 500e-6 * (us - o.us)]);
    const [min, max] = at(interval, us);
    assert.ok(Math.abs(min - Math.max(...widened.map(([min]) => min))) < 1e-6);
    assert.ok(Math.abs(max - Math.min(...widened.map(([, max]) => max))) < 1e-6);
  }
});

Deno.test("DriftingInterval believes an observation that contradicts all before it, alone", () => {
  const interval = new DriftingInterval(500);
  narrow(interval, 0, 0, 100);
  // [-50, 150] by then
  assert.equal(narrow(interval, 0.1 * S, 400, 900), 250);
  assert.deepEqual(at(interval, 0.1 * S), [400, 900]);
});

Deno.test("DriftingInterval widens four times as fast after each contradiction, which decays over 10 s", () => {
  const interval = new DriftingInterval(500);
  const ppm = (us: number) => interval.ppmAt(us as MonoUs);
  narrow(interval, 0, 0, 100);
  assert.equal(ppm(0), 500);
  narrow(interval, 0, 200, 300);
  assert.deepEqual([ppm(0), ppm(5 * S), ppm(10 * S), ppm(11 * S)], [2000, 1250, 500, 500]);
  narrow(interval, 0, 0, 100);
  assert.equal(ppm(0), 8000);
  for (let n = 0; n < 9; n++) narrow(interval, 0, n % 2 === 0 ? 500 : 0, n % 2 === 0 ? 600 : 100);
  assert.equal(ppm(0), 128_000);
});

Deno.test("DriftingInterval knows nothing after a restart", () => {
  const interval = new DriftingInterval(500);
  narrow(interval, 0, 0, 100);
  interval.restart();
  assert.deepEqual(at(interval, S), [-Infinity, Infinity]);
});

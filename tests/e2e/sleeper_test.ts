import assert from "node:assert/strict";
import { type MonoUs, systemClock as clock } from "../../lib/time/clock.ts";
import { EARLY_US, type Sleeper, timerSleeper, workerSleeper } from "../../lib/time/sleeper.ts";
import { deadline } from "../support/deadline.ts";

const after = (us: number) => clock.monoUs() + us as MonoUs;

async function worker(): Promise<Sleeper> {
  const ready = Promise.withResolvers<void>();
  const sleeper = workerSleeper(clock, ready.resolve);
  await deadline(10_000, "worker", ready.promise);
  return sleeper;
}

const KINDS: [string, () => Promise<Sleeper>][] = [
  ["timerSleeper()", () => Promise.resolve(timerSleeper(clock))],
  ["workerSleeper()", worker],
];

for (const [name, open] of KINDS) {
  Deno.test(`${name} never wakes more than ${EARLY_US} µs early`, async () => {
    using sleeper = await open();
    for (const us of [0, 100, 1_234, 3_000, 10_000]) {
      const dueUs = after(us);
      await deadline(10_000, "waking", sleeper.until(dueUs));
      assert.ok(clock.monoUs() >= dueUs - EARLY_US, `${dueUs - clock.monoUs()} µs early`);
    }
  });

  Deno.test(`${name} doesn't wait for a moment that is over`, async () => {
    using sleeper = await open();
    await deadline(10_000, "waking", sleeper.until(after(-1_000_000)));
  });

  Deno.test(`${name} wakes as soon as the signal aborts`, async () => {
    using sleeper = await open();
    const end = new AbortController();
    const sleeping = sleeper.until(after(3600e6), end.signal);
    end.abort();
    await deadline(10_000, "waking", sleeping);
  });

  Deno.test(`${name} doesn't wait where the signal has aborted`, async () => {
    using sleeper = await open();
    await deadline(10_000, "waking", sleeper.until(after(3600e6), AbortSignal.abort()));
  });

  Deno.test(`${name} sleeps again after the signal of another sleep aborted`, async () => {
    using sleeper = await open();
    const end = new AbortController();
    const sleeping = sleeper.until(after(3600e6), end.signal);
    end.abort();
    await deadline(10_000, "waking", sleeping);
    const dueUs = after(5_000);
    await deadline(10_000, "waking", sleeper.until(dueUs));
    assert.ok(clock.monoUs() >= dueUs - EARLY_US);
  });
}

/** Wakes at equal distances from a moment on; the median of how late that was. */
async function lateUs(sleeper: Sleeper, everyUs: number, fromUs: MonoUs, times: number) {
  const late: number[] = [];
  for (let beat = 1; beat <= times; beat++) {
    const dueUs = fromUs + beat * everyUs as MonoUs;
    await deadline(10_000, "waking", sleeper.until(dueUs));
    late.push(clock.monoUs() - dueUs);
  }
  return late.sort((a, b) => a - b)[times >> 1];
}

Deno.test("workerSleeper() is not a half distance late after a moment off its grid", async () => {
  using sleeper = await worker();
  await lateUs(sleeper, 2_000, after(0), 60); // until the thread goes on by itself
  const [everyUs, times] = [20_000, 9];
  const startUs = after(0);
  const onGridUs = await lateUs(sleeper, everyUs, startUs, times);
  // Over already: the thread is not asked for it, and goes on with the grid before it.
  const dueUs = startUs + (times + 0.5) * everyUs as MonoUs;
  while (clock.monoUs() < dueUs);
  await sleeper.until(dueUs);
  const offGridUs = await lateUs(sleeper, everyUs, dueUs, times);
  const moreUs = offGridUs - onGridUs;
  assert.ok(moreUs < everyUs / 4 + Math.max(onGridUs, 0), `${moreUs} µs later than before`);
});

Deno.test("workerSleeper() wakes whoever sleeps when it is disposed of", async () => {
  const sleeper = await worker();
  const sleeping = sleeper.until(after(3600e6));
  sleeper[Symbol.dispose]();
  await deadline(10_000, "waking", sleeping);
});

import assert from "node:assert/strict";
import { beats, slotsWithin } from "../../lib/time/metronome.ts";
import { fakeClock, fakeSleeper, take } from "../support/fakes.ts";

const slots = (taken: { slot: number }[]) => taken.map(({ slot }) => slot);

Deno.test("beats() beats slot n at start + n × interval", async () => {
  const clock = fakeClock({ monoUs: 5_000 });
  const sleeper = fakeSleeper(clock);
  const taken = await take(beats({ intervalUs: 10_000, clock, sleeper }), 4);
  assert.deepEqual(taken.map(({ slot, slotUs }) => [slot, slotUs]), [
    [0, 5_000],
    [1, 15_000],
    [2, 25_000],
    [3, 35_000],
  ]);
  assert.deepEqual(sleeper.dues, [5_000, 15_000, 25_000, 35_000]);
});

Deno.test("beats() beats every 10 ms when no interval is given", async () => {
  const clock = fakeClock();
  const taken = await take(beats({ clock, sleeper: fakeSleeper(clock) }), 2);
  assert.deepEqual(taken.map(({ slotUs }) => slotUs), [0, 10_000]);
});

Deno.test("beats() doesn't drift with a sleeper that always wakes late", async () => {
  const clock = fakeClock();
  const stream = beats({ intervalUs: 10_000, clock, sleeper: fakeSleeper(clock, 1_370) });
  const { slot, slotUs, skipped } = (await take(stream, 6_001)).at(-1)!;
  assert.deepEqual({ slot, slotUs, skipped }, { slot: 6_000, slotUs: 60_000_000, skipped: 0 });
  assert.equal(clock.monoUs(), 60_001_370);
});

Deno.test("beats() keeps an interval that is no whole number of microseconds", async () => {
  const clock = fakeClock();
  const taken = await take(
    beats({ intervalUs: 333.25, clock, sleeper: fakeSleeper(clock) }),
    1_001,
  );
  assert.deepEqual(slots(taken.slice(-2)), [999, 1_000]);
  assert.equal(taken.at(-1)!.slotUs, 333_250);
});

Deno.test("beats() skips the slots that were missed, and counts them", async () => {
  const clock = fakeClock();
  const stream = beats({ intervalUs: 10_000, clock, sleeper: fakeSleeper(clock) });
  await take(stream, 1);
  clock.advance(35_000); // slots 1 and 2 are over, slot 3 isn't
  const { slot, slotUs, skipped } = (await take(stream, 1))[0];
  assert.deepEqual({ slot, slotUs, skipped }, { slot: 3, slotUs: 30_000, skipped: 2 });
});

Deno.test("beats() never catches up in a burst", async () => {
  const clock = fakeClock();
  const stream = beats({ intervalUs: 10_000, clock, sleeper: fakeSleeper(clock) });
  await take(stream, 1);
  clock.advance(1_005_000);
  const taken = await take(stream, 3);
  assert.deepEqual(slots(taken), [100, 101, 102]);
  assert.deepEqual(taken.map(({ skipped }) => skipped), [99, 0, 0]);
  assert.equal(clock.monoUs(), 1_020_000);
});

Deno.test("beats() still beats a slot until the next one is due", async () => {
  const clock = fakeClock();
  const stream = beats({ intervalUs: 10_000, clock, sleeper: fakeSleeper(clock) });
  await take(stream, 1);
  clock.advance(19_999);
  const { slot, skipped } = (await take(stream, 1))[0];
  assert.deepEqual({ slot, skipped }, { slot: 1, skipped: 0 });
});

Deno.test("beats() skips a slot as soon as the next one is due", async () => {
  const clock = fakeClock();
  const stream = beats({ intervalUs: 10_000, clock, sleeper: fakeSleeper(clock) });
  await take(stream, 1);
  clock.advance(20_000);
  const { slot, skipped } = (await take(stream, 1))[0];
  assert.deepEqual({ slot, skipped }, { slot: 2, skipped: 1 });
});

Deno.test("beats() beats each slot once when the sleeper wakes early", async () => {
  const clock = fakeClock();
  const taken = await take(
    beats({ intervalUs: 10_000, clock, sleeper: fakeSleeper(clock, -30) }),
    3,
  );
  assert.deepEqual(taken.map(({ slot, skipped }) => [slot, skipped]), [[0, 0], [1, 0], [2, 0]]);
});

Deno.test("beats() has duration ÷ interval slots", async () => {
  const clock = fakeClock();
  const sleeper = fakeSleeper(clock);
  const taken = await take(beats({ intervalUs: 10_000, durationUs: 50_000, clock, sleeper }), 100);
  assert.deepEqual(slots(taken), [0, 1, 2, 3, 4]);
});

Deno.test("beats() has one more slot where the duration is no whole number of intervals", async () => {
  const clock = fakeClock();
  const sleeper = fakeSleeper(clock);
  const taken = await take(beats({ intervalUs: 10_000, durationUs: 50_001, clock, sleeper }), 100);
  assert.deepEqual(slots(taken), [0, 1, 2, 3, 4, 5]);
});

Deno.test("beats() has no slot beyond its duration, even when it is stalled past it", async () => {
  const clock = fakeClock();
  const stream = beats({
    intervalUs: 10_000,
    durationUs: 50_000,
    clock,
    sleeper: fakeSleeper(clock),
  });
  await take(stream, 2);
  clock.advance(1_000_000);
  const rest = await take(stream, 100);
  assert.ok(rest.every(({ slot }) => slot < 5), `it beat ${slots(rest)}`);
});

Deno.test("beats() ends once the signal has aborted", async () => {
  const clock = fakeClock();
  const end = new AbortController();
  const stream = beats({ clock, sleeper: fakeSleeper(clock), signal: end.signal });
  await take(stream, 3);
  end.abort();
  const rest = await take(stream, 100);
  assert.ok(rest.length <= 1, `it beat ${rest.length} times more`);
});

/** Waits until it is told to end, or else as long as it takes. */
function patientSleeper(clock: ReturnType<typeof fakeClock>) {
  return {
    until(dueUs: number, signal?: AbortSignal) {
      if (signal && dueUs > clock.monoUs()) {
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      }
      clock.advance(Math.max(0, dueUs - clock.monoUs()));
      return Promise.resolve();
    },
    [Symbol.dispose]() {},
  };
}

for (const [intervalUs, more] of [[100_000, 1], [100_001, 0], [3600e6, 0]]) {
  Deno.test(`beats() with a slot every ${intervalUs} µs ends with ${more} more, in its time`, async () => {
    const clock = fakeClock();
    const end = new AbortController();
    const sleeper = patientSleeper(clock);
    const stream = beats({ intervalUs, clock, sleeper, signal: end.signal });
    await take(stream, 1);
    const rest = take(stream, 100);
    end.abort();
    const taken = await rest;
    assert.equal(taken.length, more);
    assert.ok(taken.every(({ slotUs, last }) => last && clock.monoUs() >= slotUs));
  });
}

Deno.test("beats() stops waiting when the signal aborts", async () => {
  const clock = fakeClock();
  const end = new AbortController();
  const given: (AbortSignal | undefined)[] = [];
  const sleeper = {
    until(_dueUs: number, signal?: AbortSignal) {
      given.push(signal);
      return new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
    },
    [Symbol.dispose]() {},
  };
  const rest = take(beats({ clock, sleeper, signal: end.signal }), 100);
  end.abort();
  assert.ok((await rest).length <= 1);
  assert.deepEqual(given, [end.signal]);
});

Deno.test("slotsWithin() counts the slots that begin within a duration", () => {
  assert.equal(slotsWithin(4_030_000, 10_000), 403);
  assert.equal(slotsWithin(4_030_001, 10_000), 404);
  assert.equal(slotsWithin(1, 10_000), 1);
  assert.equal(slotsWithin(Infinity, 10_000), Infinity);
});

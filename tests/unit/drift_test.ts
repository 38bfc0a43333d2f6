import assert from "node:assert/strict";
import { ClockDrift } from "../../lib/stats/clock/drift.ts";
import { loopbackUs, seeded } from "../support/simulation.ts";

const S = 1e6;

/** Records ticks at 10 ms, as they are received from a peer whose clock gains so fast. */
function skewOf(
  { ppm, seconds, wayUs, everyUs = 10_000, offsetUs = 0 }: {
    ppm: number;
    seconds: number;
    wayUs: (atUs: number) => number;
    everyUs?: number;
    offsetUs?: number;
  },
): ClockDrift {
  const drift = new ClockDrift();
  for (let atUs = 0; atUs < seconds * S; atUs += everyUs) {
    const signUs = Math.floor(atUs + offsetUs + atUs * ppm / 1e6);
    const receivedUs = atUs + wayUs(atUs);
    drift.record(receivedUs, Math.floor(receivedUs) - signUs);
  }
  return drift;
}

function ppmOf(drift: ClockDrift): number {
  const statistics = drift.statistics();
  assert.equal(statistics.state, "known");
  return statistics.ppm;
}

Deno.test("ClockSkew is the slope of the line below all ticks, by hand", () => {
  const drift = new ClockDrift();
  // dt of one tick in ten falls by 3 µs in 100 ms, which is 30 ppm; all others are 1 to 9 ms above.
  for (let n = 0; n <= 6000; n++) drift.record(n * S / 100, 2000 - 0.3 * n + (n % 10) * 1000);
  assert.ok(Math.abs(ppmOf(drift) - 30) < 1e-6, String(ppmOf(drift)));
});

Deno.test("ClockSkew is 0 for clocks that go alike, and not -0", () => {
  const drift = skewOf({ ppm: 0, seconds: 40, wayUs: () => 300 });
  assert.ok(Object.is(ppmOf(drift), 0));
});

Deno.test("ClockSkew is positive where the peer's clock is faster", () => {
  assert.ok(Math.abs(ppmOf(skewOf({ ppm: 50, seconds: 40, wayUs: () => 300 })) - 50) < 0.1);
  assert.ok(Math.abs(ppmOf(skewOf({ ppm: -50, seconds: 40, wayUs: () => 300 })) + 50) < 0.1);
});

for (const ppm of [20, 50, -100]) {
  for (let seed = 1; seed <= 20; seed++) {
    Deno.test(`ClockSkew finds ${ppm} ppm within 1 ppm in 60 s of loopback, noise ${seed}`, () => {
      const random = seeded(seed * 1_000_003 + ppm);
      const found = ppmOf(skewOf({ ppm, seconds: 60, wayUs: () => loopbackUs(random) }));
      assert.ok(Math.abs(found - ppm) <= 1, `found ${found}`);
    });
  }
}

Deno.test("ClockSkew is the same whatever the offset", () => {
  const found = [0, 3600 * S, -3600 * S].map((offsetUs) => {
    const random = seeded(1999);
    return ppmOf(skewOf({ ppm: 20, seconds: 60, wayUs: () => loopbackUs(random), offsetUs }));
  });
  assert.ok(Math.max(...found) - Math.min(...found) < 0.1, found.join());
});

Deno.test("ClockSkew is not misled by a load that comes and goes", () => {
  const random = seeded(1812);
  const wayUs = (atUs: number) => loopbackUs(random) + (atUs % (10 * S) < 3 * S ? 20_000 : 0);
  const found = ppmOf(skewOf({ ppm: 50, seconds: 60, wayUs }));
  assert.ok(Math.abs(found - 50) <= 1.5, `found ${found}`);
});

Deno.test("ClockSkew is not misled by a load that grows and ends", () => {
  const random = seeded(1813);
  const wayUs = (atUs: number) => loopbackUs(random) + Math.max(0, 20_000 - atUs / 1000);
  const found = ppmOf(skewOf({ ppm: -100, seconds: 60, wayUs }));
  assert.ok(Math.abs(found + 100) <= 2, `found ${found}`);
});

Deno.test("ClockSkew gets better with time", () => {
  const random = seeded(3600);
  const found = ppmOf(skewOf({ ppm: 20, seconds: 1200, wayUs: () => loopbackUs(random) }));
  assert.ok(Math.abs(found - 20) <= 0.05, `found ${found}`);
});

Deno.test("ClockSkew says what it lacks: time", () => {
  const why = (seconds: number) => skewOf({ ppm: 0, seconds, wayUs: () => 300 }).statistics();
  const lacks = (has: number) => ({
    state: "unknown",
    why: `needs 30 s of data, has ${has} s`,
  });
  assert.deepEqual(why(0), lacks(0));
  assert.deepEqual(why(1), lacks(0));
  assert.deepEqual(why(29.99), lacks(29));
  assert.equal(why(30.02).state, "known");
});

Deno.test("ClockSkew says what it lacks: ticks", () => {
  const after = (seconds: number) =>
    skewOf({ ppm: 50, seconds, everyUs: 5 * S, wayUs: () => 300 }).statistics();
  assert.deepEqual(after(45), { state: "unknown", why: "needs 10 ticks, has 9" });
  assert.equal(after(50).state, "known");
});

Deno.test("ClockSkew knows the drift of a peer that sends once a second after 30 s", () => {
  const drift = skewOf({ ppm: 50, seconds: 31, everyUs: S, wayUs: () => 300 });
  assert.ok(Math.abs(ppmOf(drift) - 50) < 1, `${ppmOf(drift)}`);
});

Deno.test("ClockSkew takes the lowest of ticks that come at the same moment", () => {
  const drift = new ClockDrift();
  for (let n = 0; n <= 600; n++) {
    for (const dtUs of [900, 300, 700]) drift.record(n * S / 10, dtUs - n);
  }
  assert.ok(Math.abs(ppmOf(drift) - 10) < 1e-9); // 1 µs in 0.1 s
});

Deno.test("ClockSkew finds the slope in the middle, also where its points are too many to keep", () => {
  const drift = new ClockDrift();
  // A clock that slows down: each point of such a curve is a corner of its hull.
  for (let n = 0; n <= 10_000; n++) drift.record(n * S / 100, -n * 10 + n * n / 2000);
  // Over the middle, at 50 s: -10 + 2 · 5000 / 2000 = -5 µs in 10 ms
  assert.ok(Math.abs(ppmOf(drift) - 500) < 20, String(ppmOf(drift)));
});

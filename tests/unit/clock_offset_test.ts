import assert from "node:assert/strict";
import type { MonoUs } from "../../lib/time/clock.ts";
import { ClockOffset } from "../../lib/stats/clock/offset.ts";
import { loopbackUs, type Random, seeded } from "../support/simulation.ts";

const S = 1e6;

/** One exchange whose delays are known, as the two clocks stamp it: whole µs, rounded down. */
function exchange(
  clock: ClockOffset,
  { atUs, thereUs, backUs, heldUs = 2000, offsetUs = 0, ppm = 0 }: {
    atUs: number;
    thereUs: number;
    backUs: number;
    heldUs?: number;
    offsetUs?: number;
    /** How fast the peer's clock gains on ours, from 0 on. */
    ppm?: number;
  },
): boolean {
  const peer = (us: number) => Math.floor(us + offsetUs + us * ppm / 1e6);
  const received = atUs + thereUs;
  const answered = received + heldUs;
  const back = answered + backUs;
  const times = {
    t1Us: Math.floor(atUs),
    t2Us: peer(received),
    t3Us: peer(answered),
    t4Us: Math.floor(back),
  };
  return clock.record(times, back as MonoUs);
}

Deno.test("ClockOffset knows nothing before the first exchange", () => {
  const clock = new ClockOffset();
  assert.equal(clock.offsetUs, undefined);
  assert.equal(clock.statistics(0 as MonoUs), undefined);
});

Deno.test("ClockOffset gives offset and round trip of RFC 5905 §8", () => {
  const clock = new ClockOffset();
  // The peer is 250 ms ahead, 300 µs there, held for 5 ms, 700 µs back:
  // θ = ((250,300 - 0) + (255,300 - 6000)) / 2 = 249,800, δ = 6000 - 5000 = 1000
  clock.record({ t1Us: 0, t2Us: 250_300, t3Us: 255_300, t4Us: 6000 }, 6000 as MonoUs);
  const { offsetUs, boundUs, roundTripUs } = clock.statistics(6000 as MonoUs)!;
  assert.deepEqual([offsetUs, roundTripUs, clock.offsetUs], [249_800, 1000, 249_800]);
  // Half the round trip, and what the precision and the drift in those 6 ms add.
  assert.ok(boundUs >= 500 && boundUs < 502, `± ${boundUs}`);
});

Deno.test("ClockOffset is negative where the peer's clock is behind", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 400, backUs: 400, offsetUs: -3600 * S });
  assert.equal(clock.offsetUs, -3600 * S);
});

Deno.test("ClockOffset is exact at today's times", () => {
  const clock = new ClockOffset();
  const nowUs = 1_795_503_377_582_859;
  exchange(clock, { atUs: nowUs, thereUs: 250, backUs: 350, offsetUs: 1_000_000 });
  assert.equal(clock.offsetUs, 1_000_000 - 50);
});

Deno.test("ClockOffset believes the exchange with the least round trip", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 5000, backUs: 300 });
  exchange(clock, { atUs: 10_000, thereUs: 200, backUs: 200 });
  exchange(clock, { atUs: 20_000, thereUs: 300, backUs: 9000 });
  assert.equal(clock.samples, 3);
  assert.deepEqual([clock.offsetUs, clock.statistics(22_400 as MonoUs)?.roundTripUs], [0, 400]);
});

Deno.test("ClockOffset leaves out an exchange with a negative round trip", () => {
  const clock = new ClockOffset();
  assert.equal(
    clock.record({ t1Us: 1000, t2Us: 500, t3Us: 3000, t4Us: 2000 }, 2000 as MonoUs),
    false,
  );
  assert.deepEqual([clock.samples, clock.offsetUs], [0, undefined]);
});

Deno.test("ClockOffset widens its bound by what the clocks may drift while a sample ages", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 300, backUs: 300, heldUs: 0 });
  const bound = (afterUs: number) => clock.statistics(600 + afterUs as MonoUs)!.boundUs;
  assert.ok(bound(0) < 302);
  // At 15 ppm at least (PHI of RFC 5905), and no more than NTP puts up with
  for (const afterS of [10, 3600]) {
    const widerUs = bound(afterS * S) - bound(0);
    assert.ok(widerUs > 14.99 * afterS && widerUs < 500 * afterS, `${widerUs} in ${afterS} s`);
  }
});

Deno.test("ClockOffset prefers a newer sample once the old one's age outweighs its round trip", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 100, backUs: 100 });
  // 20 µs more round trip is 10 µs of bound, which 15 ppm take 0.67 s for, and 120 ppm 0.08 s
  exchange(clock, { atUs: 0.05 * S, thereUs: 110, backUs: 110, offsetUs: 7 });
  assert.equal(clock.offsetUs, 0);
  exchange(clock, { atUs: 1.5 * S, thereUs: 110, backUs: 110, offsetUs: 7 });
  assert.equal(clock.offsetUs, 7);
});

Deno.test("ClockOffset forgets what is older than eight seconds", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 1, backUs: 1, offsetUs: 99 });
  for (let s = 1; s <= 7; s++) exchange(clock, { atUs: s * S, thereUs: 5000, backUs: 5000 });
  assert.equal(clock.offsetUs, 99);
  exchange(clock, { atUs: 8 * S, thereUs: 5000, backUs: 5000 });
  assert.equal(clock.offsetUs, 0);
});

/** How two ways are asymmetric, in µs. */
const WAYS: Record<string, (random: Random) => { thereUs: number; backUs: number }> = {
  "both like loopback": (random) => ({ thereUs: loopbackUs(random), backUs: loopbackUs(random) }),
  "5 ms more on one": (random) => ({
    thereUs: loopbackUs(random) + 5000,
    backUs: loopbackUs(random),
  }),
  "next to nothing on one": (random) => ({ thereUs: random(), backUs: 2000 * random() }),
  "anything at all": (random) => ({
    thereUs: 10 ** (6 * random()),
    backUs: 10 ** (6 * random()),
  }),
};

for (const [what, ways] of Object.entries(WAYS)) {
  Deno.test(`ClockOffset's bound contains the truth: ${what}`, () => {
    const random = seeded(5905);
    for (let trial = 0; trial < 500; trial++) {
      const clock = new ClockOffset();
      const offsetUs = (random() - 0.5) * 7200 * S;
      const ppm = (random() - 0.5) * 30; // ± PHI
      for (let atUs = 0; atUs < 3 * S; atUs += S / 5) {
        exchange(clock, { atUs, heldUs: 10_000 * random(), offsetUs, ppm, ...ways(random) });
        const nowUs = atUs + 2.1 * S; // when it has all been received
        holds(clock, nowUs, offsetUs + nowUs * ppm / 1e6);
      }
    }
  });
}

function holds(clock: ClockOffset, nowUs: number, trueUs: number) {
  const { offsetUs, boundUs } = clock.statistics(nowUs as MonoUs)!;
  const offUs = Math.abs(offsetUs - trueUs);
  assert.ok(offUs <= boundUs, `${offsetUs} ± ${boundUs} is off by ${offUs}`);
}

Deno.test("ClockOffset's bound contains the truth where the peer held our tick for long", () => {
  const clock = new ClockOffset();
  const ppm = 15;
  // In 19 s the peer's clock gains 285 µs: of 300 µs, only 15 seem to be round trip.
  exchange(clock, { atUs: 0, thereUs: 150, backUs: 150, heldUs: 19 * S, ppm });
  const nowUs = 19 * S + 300;
  holds(clock, nowUs, nowUs * ppm / 1e6);
});

import assert from "node:assert/strict";
import { type Agreement, ClockOffset } from "../../../lib/stats/clock/offset.ts";
import type { MonoUs } from "../../../lib/time/clock.ts";

const S = 1e6;
/** 500 ppm in a second, by a clock which may itself be off by 500 ppm. */
const WIDENS_US = 500.25;

/** One exchange whose delays are known, as the two clocks stamp it: whole µs, rounded down. */
function exchange(
  clock: ClockOffset,
  { atUs, thereUs, backUs, heldUs = 2000, offsetUs = 0 }: {
    atUs: number;
    thereUs: number;
    backUs: number;
    heldUs?: number;
    offsetUs?: number;
  },
): Agreement {
  const received = atUs + thereUs;
  const answered = received + heldUs;
  const back = answered + backUs;
  const times = {
    t1Us: Math.floor(atUs),
    t2Us: Math.floor(received + offsetUs),
    t3Us: Math.floor(answered + offsetUs),
    t4Us: Math.floor(back),
  };
  return clock.record(times, back as MonoUs);
}

function at(clock: ClockOffset, us: number) {
  return { ...clock.at(us as MonoUs)!, ...clock.within(us as MonoUs) };
}

function near(us: number, expectedUs: number, byUs = 0.01) {
  assert.ok(Math.abs(us - expectedUs) <= byUs, `${us} isn't ${expectedUs}`);
}

Deno.test("ClockOffset knows nothing before the first exchange", () => {
  const clock = new ClockOffset();
  assert.equal(clock.isKnown, false);
  assert.equal(clock.at(0 as MonoUs), undefined);
  clock.received(300, 0 as MonoUs);
  assert.equal(clock.at(0 as MonoUs), undefined);
});

Deno.test("ClockOffset gives θ, δ and θ ± δ/2 of RFC 5905 §8", () => {
  const clock = new ClockOffset();
  // The peer is 250 ms ahead, 300 µs there, held for 5 ms, 700 µs back:
  // θ = ((250,300 - 0) + (255,300 - 6000)) / 2 = 249,800, δ = 6000 - 5000 = 1000
  clock.record({ t1Us: 0, t2Us: 250_300, t3Us: 255_300, t4Us: 6000 }, 6000 as MonoUs);
  const { offsetUs, boundUs, roundTripUs } = at(clock, 6000);
  assert.equal(roundTripUs, 1000);
  near(offsetUs, 249_800, 1);
  // δ/2, 1 µs of precision, and of the 6 ms from T1 to T4 500 ppm, which are 3 µs, on the side of T2 - T1
  near(boundUs, 500 + 1 + 3, 2);
});

Deno.test("ClockOffset is negative where the peer's clock is behind", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 400, backUs: 400, offsetUs: -3600 * S });
  near(at(clock, 2800).offsetUs, -3600 * S, 1);
});

Deno.test("ClockOffset is exact at today's times", () => {
  const clock = new ClockOffset();
  const nowUs = 1_795_503_377_582_859;
  exchange(clock, { atUs: nowUs, thereUs: 250, backUs: 350, offsetUs: 1_000_000 });
  near(at(clock, nowUs + 2600).offsetUs, 1_000_000 - 50, 1);
});

Deno.test("ClockOffset intersects exchanges: each way counts where it was fast", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 5000, backUs: 300, heldUs: 0 });
  exchange(clock, { atUs: 10_000, thereUs: 200, backUs: 9000, heldUs: 0 });
  const { minUs, maxUs } = at(clock, 19_200);
  // -300 - 1 at 5.3 ms, which is 13.9 ms ago; 200 + 1 and T4 - T1 = 9.2 ms ago
  near(minUs, -301 - WIDENS_US * 0.0139);
  near(maxUs, 201 + WIDENS_US * 0.0092);
});

Deno.test("ClockOffset widens its bound by 500 ppm", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 300, backUs: 300, heldUs: 0 });
  near(at(clock, 600 + 10 * S).boundUs - at(clock, 600).boundUs, 10 * WIDENS_US, 1);
});

Deno.test("ClockOffset narrows its bound by a tick that echoes nothing", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 300, backUs: 900, heldUs: 0 });
  near(at(clock, 1200).minUs, -901);
  assert.equal(clock.received(250, 1200 as MonoUs), "agrees");
  near(at(clock, 1200).minUs, -251);
});

Deno.test("ClockOffset makes no delay negative by more than the precision", () => {
  const clock = new ClockOffset();
  // Only 100 µs back, after an exchange whose middle says that the offset is -400.
  exchange(clock, { atUs: 0, thereUs: 100, backUs: 900, heldUs: 0 });
  clock.received(100, 1000 as MonoUs);
  assert.ok(100 + at(clock, 1000).offsetUs >= -1);
});

Deno.test("ClockOffset ages an echo that the peer held for long by all that time", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 150, backUs: 150, heldUs: 19 * S });
  const { minUs, maxUs } = at(clock, 19 * S + 300);
  near(minUs, -151);
  near(maxUs, 151 + WIDENS_US * 19.0003);
});

Deno.test("ClockOffset says that a step which nobody announced contradicts all before", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 200, backUs: 200, heldUs: 0 });
  const agreed = exchange(clock, {
    atUs: 10_000,
    thereUs: 300,
    backUs: 300,
    heldUs: 0,
    offsetUs: 5000,
  });
  // Then at least 5000 - 300 - 1; before at most 200 + 1, widened by 5 µs.
  assert.ok(agreed !== "agrees");
  near(agreed.contradictsByUs, 4699 - 201 - 5.1, 0.3);
  near(at(clock, 10_600).offsetUs, 5000, 1);
});

Deno.test("ClockOffset takes nothing of an exchange with a negative round trip, but widens faster", () => {
  const clock = new ClockOffset();
  exchange(clock, { atUs: 0, thereUs: 200, backUs: 200, heldUs: 0 });
  const before = at(clock, 3000);
  // The peer's clock would have gained 600 µs within 2 ms.
  const agreed = clock.record({ t1Us: 1000, t2Us: 1200, t3Us: 3600, t4Us: 3000 }, 3000 as MonoUs);
  assert.ok(agreed !== "agrees");
  near(at(clock, 3000).offsetUs, before.offsetUs, 1);
  assert.ok(at(clock, 3000 + S).boundUs > at(clock, 3000).boundUs + 3 * WIDENS_US);
});

for (const [what, byUs] of [["an hour", 3600 * S], ["a little", 150]] as const) {
  Deno.test(`ClockOffset is true again after one exchange forged by ${what}`, () => {
    for (const sign of [-1, 1]) {
      const clock = new ClockOffset();
      for (let n = 0; n < 100; n++) {
        exchange(clock, { atUs: n * 10_000, thereUs: 200, backUs: 200, heldUs: 0 });
      }
      const offsetUs = sign * byUs;
      exchange(clock, { atUs: S, thereUs: 60, backUs: 60, heldUs: 0, offsetUs });
      let [last, exchanges] = [0, 0];
      for (let atUs = S + 10_000; atUs < 3 * S; atUs += 10_000) {
        exchanges++;
        exchange(clock, { atUs, thereUs: 200, backUs: 200, heldUs: 0 });
        const { minUs, maxUs } = at(clock, atUs + 400);
        if (minUs > 0 || maxUs < 0) last = exchanges;
      }
      // By 150 µs it contradicts nothing: what is false of it, 90 µs, takes 0.18 s at 500 ppm.
      assert.ok(last <= (byUs > 1000 ? 1 : 19), `false for ${last} exchanges`);
    }
  });
}

Deno.test("ClockOffset knows nothing after a restart but how the clocks drift", () => {
  const clock = new ClockOffset();
  clock.drifts(-40);
  exchange(clock, { atUs: 0, thereUs: 200, backUs: 200, heldUs: 0 });
  clock.restart();
  assert.deepEqual([clock.isKnown, clock.samples, clock.at(S as MonoUs)], [false, 0, undefined]);
  exchange(clock, { atUs: S, thereUs: 200, backUs: 200, heldUs: 0 });
  const [then, later] = [S + 400, 3 * S + 400].map((us) => at(clock, us));
  near(later.offsetUs - then.offsetUs, -80, 1);
});

Deno.test("ClockOffset's estimate follows the drift on while one way says nothing", () => {
  const clock = new ClockOffset();
  clock.drifts(50);
  const peer = (us: number) => us * 50e-6;
  exchange(clock, { atUs: 0, thereUs: 200, backUs: 200, heldUs: 0 });
  // For 12 s each tick of the peer's is 100 ms later.
  for (let atUs = 10_000; atUs < 12 * S; atUs += 10_000) {
    exchange(clock, { atUs, thereUs: 200, backUs: 100_200, heldUs: 0, offsetUs: peer(atUs) });
  }
  // 15 ppm of 12 s are 180 µs on the one side, half of which the middle is off by.
  near(at(clock, 12 * S + 100_000).offsetUs, peer(12 * S), 100);
});

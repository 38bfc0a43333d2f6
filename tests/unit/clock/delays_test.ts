/** Delays and events of two simulated apps whose clocks and ways are known. */

import assert from "node:assert/strict";
import {
  loopbackUs,
  type Random,
  simulate,
  type Simulated,
  type SimulatedApp,
} from "../../support/simulation.ts";

const S = 1e6;
const SECONDS = 60;

function statisticsOf(app: Simulated) {
  return [...app.recorder.peers.values()][0].statistics(app.monoUs(SECONDS * S));
}

function eventsOf(app: Simulated, type: string) {
  return app.events.filter((event) => event.type === type);
}

Deno.test("a reverse way slowed by 100 ms for 12 s leaves PDV as it is, and the delay nearly", () => {
  const run = (slowed: boolean) => {
    const wayUs = (random: Random, atUs: number) => [
      loopbackUs(random) + (slowed && atUs >= 20 * S && atUs < 32 * S ? 100_000 : 0),
    ];
    const { app2 } = simulate({ seed: 4, seconds: SECONDS, app2: { wayUs, skewPpm: 30 } });
    return statisticsOf(app2);
  };
  const [calm, slowed] = [run(false), run(true)];
  assert.deepEqual(slowed.pdv!.count, calm.pdv!.count);
  for (const percent of ["50", "99"]) {
    const [was, is] = [calm, slowed].map(({ pdv }) => pdv!.percentilesUs[percent]);
    assert.ok(Math.abs(is - was) < 30, `PDV p${percent} ${is}, not ${was}`);
  }
  const [was, is] = [calm, slowed].map(({ delay }) => delay!.percentilesUs["99"]);
  assert.ok(Math.abs(is - was) < 750, `delay p99 ${is}, not ${was}`);
  // And what it may be off by is said.
  const [minUs, maxUs] = slowed.delayRange!.percentilesUs["99"];
  assert.ok(minUs <= was && was <= maxUs, `${was} isn't within ${minUs} to ${maxUs}`);
});

const CLOCKS: Record<string, SimulatedApp> = {
  "that drift": { skewPpm: 20, shiftUs: 3600 * S },
  "of which one is slewed at 500 ppm": { slews: [{ fromUs: 20 * S, toUs: 40 * S, ppm: 500 }] },
  "of which one is slewed at -500 ppm": { slews: [{ fromUs: 20 * S, toUs: 40 * S, ppm: -500 }] },
  "of which one is stepped by a little": {
    steps: [200, -300, 900, -700].map((byUs, n) => ({ atUs: (10 + 7 * n) * S, byUs })),
  },
};

for (const [what, app2] of Object.entries(CLOCKS)) {
  Deno.test(`no delay is negative, and all percentiles are within their range: clocks ${what}`, () => {
    const ways: Record<string, number[]> = { app1: [], app2: [] };
    const wayOf = (name: string) => (random: Random) => {
      const us = loopbackUs(random);
      ways[name].push(us);
      return [us];
    };
    const apps = simulate({
      seed: 6,
      seconds: SECONDS,
      app1: { wayUs: wayOf("app1") },
      app2: { ...app2, wayUs: wayOf("app2") },
    });
    for (const [app, from] of [[apps.app1, "app2"], [apps.app2, "app1"]] as const) {
      const { delay, delayRange, clockContradictions } = statisticsOf(app);
      assert.ok(delay!.minUs >= 0, `min ${delay!.minUs}`);
      assert.equal(clockContradictions, 0);
      const sorted = ways[from].toSorted((a, b) => a - b);
      for (const percent of [50, 90, 99]) {
        const trueUs = sorted[Math.ceil(sorted.length * percent / 100) - 1];
        const [minUs, maxUs] = delayRange!.percentilesUs[percent];
        assert.ok(
          minUs <= trueUs && trueUs <= maxUs,
          `p${percent}: ${trueUs}, ${minUs} to ${maxUs}`,
        );
      }
    }
  });
}

Deno.test("steps of 0.2 ms are seen at their own end, and by the peer", () => {
  const steps = [200, -200, 400].map((byUs, n) => ({ atUs: (10 + 10 * n) * S, byUs }));
  const { app1, app2 } = simulate({ seed: 7, seconds: SECONDS, app2: { steps } });
  assert.equal(eventsOf(app2, "clock stepped").length, 3);
  assert.equal(eventsOf(app1, "peer clock stepped").length, 3);
  assert.deepEqual([eventsOf(app1, "clock stepped").length, statisticsOf(app1).clockSteps], [0, 3]);
});

Deno.test("a slew at 2000 ppm is said by both within 2 s, as no step", () => {
  const slews = [{ fromUs: 20 * S, toUs: 40 * S, ppm: 2000 }];
  const { app1, app2 } = simulate({ seed: 8, seconds: SECONDS, app2: { slews } });
  for (const app of [app1, app2]) {
    assert.equal(eventsOf(app, "clock stepped").length, 0);
    const [first] = eventsOf(app, "clock contradiction");
    assert.ok(first.atUs >= 20 * S && first.atUs <= 22 * S, `said at ${first.atUs / S} s`);
  }
});

Deno.test("a slew at 50,000 ppm is said by both within 2 s, not tick by tick", () => {
  const slews = [{ fromUs: 20 * S, toUs: 30 * S, ppm: 50_000 }];
  const { app1, app2 } = simulate({ seed: 9, seconds: SECONDS, app2: { slews } });
  for (const app of [app1, app2]) {
    const said = app.events.filter(({ type }) => /clock/.test(type));
    assert.ok(said[0].atUs >= 20 * S && said[0].atUs <= 22 * S, `said at ${said[0].atUs / S} s`);
    assert.ok(said.length >= 1 && said.length <= 10, `${said.length} times`);
    // The clock is known again once it is over.
    const { offsetUs, boundUs } = statisticsOf(app).clock!;
    const trueUs = app === app1 ? 500_000 : -500_000;
    assert.ok(Math.abs(offsetUs - trueUs) <= boundUs, `${offsetUs} ± ${boundUs}`);
  }
});

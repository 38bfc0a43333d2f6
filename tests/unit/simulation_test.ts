/** Both apps simulated, with real headers: the figures against what is known of clocks, ways and faults. */

import assert from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { PERCENTILES } from "../../lib/stats/delay/histogram.ts";
import type { PeerFigures } from "../../lib/stats/peer/statistics.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import {
  EPOCH_US,
  feeder,
  loopbackUs,
  simulate,
  type Simulated,
  type SimulatedApp,
} from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;
const H = 3600 * S;

function figuresOf(app: Simulated, atUs: number): PeerFigures {
  const [peer] = app.recorder.peers.values();
  return peer.figures(app.monoUs(atUs));
}

/** The same at the end, when what is missing is given up. */
function lastOf(app: Simulated, atUs: number): PeerFigures {
  for (const { sequences } of app.recorder.peers.values()) sequences.settle(Infinity);
  return figuresOf(app, atUs);
}

function eventsOf(app: Simulated, ...types: string[]) {
  return app.events.filter(({ type }) => types.includes(type));
}

const SECONDS = 20;
const unshifted = simulate({ seed: 250, seconds: SECONDS });

for (const shiftUs of [250 * MS, -250 * MS, H]) {
  const { app1, app2 } = simulate({ seed: 250, seconds: SECONDS, app2: { shiftUs } });
  const nowUs = SECONDS * S;

  for (
    const [app, plain, trueUs] of [
      [app1, unshifted.app1, shiftUs],
      [app2, unshifted.app2, -shiftUs],
    ] as const
  ) {
    Deno.test(`a peer's clock ${trueUs} µs ahead is found within the offset's own bound`, () => {
      const { offsetUs, boundUs } = figuresOf(app, nowUs).clock!;
      assert.ok(Math.abs(offsetUs - trueUs) <= boundUs, `${offsetUs} ± ${boundUs}`);
      assert.ok(boundUs < 250, `± ${boundUs}`);
    });

    Deno.test(`a peer's clock ${trueUs} µs ahead leaves the delay as it is without`, () => {
      const [shifted, before] = [figuresOf(app, nowUs), figuresOf(plain, nowUs)];
      assert.equal(shifted.unplaced, 0);
      assert.equal(shifted.delay?.count, before.delay?.count);
      for (const percent of PERCENTILES) {
        const movedUs = shifted.delay!.percentilesUs[percent] -
          before.delay!.percentilesUs[percent];
        assert.ok(Math.abs(movedUs) <= 50, `p${percent} moved by ${movedUs} µs`);
      }
      assert.ok(Math.abs(shifted.dt.leastUs - before.dt.leastUs + trueUs) <= 1);
      assert.equal(shifted.stale, 0);
      assert.deepEqual(eventsOf(app, "clock stepped", "peer clock stepped", "stale"), []);
    });
  }
}

Deno.test("the delay's percentiles are those of the ways themselves, within the offset's bound", () => {
  const ways: number[] = [];
  const { app1 } = simulate({
    seed: 5481,
    seconds: SECONDS,
    app2: {
      shiftUs: 250 * MS,
      wayUs(random) {
        const us = loopbackUs(random);
        ways.push(us);
        return [us];
      },
    },
  });
  const { delay, clock } = figuresOf(app1, SECONDS * S);
  ways.sort((a, b) => a - b);
  for (const percent of PERCENTILES) {
    const trueUs = ways[Math.ceil(percent / 100 * ways.length - 1e-9) - 1];
    const offUs = Math.abs(delay!.percentilesUs[percent] - trueUs);
    assert.ok(offUs <= clock!.boundUs, `p${percent} is off by ${offUs} µs`);
  }
});

Deno.test("5 ms more on one way show in its dt, and in neither offset's bound being wrong", () => {
  const slow: SimulatedApp = { wayUs: (random) => [loopbackUs(random) + 5 * MS] };
  const { app1, app2 } = simulate({ seed: 250, seconds: SECONDS, app2: slow });
  const p50 = (app: Simulated) => figuresOf(app, SECONDS * S).dt.percentilesUs["50"];
  assert.ok(Math.abs(p50(app1) - p50(unshifted.app1) - 5 * MS) <= 150);
  assert.ok(Math.abs(p50(app2) - p50(unshifted.app2)) <= 150);
  for (const app of [app1, app2]) {
    const { offsetUs, boundUs } = figuresOf(app, SECONDS * S).clock!;
    assert.ok(Math.abs(offsetUs) <= boundUs, `${offsetUs} ± ${boundUs}`);
  }
});

for (const skewPpm of [20, 50, -100]) {
  const off = { most: 0, over: 0, looked: 0 };
  let heard = 0;
  const { app1, app2 } = simulate({
    seed: 3000,
    seconds: 60,
    app2: { skewPpm, shiftUs: 250 * MS },
    onHeard(app, atUs) {
      if (heard++ % 11 > 0) return; // figures take their time
      const { clock } = figuresOf(app, atUs);
      if (!clock) return;
      const aheadUs = 250 * MS + atUs * skewPpm / 1e6;
      const trueUs = app.subject === "app1_tick" ? aheadUs : -aheadUs;
      const overUs = Math.abs(clock.offsetUs - trueUs) - clock.boundUs;
      off.looked++;
      if (overUs > 0) off.over++;
      off.most = Math.max(off.most, overUs);
    },
  });

  Deno.test(`a skew of ${skewPpm} ppm is found within 1 ppm in 60 s, from either side`, () => {
    for (const [app, ppm] of [[app1, skewPpm], [app2, -skewPpm]] as const) {
      const { skew } = figuresOf(app, 60 * S);
      assert.equal(skew.state, "known");
      assert.ok(Math.abs(skew.ppm - ppm) <= 1, `found ${skew.ppm}`);
    }
  });

  Deno.test(`the offset's bound contains the truth all through a skew of ${skewPpm} ppm`, () => {
    assert.ok(off.looked > 1000);
    assert.equal(off.over, 0, `${off.over} of ${off.looked} are outside, by up to ${off.most} µs`);
  });

  Deno.test(`a skew of ${skewPpm} ppm leaves the delay as it is without, within the offset's bound`, () => {
    const plain = simulate({ seed: 3000, seconds: 60, app2: { shiftUs: 250 * MS } });
    for (const [app, before] of [[app1, plain.app1], [app2, plain.app2]]) {
      const [skewed, unskewed] = [figuresOf(app, 60 * S), figuresOf(before, 60 * S)];
      for (const percent of [50, 90, 99]) {
        const movedUs = skewed.delay!.percentilesUs[percent] -
          unskewed.delay!.percentilesUs[percent];
        const { boundUs } = skewed.clock!;
        assert.ok(Math.abs(movedUs) <= boundUs, `p${percent} moved by ${movedUs} µs`);
      }
    }
  });
}

for (const byUs of [H, -H]) {
  for (const whose of ["its own", "its peer's"]) {
    const steps = [{ atUs: 10.0042 * S, byUs }];
    const { app1, app2 } = simulate({
      seed: 3600,
      seconds: SECONDS,
      [whose === "its own" ? "app1" : "app2"]: { steps },
    });
    const [stepped, other] = whose === "its own" ? [app1, app2] : [app2, app1];
    const figures = figuresOf(app1, SECONDS * S);

    Deno.test(`a step by ${byUs} µs of ${whose} clock is told once on either side`, () => {
      const [own, peers] = [stepped, other].map((app) =>
        eventsOf(app, "clock stepped", "peer clock stepped")
      );
      assert.deepEqual(own.map(({ type }) => type), ["clock stepped"]);
      assert.deepEqual(peers.map(({ type }) => type), ["peer clock stepped"]);
      for (const [event] of [own, peers]) {
        assert.ok("byMs" in event);
        assert.ok(Math.abs(event.byMs - byUs / 1000) < 20, String(event.byMs));
        assert.ok(event.atUs - steps[0].atUs <= 11 * MS);
      }
      assert.deepEqual(eventsOf(stepped, "stale", "gap", "peer silent"), []);
      assert.deepEqual(eventsOf(other, "stale", "gap", "peer silent"), []);
    });

    Deno.test(`a step by ${byUs} µs of ${whose} clock is no spike in the delay`, () => {
      const before = figuresOf(unshifted.app1, SECONDS * S);
      assert.equal(figures.delay!.count + figures.unplaced, 2000);
      assert.ok(figures.delay!.count > 1990, `${figures.unplaced} unplaced`);
      assert.ok(figures.delay!.leastUs > -1000);
      assert.ok(figures.delay!.most.us < 6000, `${figures.delay!.most.us} µs`);
      assert.ok(figures.variation.ipdvMostUs < 6000);
      const p50 = figures.delay!.percentilesUs["50"] - before.delay!.percentilesUs["50"];
      assert.ok(Math.abs(p50) < 50, `p50 moved by ${p50} µs`);
      assert.equal(figures.stale, 0);
    });

    Deno.test(`a step by ${byUs} µs of ${whose} clock starts dt and the estimate anew`, () => {
      // A step ahead of our own clock makes what is sent by the other one's seem older.
      const aheadUs = whose === "its own" ? byUs : -byUs;
      assert.ok(Math.abs(figures.dt.leastUs - aheadUs) < 1000);
      assert.ok(Math.abs(figures.dt.most.us - aheadUs) < 6000);
      assert.ok(Math.abs(figures.dt.count - 1000) <= 1, `${figures.dt.count} ticks`);
      const { offsetUs, boundUs } = figures.clock!;
      assert.ok(Math.abs(offsetUs + aheadUs) <= boundUs, `${offsetUs} ± ${boundUs}`);
      assert.deepEqual(figures.skew, {
        state: "unknown",
        why: "needs 30 s since the clocks were last set, has 9",
      });
      assert.equal(figures.clockSteps, 1);
    });

    Deno.test(`a step by ${byUs} µs of ${whose} clock is seen alike by the other app`, () => {
      const { delay, unplaced, clock, clockSteps } = figuresOf(app2, SECONDS * S);
      assert.equal(clockSteps, 1);
      assert.equal(delay!.count + unplaced, 2000);
      assert.ok(delay!.leastUs > -1000 && delay!.most.us < 6000);
      const trueUs = whose === "its own" ? byUs : -byUs;
      assert.ok(Math.abs(clock!.offsetUs - trueUs) <= clock!.boundUs);
    });
  }
}

Deno.test("steps of both clocks, again and again, make no spike and are all told", () => {
  const steps = (firstUs: number, byUs: number) =>
    Array.from({ length: 4 }, (_, n) => ({ atUs: firstUs + n * 4 * S, byUs: byUs * (-1) ** n }));
  const { app1, app2 } = simulate({
    seed: 77,
    seconds: SECONDS,
    app1: { steps: steps(2 * S, H) },
    app2: { steps: steps(4 * S, -H) },
  });
  for (const app of [app1, app2]) {
    assert.equal(eventsOf(app, "clock stepped").length, 4);
    assert.equal(eventsOf(app, "peer clock stepped").length, 4);
    const { delay, unplaced, clockSteps } = figuresOf(app, SECONDS * S);
    assert.equal(clockSteps, 8);
    assert.equal(delay!.count + unplaced, 2000);
    assert.ok(delay!.leastUs > -1000 && delay!.most.us < 6000);
  }
});

Deno.test("each app knows what the other heard of it", () => {
  const lossy: SimulatedApp = {
    wayUs(random, _, seq) {
      if (seq % 50 === 10 || seq % 50 === 11) return [];
      if (seq % 50 === 20) return [400, 900];
      if (seq % 50 === 30) return [12 * MS];
      return [loopbackUs(random)];
    },
  };
  const { app1, app2 } = simulate({ seed: 8, seconds: 10, app1: lossy });
  const { sequence } = lastOf(app2, 10 * S);
  assert.deepEqual(
    [sequence.heard, sequence.lost, sequence.duplicate, sequence.reordered],
    [960, 40, 20, 20],
  );
  assert.deepEqual([sequence.bursts, sequence.longestBurst?.length], [20, 2]);
  const { heardOfUs, sequence: clean } = lastOf(app1, 10 * S);
  assert.deepEqual([clean.heard, clean.lost, clean.slots], [1000, 0, 1000]);
  // As of the last tick heard from it, when what was missing for less than 1 s wasn't lost yet.
  assert.deepEqual(
    [heardOfUs?.lost, heardOfUs?.duplicate, heardOfUs?.reordered],
    [36, 20, 20],
  );
  assert.ok(Math.abs(heardOfUs!.heard - 960) <= 1);
});

Deno.test("one way dark for long leaves the offset's bound true", () => {
  let [over, heard] = [0, 0];
  simulate({
    seed: 9,
    seconds: 40,
    // Nothing of ours arrives from 5 s on; app2 goes on echoing the last tick that did.
    app1: { wayUs: (random, atUs) => atUs < 5 * S ? [loopbackUs(random)] : [] },
    app2: { skewPpm: 15 },
    onHeard(app, atUs) {
      if (app.subject !== "app1_tick" || heard++ % 11 > 0) return;
      const { clock } = figuresOf(app, atUs);
      if (!clock) return;
      over = Math.max(over, Math.abs(clock.offsetUs - atUs * 15 / 1e6) - clock.boundUs);
    },
  });
  assert.ok(over <= 0, `outside by ${over} µs`);
});

Deno.test("a short run places its ticks all the same", () => {
  const { app1 } = simulate({ seed: 10, seconds: 0.5, app2: { shiftUs: H } });
  const { delay, unplaced, clock, skew } = figuresOf(app1, 0.5 * S);
  assert.deepEqual([delay!.count, unplaced], [50, 0]);
  assert.ok(Math.abs(clock!.offsetUs - H) <= clock!.boundUs);
  assert.equal(skew.state, "unknown");
});

Deno.test("different intervals of the two apps change no figure but their number", () => {
  const { app1, app2 } = simulate({
    seed: 11,
    seconds: SECONDS,
    app1: { intervalUs: 100 * MS },
    app2: { intervalUs: 10 * MS, shiftUs: H },
  });
  for (const [app, slots, trueUs] of [[app1, 2000, H], [app2, 200, -H]] as const) {
    const { sequence, delay, clock, gaps, unplaced } = figuresOf(app, SECONDS * S);
    assert.deepEqual([sequence.slots, sequence.heard], [slots, slots]);
    assert.deepEqual([delay!.count, unplaced, gaps.count], [slots, 0, 0]);
    assert.ok(Math.abs(clock!.offsetUs - trueUs) <= clock!.boundUs);
    assert.ok(delay!.most.us < 6000);
  }
});

function usedBytes(): number {
  v8.setFlagsFromString("--expose-gc");
  vm.runInNewContext("gc")();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

Deno.test("256 subjects take at most a megabyte each", () => {
  const before = usedBytes();
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10 * MS, lossTimeoutUs: S });
  for (let n = 0; n < 10; n++) {
    for (let subject = 0; subject < 256; subject++) {
      const atUs = n * 10 * MS;
      recorder.heard({
        subject: `tick.${subject}`,
        signUs: EPOCH_US + atUs as WallUs,
        realUs: EPOCH_US + atUs + 300 as WallUs,
        monoUs: atUs + 300 as MonoUs,
        header: { run: "bbbbbbbb", seq: n, latenessUs: 0, unsent: 0, skipped: 0 },
      });
    }
  }
  const eachBytes = (usedBytes() - before) / 256;
  assert.equal(recorder.peers.size, 256);
  assert.ok(eachBytes < 2 ** 20, `${eachBytes} bytes each`);
});

Deno.test("3,000,000 ticks take no more memory than 1,000,000", () => {
  const { recorder, feed } = feeder();
  feed(0, 1_000_000);
  const early = usedBytes();
  feed(1_000_000, 3_000_000);
  const grown = usedBytes() - early;
  assert.ok(grown < 2 ** 20, `grown by ${grown} bytes`);
  const { sequence, dt, delay } = [...recorder.peers.values()][0].figures(0 as never);
  // Of each thousand, one is lost, one came twice and two came swapped.
  assert.deepEqual([sequence.slots, sequence.heard], [3_000_000, 2_997_000]);
  assert.deepEqual([sequence.lost, sequence.duplicate, sequence.reordered], [3000, 3000, 3000]);
  assert.deepEqual([dt.count, delay!.count], [2_997_000, 2_997_000]);
});

/** Both apps simulated, with real headers: the statistics against what is known of clocks, ways and faults. */

import assert from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { PERCENTILES } from "../../lib/stats/delay/histogram.ts";
import type { PeerStatistics } from "../../lib/stats/peer/statistics.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { LONG } from "../support/long.ts";
import {
  EPOCH_US,
  feeder,
  loopbackUs,
  seeded,
  simulate,
  type Simulated,
  type SimulatedApp,
} from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;
const H = 3600 * S;

function statisticsOf(app: Simulated, atUs: number): PeerStatistics {
  const [peer] = app.recorder.peers.values();
  return peer.statistics(app.monoUs(atUs));
}

/** The same at the end, when what is missing is given up. */
function lastOf(app: Simulated, atUs: number): PeerStatistics {
  for (const { sequences } of app.recorder.peers.values()) sequences.settle(Infinity);
  return statisticsOf(app, atUs);
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
      const { offsetUs, boundUs } = statisticsOf(app, nowUs).clock!;
      assert.ok(Math.abs(offsetUs - trueUs) <= boundUs, `${offsetUs} ± ${boundUs}`);
      assert.ok(boundUs < 250, `± ${boundUs}`);
    });

    Deno.test(`a peer's clock ${trueUs} µs ahead leaves the delay as it is without`, () => {
      const [shifted, before] = [statisticsOf(app, nowUs), statisticsOf(plain, nowUs)];
      assert.equal(shifted.unplaced, 0);
      assert.equal(shifted.delay?.count, before.delay?.count);
      for (const percent of PERCENTILES) {
        const movedUs = shifted.delay!.percentilesUs[percent] -
          before.delay!.percentilesUs[percent];
        assert.ok(Math.abs(movedUs) <= 50, `p${percent} moved by ${movedUs} µs`);
      }
      assert.ok(Math.abs(shifted.dt.minUs - before.dt.minUs + trueUs) <= 1);
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
  const { delay, clock } = statisticsOf(app1, SECONDS * S);
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
  const p50 = (app: Simulated) => statisticsOf(app, SECONDS * S).dt.percentilesUs["50"];
  assert.ok(Math.abs(p50(app1) - p50(unshifted.app1) - 5 * MS) <= 150);
  assert.ok(Math.abs(p50(app2) - p50(unshifted.app2)) <= 150);
  for (const app of [app1, app2]) {
    const { offsetUs, boundUs } = statisticsOf(app, SECONDS * S).clock!;
    assert.ok(Math.abs(offsetUs) <= boundUs, `${offsetUs} ± ${boundUs}`);
  }
});

for (const skewPpm of [20, 50, -100]) {
  const off = { max: 0, over: 0, looked: 0 };
  let received = 0;
  const { app1, app2 } = simulate({
    seed: 3000,
    seconds: 60,
    app2: { skewPpm, shiftUs: 250 * MS },
    onHeard(app, atUs) {
      if (received++ % 11 > 0) return; // statistics take their time
      const { clock } = statisticsOf(app, atUs);
      if (!clock) return;
      const aheadUs = 250 * MS + atUs * skewPpm / 1e6;
      const trueUs = app.subject === "app1_tick" ? aheadUs : -aheadUs;
      const overUs = Math.abs(clock.offsetUs - trueUs) - clock.boundUs;
      off.looked++;
      if (overUs > 0) off.over++;
      off.max = Math.max(off.max, overUs);
    },
  });

  Deno.test(`a drift of ${skewPpm} ppm is found within 1 ppm in 60 s, from either side`, () => {
    for (const [app, ppm] of [[app1, skewPpm], [app2, -skewPpm]] as const) {
      const { drift } = statisticsOf(app, 60 * S);
      assert.equal(drift.state, "known");
      assert.ok(Math.abs(drift.ppm - ppm) <= 1, `found ${drift.ppm}`);
    }
  });

  Deno.test(`the offset's bound contains the truth all through a drift of ${skewPpm} ppm`, () => {
    assert.ok(off.looked > 1000);
    assert.equal(off.over, 0, `${off.over} of ${off.looked} are outside, by up to ${off.max} µs`);
  });

  Deno.test(`a drift of ${skewPpm} ppm leaves the delay as it is without, within the offset's bound`, () => {
    const plain = simulate({ seed: 3000, seconds: 60, app2: { shiftUs: 250 * MS } });
    for (const [app, before] of [[app1, plain.app1], [app2, plain.app2]]) {
      const [skewed, unskewed] = [statisticsOf(app, 60 * S), statisticsOf(before, 60 * S)];
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
    const statistics = statisticsOf(app1, SECONDS * S);

    Deno.test(`a step by ${byUs} µs of ${whose} clock is told once on either side`, () => {
      const [local, peers] = [stepped, other].map((app) =>
        eventsOf(app, "clock stepped", "peer clock stepped")
      );
      assert.deepEqual(local.map(({ type }) => type), ["clock stepped"]);
      assert.deepEqual(peers.map(({ type }) => type), ["peer clock stepped"]);
      for (const [event] of [local, peers]) {
        assert.ok("byMs" in event);
        assert.ok(Math.abs(event.byMs - byUs / 1000) < 20, String(event.byMs));
        assert.ok(event.atUs - steps[0].atUs <= 11 * MS);
      }
      assert.deepEqual(eventsOf(stepped, "stale", "outage", "no ticks"), []);
      assert.deepEqual(eventsOf(other, "stale", "outage", "no ticks"), []);
    });

    Deno.test(`a step by ${byUs} µs of ${whose} clock is no spike in the delay`, () => {
      const before = statisticsOf(unshifted.app1, SECONDS * S);
      assert.equal(statistics.delay!.count + statistics.unplaced, 2000);
      assert.ok(statistics.delay!.count > 1990, `${statistics.unplaced} unplaced`);
      assert.ok(statistics.delay!.minUs > -1000);
      assert.ok(statistics.delay!.max.us < 6000, `${statistics.delay!.max.us} µs`);
      assert.ok(statistics.variation.ipdvMaxUs < 6000);
      const p50 = statistics.delay!.percentilesUs["50"] - before.delay!.percentilesUs["50"];
      assert.ok(Math.abs(p50) < 50, `p50 moved by ${p50} µs`);
      assert.equal(statistics.stale, 0);
    });

    Deno.test(`a step by ${byUs} µs of ${whose} clock starts dt and the estimate anew`, () => {
      // A step ahead of our own clock makes what is sent by the other one's seem older.
      const aheadUs = whose === "its own" ? byUs : -byUs;
      assert.ok(Math.abs(statistics.dt.minUs - aheadUs) < 1000);
      assert.ok(Math.abs(statistics.dt.max.us - aheadUs) < 6000);
      assert.ok(Math.abs(statistics.dt.count - 1000) <= 1, `${statistics.dt.count} ticks`);
      const { offsetUs, boundUs } = statistics.clock!;
      assert.ok(Math.abs(offsetUs + aheadUs) <= boundUs, `${offsetUs} ± ${boundUs}`);
      assert.deepEqual(statistics.drift, {
        state: "unknown",
        why: "needs 30 s of data, has 9 s",
      });
      assert.equal(statistics.clockSteps, 1);
    });

    Deno.test(`a step by ${byUs} µs of ${whose} clock is seen alike by the other app`, () => {
      const { delay, unplaced, clock, clockSteps } = statisticsOf(app2, SECONDS * S);
      assert.equal(clockSteps, 1);
      assert.equal(delay!.count + unplaced, 2000);
      assert.ok(delay!.minUs > -1000 && delay!.max.us < 6000);
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
    const { delay, unplaced, clockSteps } = statisticsOf(app, SECONDS * S);
    assert.equal(clockSteps, 8);
    assert.equal(delay!.count + unplaced, 2000);
    assert.ok(delay!.minUs > -1000 && delay!.max.us < 6000);
  }
});

Deno.test("each app knows what the other received of it", () => {
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
    [sequence.received, sequence.lost, sequence.duplicate, sequence.reordered],
    [960, 40, 20, 20],
  );
  assert.deepEqual([sequence.bursts, sequence.longestBurst?.length], [20, 2]);
  const { receivedOfUs, sequence: clean } = lastOf(app1, 10 * S);
  assert.deepEqual([clean.received, clean.lost, clean.slots], [1000, 0, 1000]);
  // As of the last tick received from it, when what was missing for less than 1 s wasn't lost yet.
  assert.deepEqual(
    [receivedOfUs?.lost, receivedOfUs?.duplicate, receivedOfUs?.reordered],
    [36, 20, 20],
  );
  assert.ok(Math.abs(receivedOfUs!.received - 960) <= 1);
});

Deno.test("one way dark for long leaves the offset's bound true", () => {
  let [over, received] = [0, 0];
  simulate({
    seed: 9,
    seconds: 40,
    // Nothing of ours arrives from 5 s on; app2 goes on echoing the last tick that did.
    app1: { wayUs: (random, atUs) => atUs < 5 * S ? [loopbackUs(random)] : [] },
    app2: { skewPpm: 15 },
    onHeard(app, atUs) {
      if (app.subject !== "app1_tick" || received++ % 11 > 0) return;
      const { clock } = statisticsOf(app, atUs);
      if (!clock) return;
      over = Math.max(over, Math.abs(clock.offsetUs - atUs * 15 / 1e6) - clock.boundUs);
    },
  });
  assert.ok(over <= 0, `outside by ${over} µs`);
});

Deno.test("a short run places its ticks all the same", () => {
  const { app1 } = simulate({ seed: 10, seconds: 0.5, app2: { shiftUs: H } });
  const { delay, unplaced, clock, drift } = statisticsOf(app1, 0.5 * S);
  assert.deepEqual([delay!.count, unplaced], [50, 0]);
  assert.ok(Math.abs(clock!.offsetUs - H) <= clock!.boundUs);
  assert.equal(drift.state, "unknown");
});

Deno.test("different intervals of the two apps change no statistic but their number", () => {
  const { app1, app2 } = simulate({
    seed: 11,
    seconds: SECONDS,
    app1: { intervalUs: 100 * MS },
    app2: { intervalUs: 10 * MS, shiftUs: H },
  });
  for (const [app, slots, trueUs] of [[app1, 2000, H], [app2, 200, -H]] as const) {
    const { sequence, delay, clock, outages, unplaced } = statisticsOf(app, SECONDS * S);
    assert.deepEqual([sequence.slots, sequence.received], [slots, slots]);
    assert.deepEqual([delay!.count, unplaced, outages.count], [slots, 0, 0]);
    assert.ok(Math.abs(clock!.offsetUs - trueUs) <= clock!.boundUs);
    assert.ok(delay!.max.us < 6000);
  }
});

function usedBytes(): number {
  v8.setFlagsFromString("--expose-gc");
  vm.runInNewContext("gc")();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const OURS = "aaaaaaaa";

/** Lets so many subjects of one recorder send so many ticks each, one in a hundred lost; KiB of each. */
function kibOfEach(subjects: number, ticks: number, isLossy: boolean, echoes = true): number {
  const before = usedBytes();
  const recorder = new Recorder({ run: OURS, intervalUs: 10 * MS, lossTimeoutUs: S });
  const random = seeded(1);
  for (let n = 0; n < ticks; n++) {
    const monoUs = n * 10 * MS as MonoUs;
    const ours = { run: OURS, seq: n, signUs: EPOCH_US + monoUs as WallUs };
    recorder.about({ wallUs: ours.signUs, monoUs, seq: n });
    for (let subject = 0; subject < subjects; subject++) {
      if (isLossy && random() < 0.01) continue;
      const [thereUs, backUs] = [loopbackUs(random), loopbackUs(random)].map(Math.round);
      const realUs = ours.signUs + thereUs as WallUs;
      const header = { run: `run${subject}`, seq: n, timerErrorUs: 0, unsent: 0, skipped: 0 };
      recorder.received({
        subject: `tick.${subject}`,
        signUs: realUs,
        realUs: realUs + backUs as WallUs,
        monoUs: monoUs + thereUs + backUs as MonoUs,
        header: echoes && (n < 64 || n % 10 === 0)
          ? { ...header, echo: { ...ours, realUs } }
          : header,
      });
    }
  }
  recorder.check(ticks * 10 * MS as MonoUs);
  const kib = (usedBytes() - before) / 1024 / subjects;
  assert.equal(recorder.peers.size, subjects);
  return kib;
}

Deno.test("a subject takes less than 24 KiB at first, 20 where it echoes nothing, and 64 with losses and all statistics", () => {
  const idle = kibOfEach(500, 100, false);
  assert.ok(idle < 24, `${idle} KiB each`);
  const deaf = kibOfEach(300, 64, false, false);
  assert.ok(deaf < 20, `${deaf} KiB each that echoes nothing`);
  const full = kibOfEach(60, 2000, true);
  assert.ok(full < 64, `${full} KiB each`);
});

const MANY = LONG ? 1_000_000 : 100_000;

Deno.test(`${3 * MANY} ticks take no more memory than ${MANY}`, () => {
  const { recorder, feed } = feeder();
  feed(0, MANY);
  const early = usedBytes();
  feed(MANY, 3 * MANY);
  const grown = usedBytes() - early;
  assert.ok(grown < 2 ** 20, `grown by ${grown} bytes`);
  const { sequence, dt, delay } = [...recorder.peers.values()][0].statistics(0 as never);
  // Of each thousand, one is lost, one came twice and two came swapped.
  const [slots, odd] = [3 * MANY, 3 * MANY / 1000];
  assert.deepEqual([sequence.slots, sequence.received], [slots, slots - odd]);
  assert.deepEqual([sequence.lost, sequence.duplicate, sequence.reordered], [odd, odd, odd]);
  assert.deepEqual([dt.count, delay!.count], [slots - odd, slots - odd]);
});

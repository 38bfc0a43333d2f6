/** Clocks that are slewed or stepped by a little while ticks are under way, on a real server: the bound holds. */

import assert from "node:assert/strict";
import { connectNats } from "../support/bus.ts";
import { exchange } from "../../lib/exchange.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { newRun } from "../../lib/tick.ts";
import { type Clock, type MonoUs, systemClock, type WallUs } from "../../lib/time/clock.ts";
import { LONG } from "../support/long.ts";
import { broker } from "../support/nats_server.ts";

const S = 1e6;
const SECONDS = LONG ? 30 : 4;
/** When the clock begins to move, and ends. */
const FROM_US = 1 * S;
const TO_US = LONG ? 21 * S : 3 * S;

/** An event, whether the clock had begun to move by then, and how many ticks had been taken in since. */
type Told = TickEvent & { moved: boolean; afterTicks: number };

/**
 * Two apps whose clocks are the same one, but that the first one's is ahead by this much so long after both have
 * received: however long that takes, nothing has moved before.
 */
async function exchanged(aheadUs: (forUs: number) => number, steps = false) {
  await using server = await broker();
  let startUs = Infinity;
  const end = new AbortController();
  const waiting = new Set(["app1", "app2"]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  function received(name: string) {
    if (!waiting.delete(name) || waiting.size > 0) return;
    startUs = systemClock.monoUs();
    timer = setTimeout(() => end.abort(), SECONDS * 1000);
  }
  const ahead = (monoUs: number) => aheadUs(monoUs - startUs);
  const hasMoved = (monoUs: number) => monoUs - startUs >= FROM_US;
  const clock: Clock = {
    ...systemClock,
    wallUs: () => Math.floor(systemClock.wallUs() + ahead(systemClock.monoUs())) as WallUs,
  };
  const options = { intervalUs: 10_000, lossTimeoutUs: S, signal: end.signal };
  async function app(clock: Clock, sign: number, publish: string, subscribe: string) {
    await using bus = connectNats({ servers: [server.address], name: publish, clock });
    const run = newRun();
    const recorder = new Recorder({ ...options, run });
    const events: Told[] = [];
    const falseOnes: string[] = [];
    let [samples, afterTicks] = [0, 0];
    const report = {
      event: (event: TickEvent) =>
        void events.push({ ...event, moved: hasMoved(systemClock.monoUs()), afterTicks }),
      /** The estimate at a tick's arrival, against where the clock was at that moment. */
      tick({ monoUs, header }: ReceivedTick) {
        received(sign < 0 ? "app1" : "app2");
        const moved = hasMoved(monoUs);
        if (moved) afterTicks++;
        // What is under way at a step was sent by the clock before it.
        if (moved && steps && sign > 0 && !header!.steps) return;
        const { clock: known } = recorder.peers.get(subscribe)!.statistics(monoUs as MonoUs);
        if (!known) return;
        samples++;
        const errorUs = known.offsetUs - sign * ahead(monoUs);
        if (Math.abs(errorUs) > known.boundUs) falseOnes.push(`${errorUs} ± ${known.boundUs}`);
      },
    };
    await exchange(bus, { ...options, run, publish, subscribe, recorder, report, clock });
    return { events, falseOnes, samples };
  }
  const [one, two] = [server.subject("app1"), server.subject("app2")];
  try {
    return await Promise.all([app(clock, -1, one, two), app(systemClock, 1, two, one)]);
  } finally {
    clearTimeout(timer);
  }
}

/** A slew from the one moment to the other. */
function slewed(ppm: number, fromUs = FROM_US) {
  return (forUs: number) => Math.max(0, Math.min(forUs, TO_US) - fromUs) * ppm / 1e6;
}

const TRUE: Record<string, (forUs: number) => number> = {
  "slewed at 500 ppm": slewed(500),
  "slewed at -500 ppm from the start on": slewed(-500, 0),
  "that is an hour ahead": () => 3600 * S,
};

for (const [what, aheadUs] of Object.entries(TRUE)) {
  Deno.test({
    name: `a wall clock ${what}: the offset is within its bound at every tick, at both ends`,
    async fn() {
      for (const { falseOnes, samples, events } of await exchanged(aheadUs)) {
        assert.deepEqual(falseOnes, []);
        assert.ok(samples > 0);
        assert.deepEqual(events.filter(({ type }) => /clock/.test(type)), []);
      }
    },
  });
}

Deno.test({
  name: "a wall clock stepped by 0.3 ms: told at both ends, and the offset is within its bound",
  async fn() {
    const [one, two] = await exchanged((forUs) => forUs < FROM_US ? 0 : 300, true);
    const told = (events: Told[]) => events.map(({ type }) => type).filter((t) => /clock/.test(t));
    assert.deepEqual(told(one.events), ["clock stepped"]);
    assert.deepEqual(told(two.events), ["peer clock stepped"]);
    for (const { falseOnes } of [one, two]) assert.deepEqual(falseOnes, []);
  },
});

Deno.test({
  name:
    "a wall clock slewed at 50,000 ppm is told of at both ends within 2 s of ticks, not tick by tick",
  async fn() {
    for (const { events } of await exchanged(slewed(50_000))) {
      const told = events.filter(({ type }) => /clock/.test(type));
      assert.ok(told.length > 0 && told[0].moved && told[0].afterTicks <= 200);
      assert.ok(told.length <= 20, `${told.length} times`);
    }
  },
});

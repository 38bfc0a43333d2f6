/** Clocks that step while ticks are under way, on a server, through injected clocks. */

import assert from "node:assert/strict";
import { connectNats } from "../support/bus.ts";
import { type Clock, systemClock, type WallUs } from "../../lib/time/clock.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { exchange } from "../../lib/exchange.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { newRun } from "../../lib/tick.ts";
import { broker } from "../support/nats_server.ts";

const HOUR_US = 3600e6;
/** Ticks on each side of the step. */
const SIDE = 150;

for (const byUs of [HOUR_US, -HOUR_US]) {
  const by = byUs > 0 ? "+1 h" : "-1 h";
  Deno.test({
    name:
      `a wall clock stepped by ${by} in flight: told at both ends, nothing lost, no latency of an hour`,
    async fn() {
      await using server = await broker();
      const [one, two] = [server.subject("app1"), server.subject("app2")];
      let stepUs = 0;
      const steppedClock: Clock = {
        ...systemClock,
        wallUs: () => systemClock.wallUs() + stepUs as WallUs,
      };
      // However busy this machine is, no tick is given up or stale for that, and no server silent.
      const patient = { lossTimeoutUs: 60e6, staleUs: 60e6, silentMs: 60_000 };
      const options = { intervalUs: 10_000, ...patient };
      const end = new AbortController();
      const sinceStep = new Map<string, number>();
      async function app(clock: Clock, publish: string, subscribe: string) {
        const { silentMs } = patient;
        await using bus = connectNats({
          servers: [server.address],
          name: publish,
          clock,
          silentMs,
        });
        const run = newRun();
        const recorder = new Recorder({ ...options, run });
        const events: TickEvent[] = [];
        let received = 0;
        const report = {
          event: (event: TickEvent) => void events.push(event),
          tick() {
            received++;
            // In the middle of the run, counted in ticks, so that both sides of it are full of them.
            if (clock === steppedClock && received === SIDE) stepUs = byUs;
            if (stepUs === 0) return;
            sinceStep.set(publish, (sinceStep.get(publish) ?? 0) + 1);
            if ([one, two].every((name) => (sinceStep.get(name) ?? 0) >= SIDE)) end.abort();
          },
        };
        const { signal } = end;
        await exchange(bus, {
          ...options,
          run,
          publish,
          subscribe,
          recorder,
          report,
          clock,
          signal,
        });
        const peer = recorder.peers.get(subscribe)!;
        peer.sequences.settle(Infinity);
        return { events, statistics: peer.statistics(clock.monoUs()) };
      }
      const [stepped, other] = await Promise.all([
        app(steppedClock, one, two),
        app(systemClock, two, one),
      ]);
      const told = (events: TickEvent[], type: string) =>
        events.filter((event) => event.type === type);
      const steps = told(stepped.events, "clock stepped");
      assert.equal(steps.length, 1, JSON.stringify(steps));
      assert.equal(told(other.events, "peer clock stepped").length, 1);
      for (const { statistics, events } of [stepped, other]) {
        assert.equal(statistics.clockSteps, 1);
        assert.equal(
          statistics.sequence.lost,
          0,
          JSON.stringify({ ...statistics.sequence, events }),
        );
        assert.equal(told(events, "stale").length, 0, "a step is no age");
        assert.ok(Math.abs(statistics.delay!.max.us) < 60e6, `${statistics.delay!.max.us} µs`);
        assert.ok(Math.abs(statistics.delay!.minUs) < 60e6, `${statistics.delay!.minUs} µs`);
      }
      // Since the step, the two clocks are an hour apart, and each end knows it.
      const { clock } = other.statistics;
      assert.ok(Math.abs(clock!.offsetUs - byUs) <= clock!.boundUs, JSON.stringify(clock));
    },
  });
}

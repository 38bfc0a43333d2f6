/** Two apps on a bus in memory, from their first tick to their summaries, in no real time. */

import assert from "node:assert/strict";
import type { BusEvent } from "../../lib/bus/bus.ts";
import { link } from "../../lib/bus/link.ts";
import { exchange, TAKEN_IN_US } from "../../lib/exchange.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import { type FakeTime, fakeTime } from "../support/fake_time.ts";
import { MemoryBus } from "../support/memory_driver.ts";

const SERVERS = ["a:1", "b:2"];

/** An app that runs until it is ended. */
function start(
  time: FakeTime,
  memory: MemoryBus,
  { name, peer, republish = false }: { name: string; peer: string; republish?: boolean },
) {
  const { clock, wait, sleeper } = time;
  const end = new AbortController();
  const run = name.padEnd(8, "0");
  const recorder = new Recorder({ run, intervalUs: 10_000, lossTimeoutUs: 1e6 });
  const events: BusEvent["type"][] = [];
  const bus = link(memory, {
    servers: SERVERS,
    clock,
    wait,
    republish,
    onRoundTrip: (us) => recorder.roundTrip(us),
    onEvent(event) {
      recorder.bus(event, clock.monoUs());
      events.push(event.type);
    },
  });
  const running = exchange(bus, {
    run,
    publish: `${name}_tick`,
    subscribe: `${peer}_tick`,
    intervalUs: 10_000,
    recorder,
    report: { tick() {}, event() {} },
    clock,
    wait,
    sleeper,
    signal: end.signal,
  });
  return {
    events,
    summary: () =>
      summaryOf({ name, startUs: 0, recorder, clock, ended: false, lingerUs: TAKEN_IN_US }),
    async end() {
      end.abort();
      await running;
      await bus[Symbol.asyncDispose]();
      return summaryOf({ name, startUs: clock.monoUs(), recorder, clock, ended: true });
    },
  };
}

/** Both apps for ten seconds, and something that happens in between. */
async function exchanged(
  happens: (time: FakeTime, memory: MemoryBus) => Promise<void>,
  republish = false,
) {
  const time = fakeTime();
  const memory = new MemoryBus(time.wait);
  const app1 = start(time, memory, { name: "app1", peer: "app2", republish });
  const app2 = start(time, memory, { name: "app2", peer: "app1", republish });
  await time.pass(4000);
  await happens(time, memory);
  await time.pass(6000);
  // The one that ends first receives nothing of what the other sends after it: so both end at once.
  const [one, two] = await time.until(Promise.all([app1.end(), app2.end()]));
  for (const [own, other] of [[one, two], [two, one]]) {
    const { slots, sent, unsent, skipped, fates } = own.schedule;
    assert.equal(slots, sent + unsent + skipped);
    const { acknowledged, refused, unroutable, unconfirmed, pending } = fates!;
    assert.equal(sent, acknowledged + refused + unroutable + unconfirmed);
    assert.equal(pending, 0);
    const [{ sequence }] = other.peers;
    // The last tick of one may come when the other one has ended.
    assert.ok([0, 1].includes(sent - sequence.received - sequence.lost));
    assert.equal(sequence.unsent, unsent);
  }
  return { one, two, events: [app1.events, app2.events] };
}

Deno.test("two apps exchange every tick both ways", async () => {
  const { one, two, events } = await exchanged(async () => {});
  for (const { schedule, peers: [peer] } of [one, two]) {
    assert.ok(schedule.slots >= 1000, `${schedule.slots} slots`);
    assert.deepEqual([schedule.unsent, schedule.skipped], [0, 0]);
    assert.deepEqual([peer.sequence.lost, peer.sequence.duplicate], [0, 0]);
    assert.equal(peer.dt.max.us, 1000); // what the bus takes
  }
  assert.deepEqual(events, [["connected"], ["connected"]]);
});

Deno.test("two apps account for each slot while the server is gone", async () => {
  const { one, two, events } = await exchanged(async (time, memory) => {
    for (const server of SERVERS) memory.kill(server);
    await time.pass(1000);
    memory.failing.clear();
  });
  for (const { schedule, peers: [peer] } of [one, two]) {
    assert.ok(schedule.unsent >= 100 && schedule.unsent <= 111, `${schedule.unsent} unsent`);
    assert.ok(peer.sequence.lost <= 1, `${peer.sequence.lost} lost`);
  }
  const outage = ["connected", "disconnected", "reconnected"];
  assert.deepEqual(events, [outage, outage]);
});

Deno.test("two apps that publish again lose nothing of what a dead server had no time to say", async () => {
  for (const republish of [true, false]) {
    const { one, two, events } = await exchanged(async (time, memory) => {
      // What is under way when the server dies takes longer than the rest.
      memory.roundTripMs = 95;
      await time.pass(80);
      for (const server of SERVERS) memory.kill(server);
      await time.pass(1500);
      memory.roundTripMs = 1;
      memory.failing.clear();
    }, republish);
    for (const { schedule, peers: [{ sequence, stale }] } of [one, two]) {
      const { unconfirmed, republished } = schedule.fates!;
      const underWay = republish ? republished : unconfirmed;
      assert.ok(underWay >= 8 && underWay <= 10, `${underWay} under way`);
      assert.equal(republish ? unconfirmed : republished, 0);
      assert.deepEqual([sequence.lost, sequence.duplicate], [republish ? 0 : unconfirmed, 0]);
      assert.equal(stale, republished); // as old as they are
    }
    const types = ["connected", "disconnected", "reconnected"];
    if (republish) types.push("republished");
    assert.deepEqual(events, [types, types]);
  }
});

Deno.test("two apps lose nothing where their server goes in order", async () => {
  const { one, two, events } = await exchanged(async (time, memory) => {
    const leaving = [...memory.connections];
    for (const connection of leaving) connection.onEvent({ type: "leaving" });
    await time.pass(2000);
    memory.kill(leaving[0].server);
  });
  for (const { schedule, peers: [{ sequence }] } of [one, two]) {
    assert.equal(schedule.unsent, 0);
    assert.deepEqual([sequence.lost, sequence.duplicate, sequence.late], [0, 0, 0]);
  }
  assert.deepEqual(events, [["connected", "moved"], ["connected", "moved"]]);
});

Deno.test("an app whose server is blocked leaves its slots unsent, and receives on", async () => {
  const { one, two, events } = await exchanged(async (time, memory) => {
    const [first] = memory.connections;
    first.onEvent({ type: "blocked", reason: "memory" });
    await time.pass(500);
    first.onEvent({ type: "unblocked" });
  });
  assert.deepEqual([one.schedule.unsent, two.schedule.unsent], [50, 0]);
  assert.equal(one.peers[0].sequence.lost, 0);
  assert.deepEqual(events, [["connected", "blocked", "unblocked"], ["connected"]]);
});

Deno.test("an app that may not publish counts one tick as lost, and the others as unsent", async () => {
  const { one, two, events } = await exchanged(async (time, memory) => {
    memory.denied.add("publish app1_tick");
    await time.pass(1000);
    memory.denied.clear();
  });
  assert.equal(two.peers[0].sequence.lost, 1);
  assert.ok(one.schedule.unsent > 490 && one.schedule.unsent < 510, `${one.schedule.unsent}`);
  assert.equal(one.peers[0].sequence.lost, 0);
  assert.deepEqual(events[0], ["connected", "denied", "allowed"]);
});

Deno.test("two apps on a server that freezes go on by another one", async () => {
  const { one, two, events } = await exchanged(async (time, memory) => {
    const [{ server }] = memory.connections;
    memory.frozen.add(server);
    await time.pass(1000);
  });
  for (const { peers: [{ sequence }] } of [one, two]) {
    assert.ok(sequence.lost > 0 && sequence.lost <= 36, `${sequence.lost} lost`);
  }
  const renewed = ["connected", "unresponsive", "disconnected", "reconnected"];
  assert.deepEqual(events, [renewed, renewed]);
});

Deno.test("no summary on the way takes ticks that linger for an outage, nor an outage for ticks that linger", async () => {
  const time = fakeTime();
  const memory = new MemoryBus(time.wait);
  const [app1, app2] = [
    start(time, memory, { name: "app1", peer: "app2" }),
    start(time, memory, { name: "app2", peer: "app1" }),
  ];
  await time.pass(500);
  for (let ms = 0; ms < 500; ms++) {
    await time.pass(1);
    assert.equal(app1.summary().peers[0].outages.count, 0, `${ms} ms`);
  }
  await time.until(app2.end());
  await time.pass(1000);
  const { count, openUs } = app1.summary().peers[0].outages;
  assert.equal(count, 1);
  assert.ok(openUs! > 700_000 && openUs! < 1_000_000, `${openUs} µs`);
  await time.until(app1.end());
});

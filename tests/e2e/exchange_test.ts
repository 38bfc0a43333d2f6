import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { type Bus, BusRefusal } from "../../lib/bus/bus.ts";
import { connectNats } from "../support/bus.ts";
import { exchange, type ExchangeOptions } from "../../lib/exchange.ts";
import { beats } from "../../lib/time/metronome.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { newRun } from "../../lib/tick.ts";
import { type Broker, testOnEach } from "../support/nats_server.ts";
import { barePeer } from "../support/bare_peer.ts";
import { deadline } from "../support/deadline.ts";
import { fakeTime } from "../support/fake_time.ts";
import { fakeBus } from "../support/fakes.ts";
import { Log } from "../support/log.ts";

interface Running {
  /** The ticks that were reported as received. */
  received: Log<ReceivedTick>;
  end(): void;
  /** Resolves or rejects as the exchange does. */
  ended: Promise<void>;
}

function start(bus: Bus, publish: string, subscribe: string, more: Partial<ExchangeOptions> = {}) {
  const end = new AbortController();
  const received = new Log<ReceivedTick>();
  const run = newRun();
  const intervalUs = 1_000;
  const recorder = new Recorder({ run, intervalUs, lossTimeoutUs: 1e6 });
  const report = { tick: (tick: ReceivedTick) => received.push(tick), event: () => {} };
  // However busy this machine is, no server is given up for not answering at once.
  const options = { run, publish, subscribe, intervalUs, recorder, report, silentMs: 30_000 };
  const ended = deadline(60_000, "end", exchange(bus, { ...options, ...more, signal: end.signal }));
  return { received, end: () => end.abort(), ended } satisfies Running;
}

const connect = ({ address }: Broker) => connectNats({ servers: [address], name: "test" });

testOnEach("exchange() receives each tick that another one sends", async (broker) => {
  await using server = await broker();
  const [left, right] = [server.subject("left"), server.subject("right")];
  await using a = connect(server);
  await using b = connect(server);
  const hearing = start(b, right, left);
  await deadline(10_000, "connection", b.ready);
  assert.equal(await b.flush(10_000), true);
  await start(a, left, right, { count: 50 }).ended;
  await hearing.received.reach(50, "ticks");
  hearing.end();
  await hearing.ended;
  assert.equal(hearing.received.items.length, 50);
  const seqs = hearing.received.items.map(({ header }) => header!.seq);
  assert.deepEqual(seqs, seqs.toSorted((one, other) => one - other));
  assert.equal(new Set(seqs).size, 50);
});

testOnEach("exchange() receives and is received at the same time", async (broker) => {
  await using server = await broker();
  const [left, right] = [server.subject("left"), server.subject("right")];
  await using a = connect(server);
  await using b = connect(server);
  const one = start(a, left, right);
  const other = start(b, right, left);
  await Promise.all([one.received.reach(20, "ticks"), other.received.reach(20, "ticks")]);
  one.end();
  other.end();
  await Promise.all([one.ended, other.ended]);
});

testOnEach("exchange() receives several peers at once", async (broker) => {
  await using server = await broker();
  await using a = connect(server);
  await using b = connect(server);
  const all = start(a, server.subject("hub"), server.subject("peer.*"));
  const peers = ["peer.one", "peer.two"].map((name) =>
    start(b, server.subject(name), server.subject("hub"))
  );
  for (const name of ["peer.one", "peer.two"]) {
    await all.received.find(name, ({ subject }) => subject === server.subject(name));
  }
  for (const each of [all, ...peers]) each.end();
  await Promise.all([all, ...peers].map(({ ended }) => ended));
});

testOnEach("exchange() receives a bare peer", async (broker) => {
  await using server = await broker();
  const [left, right] = [server.subject("left"), server.subject("right")];
  using peer = await barePeer(server.address, [left]);
  await using a = connect(server);
  const one = start(a, left, right);
  await peer.messages.reach(1, "tick"); // so it is connected, and has subscribed before
  await peer.publish(right, "1.5");
  await one.received.reach(1, "tick");
  assert.equal(one.received.items[0].signUs, 1_500_000);
  one.end();
  await one.ended;
});

testOnEach(
  "exchange() is received by a bare peer, as seconds with six decimals",
  async (broker) => {
    await using server = await broker();
    const left = server.subject("left");
    using peer = await barePeer(server.address, [left]);
    await using a = connect(server);
    const fromS = Date.now() / 1000;
    await start(a, left, server.subject("right"), { count: 20 }).ended;
    await peer.messages.reach(20, "ticks");
    const bodies = peer.messages.items.map(({ body }) => body);
    for (const body of bodies) assert.match(body, /^\d{10}\.\d{6}$/);
    const times = bodies.map(Number);
    assert.deepEqual(times, times.toSorted((one, other) => one - other));
    // Date.now() is cut to milliseconds.
    assert.ok(times[0] >= fromS - 0.001 && times.at(-1)! <= Date.now() / 1000 + 0.001);
  },
);

testOnEach("exchange() sends just as many ticks as it is to", async (broker) => {
  await using server = await broker();
  const left = server.subject("left");
  using peer = await barePeer(server.address, [left]);
  await using a = connect(server);
  await start(a, left, server.subject("right"), { count: 7 }).ended;
  await peer.publish(left, "0");
  const last = await peer.messages.find("own message", ({ body }) => body === "0");
  assert.equal(last, 7);
});

Deno.test("exchange() ends after its duration", async () => {
  const bus = fakeBus();
  const { clock, wait, sleeper, pass } = fakeTime();
  const schedule = { intervalUs: 10_000, durationUs: 500_000, clock, wait, sleeper };
  const { ended } = start(bus, "a", "b", schedule);
  await pass(2000);
  await ended;
  assert.equal(bus.published.length, 50);
});

Deno.test("exchange() ends after its duration where there is no connection", async () => {
  const bus = { ...fakeBus(), ready: new Promise<void>(() => {}), open: false };
  await start(bus, "a", "b", { durationUs: 20_000 }).ended;
});

Deno.test("exchange() ends by its signal where there is no connection", async () => {
  const bus = { ...fakeBus(), ready: new Promise<void>(() => {}), open: false };
  const running = start(bus, "a", "b");
  running.end();
  await running.ended;
});

Deno.test("exchange() waits at its end for the server to confirm what was sent", async () => {
  const bus = fakeBus();
  await start(bus, "a", "b", { count: 3 }).ended;
  assert.equal(bus.published.length, 3);
  assert.ok(bus.flushed > 0);
});

Deno.test("exchange() still receives what arrives while it ends", async () => {
  const bus = fakeBus();
  bus.flush = () => {
    bus.deliver("b", "1");
    return Promise.resolve(true);
  };
  const running = start(bus, "a", "b", { count: 1 });
  await running.ended;
  assert.notEqual(running.received.items.length, 0);
});

Deno.test("exchange() waits for no confirmation that comes behind a flood", async () => {
  for (const body of ["1", "no tick"]) {
    const bus = fakeBus();
    const never = new Promise<boolean>(() => {});
    bus.flush = () => {
      for (let n = 0; n < 5000; n++) bus.deliver("b", body);
      return never;
    };
    await start(bus, "a", "b", { count: 1 }).ended;
    assert.equal(bus.subscribers, 0);
  }
});

Deno.test("exchange() takes a thousand of a flood at its end, and no more than wait then", async () => {
  const bus = fakeBus();
  let taken = 0;
  function flood() {
    if (bus.subscribers === 0) return;
    for (let n = 0; n < 300; n++) bus.deliver("b", String(taken++));
    setImmediate(flood);
  }
  bus.flush = () => {
    flood();
    return new Promise(() => {});
  };
  await start(bus, "a", "b", { count: 1 }).ended;
  assert.ok(taken > 1000 && taken < 10_000, `${taken} messages`);
});

Deno.test("exchange() unsubscribes when it ends", async () => {
  const bus = fakeBus();
  await start(bus, "a", "b", { count: 1 }).ended;
  assert.equal(bus.subscribers, 0);
});

Deno.test("exchange() rejects where the server refuses it", async () => {
  const bus = fakeBus();
  const running = start(bus, "a", "b");
  bus.refuse(new BusRefusal("no"));
  await assert.rejects(running.ended, BusRefusal);
});

Deno.test("exchange() sends nothing more once it has rejected", async () => {
  const bus = fakeBus();
  const running = start(bus, "a", "b");
  bus.refuse(new BusRefusal("no"));
  await assert.rejects(running.ended, BusRefusal);
  const sent = bus.published.length;
  // Thirty intervals of its own.
  for await (const beat of beats({ intervalUs: 1_000, durationUs: 30_000 })) void beat;
  running.end();
  assert.ok(bus.published.length <= sent + 1, `sent ${bus.published.length - sent} more`);
});

/** link() on a bus in memory, in no real time. */

import assert from "node:assert/strict";
import { type Bus, type BusEvent, BusRefusal, type Fate } from "../../lib/bus/bus.ts";
import type { ConnectionEvent } from "../../lib/bus/driver.ts";
import { link, type LinkOptions } from "../../lib/bus/link.ts";
import { fakeTime } from "../support/fake_time.ts";
import { MemoryBus } from "../support/memory_driver.ts";

/** A link to the given servers, the bus they are on, and what it said. */
function setup(servers = ["a:1"], options: Partial<LinkOptions> = {}, roundTripMs = 1) {
  const time = fakeTime();
  const nowMs = () => Math.round(time.clock.monoUs() / 1000);
  const tries: { server: string; atMs: number }[] = [];
  const onTry = (server: string) => void tries.push({ server, atMs: nowMs() });
  const memory = new MemoryBus(time.wait, onTry, roundTripMs);
  const events: (BusEvent & { atMs: number })[] = [];
  const bus = link(memory, {
    servers,
    clock: time.clock,
    wait: time.wait,
    onEvent: (event) => events.push({ ...event, atMs: nowMs() }),
    ...options,
  });
  const of = <T extends BusEvent["type"]>(type: T) =>
    events.filter((event): event is BusEvent & { type: T; atMs: number } => event.type === type);
  return {
    time,
    memory,
    tries,
    events,
    bus,
    nowMs,
    of,
    types: () => events.map(({ type }) => type),
    /** Lets a server say something on each of its connections. */
    tell(server: string, event: ConnectionEvent) {
      for (const one of memory.connections) if (one.server === server) one.onEvent(event);
    },
    /** Subscribes, and keeps the texts that arrive. */
    receive(subject: string): string[] {
      const texts: string[] = [];
      bus.subscribe(subject, ({ body }) => texts.push(new TextDecoder().decode(body)));
      return texts;
    },
    async [Symbol.asyncDispose]() {
      await time.until(bus[Symbol.asyncDispose]());
      assert.equal(memory.connections.size, 0, "a connection stays open");
    },
  };
}

/** What a client says of a connection that was closed meanwhile. */
const never = new Promise<never>(() => {});
const absent = new Error("connection refused");

Deno.test("link() dials every 100 ms where nothing listens, and says so once", async () => {
  await using one = setup();
  one.memory.failing.set("a:1", absent);
  await one.time.pass(1050);
  const starts = one.tries.map(({ atMs }) => atMs);
  assert.deepEqual(starts, [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  assert.deepEqual(one.types(), ["waiting"]);
});

Deno.test("link() dials every 250 ms at the start where what answers won't do", async () => {
  await using one = setup();
  one.memory.failing.set("a:1", new Error("it doesn't greet"));
  await one.time.pass(1050);
  assert.deepEqual(one.tries.map(({ atMs }) => atMs), [0, 250, 500, 750, 1000]);
});

Deno.test("link() gives a try up after its time, whatever the driver does", async () => {
  await using one = setup();
  one.memory.frozen.add("a:1");
  await one.time.pass(1600);
  assert.deepEqual(one.tries.map(({ atMs }) => atMs), [0, 500, 1000, 1500]);
  assert.deepEqual(one.of("waiting").map(({ reason }) => reason), ["timeout"]);
});

Deno.test("link() says each reason once, and no more of them than a person reads", async () => {
  await using one = setup();
  let n = 0;
  Object.defineProperty(one.memory.failing, "get", { value: () => new Error(`fault ${n++}`) });
  one.memory.failing.set("a:1", absent);
  await one.time.pass(60_000);
  assert.ok(n > 100);
  assert.equal(one.events.length, 16);
});

Deno.test("link() refuses at the start where the server does, once each one was asked", async () => {
  await using one = setup(["a:1", "b:2"]);
  one.memory.failing.set("a:1", new BusRefusal("wrong password"));
  one.memory.failing.set("b:2", absent);
  await assert.rejects(
    one.time.until(one.bus.refused),
    (error: Error) =>
      error instanceof BusRefusal &&
      error.message === "cannot connect to the memory server at a:1, b:2: wrong password",
  );
});

Deno.test("link() goes to a server that lets it in where another one refuses", async () => {
  await using one = setup(["a:1", "b:2"]);
  one.memory.failing.set("a:1", new BusRefusal("wrong password"));
  await one.time.until(one.bus.ready);
  assert.deepEqual(one.of("connected").map(({ server }) => server), ["b:2"]);
});

Deno.test("link() says once that it is refused later, and tries ever less often", async () => {
  await using one = setup();
  await one.time.until(one.bus.ready);
  one.memory.kill("a:1");
  one.memory.failing.set("a:1", new BusRefusal("wrong password"));
  one.tries.length = 0;
  await one.time.pass(10_000);
  assert.deepEqual(one.types(), ["connected", "disconnected", "refused"]);
  const apart = one.tries.slice(1).map(({ atMs }, n) => atMs - one.tries[n].atMs);
  assert.deepEqual(apart.slice(0, 5), [250, 500, 1000, 2000, 2000]);
});

Deno.test("link() is back within a retry of the server, with its subscriptions", async () => {
  await using one = setup();
  const received = one.receive("s");
  await one.time.until(one.bus.ready);
  await one.time.pass(1000);
  one.memory.kill("a:1");
  await one.time.pass(5030);
  one.memory.failing.clear();
  await one.time.pass(101);
  assert.deepEqual(one.types(), ["connected", "disconnected", "reconnected"]);
  const [{ afterMs }] = one.of("reconnected");
  assert.ok(afterMs >= 5030 && afterMs <= 5131, `${afterMs} ms`);
  one.bus.publish("s", "1");
  await one.time.pass(2);
  assert.deepEqual(received, ["1"]);
});

Deno.test("link() sends nothing that was published while there was no connection", async () => {
  await using one = setup();
  const received = one.receive("s");
  assert.equal(one.bus.publish("s", "before"), "disconnected");
  await one.time.until(one.bus.ready);
  assert.equal(one.bus.publish("s", "1"), "sent");
  await one.time.pass(5);
  one.memory.kill("a:1");
  assert.equal(one.bus.publish("s", "at once"), "disconnected");
  await one.time.pass(1000);
  assert.equal(one.bus.publish("s", "meanwhile"), "disconnected");
  one.memory.failing.clear();
  await one.time.pass(150);
  assert.equal(one.bus.publish("s", "2"), "sent");
  await one.time.pass(1000);
  assert.deepEqual(received, ["1", "2"]);
});

Deno.test("link() renews a link that is silent, and publishes nothing on it from then on", async () => {
  await using one = setup(["a:1", "b:2"]);
  await one.time.until(one.bus.ready);
  await one.time.pass(1000);
  const frozenMs = one.nowMs();
  one.memory.frozen.add("a:1");
  await one.time.pass(500);
  const [unresponsive] = one.of("unresponsive");
  assert.equal(unresponsive.server, "a:1");
  assert.ok(unresponsive.atMs - frozenMs <= 350, `said after ${unresponsive.atMs - frozenMs} ms`);
  // The other one first, as this one is suspect.
  assert.deepEqual(one.of("reconnected").map(({ server }) => server), ["b:2"]);
  assert.ok(one.of("reconnected")[0].afterMs < 5);
});

Deno.test("link() gives a server that is only busy more time, as long as it brings something", async () => {
  await using one = setup();
  one.receive("s");
  await one.time.until(one.bus.ready);
  const probe = Promise.withResolvers<void>();
  const [connection] = one.memory.connections;
  connection.probe = () => probe.promise; // answers none, and still brings messages
  for (let ms = 0; ms < 450; ms += 10) {
    for (const [onMessage] of connection.subscriptions) {
      onMessage({ subject: "s", body: new Uint8Array() });
    }
    await one.time.pass(10);
  }
  assert.deepEqual(one.types(), ["connected"]);
  await one.time.pass(600);
  assert.equal(one.of("unresponsive").length, 1);
});

Deno.test("link() takes a standstill of its own for no silence of the link", async () => {
  await using one = setup();
  await one.time.until(one.bus.ready);
  const [connection] = one.memory.connections;
  let answer = () => {};
  connection.probe = () => new Promise((resolve) => answer = resolve);
  await one.time.pass(110);
  for (const forMs of [280, 320, 360, 400, 500, 700, 3000]) {
    one.time.clock.advance(forMs * 1000); // nothing happens in here, whatever is due
    await one.time.pass(1); // timers first, then what has arrived meanwhile
    answer();
    await one.time.pass(110);
  }
  assert.deepEqual(one.types(), ["connected"]);
});

Deno.test("link() names a server that answers nothing within 500 ms, frozen or deaf to us alone", async () => {
  for (const brings of [false, true]) {
    await using one = setup(["a:1", "b:2"]);
    one.receive("s");
    await one.time.until(one.bus.ready);
    await one.time.pass(1000);
    const fromMs = one.nowMs();
    const [connection] = one.memory.connections;
    connection.probe = () => new Promise(() => {});
    for (let ms = 0; ms < 600; ms += 10) {
      if (brings) {
        for (const [onMessage] of connection.subscriptions) {
          onMessage({ subject: "s", body: new Uint8Array() });
        }
      }
      await one.time.pass(10);
    }
    const [{ atMs }] = one.of("unresponsive");
    assert.ok(atMs - fromMs < 500, `${atMs - fromMs} ms`);
  }
});

for (const roundTripMs of [260, 600, 2000]) {
  Deno.test(`link() connects at a round trip of ${roundTripMs} ms, and stays`, async () => {
    await using one = setup(["a:1"], {}, roundTripMs);
    const received = one.receive("s");
    await one.time.until(one.bus.ready);
    for (let n = 0; n < 3000; n++) {
      assert.equal(one.bus.publish("s", String(n)), "sent");
      await one.time.pass(10);
    }
    await one.time.pass(roundTripMs);
    assert.equal(received.length, 3000);
    assert.deepEqual(one.of("unresponsive"), []);
    assert.equal(one.of("connected").length, 1);
  });
}

Deno.test("link() gets used to a round trip that has grown, and to one that varies", async () => {
  await using one = setup(["a:1"]);
  await one.time.until(one.bus.ready);
  await one.time.pass(5000);
  one.memory.roundTripMs = 400;
  await one.time.pass(10_000);
  const before = one.events.length;
  for (let n = 0; n < 600; n++) {
    one.memory.roundTripMs = 200 + (n * 7919) % 400;
    await one.time.pass(100);
  }
  assert.equal(one.bus.publish("s", "1"), "sent");
  assert.deepEqual(one.events.slice(before), []);
  assert.equal(one.of("unresponsive").length, 1);
});

Deno.test("link() dials afresh beside a try that takes long, and leaves none of them open", async () => {
  await using one = setup(["a:1"], {}, 2000);
  await one.time.until(one.bus.ready);
  const [{ afterMs }] = one.of("connected");
  assert.ok(afterMs < 12_000, `${afterMs} ms`);
  assert.ok(one.tries.length >= 6, `${one.tries.length} tries`);
  await one.time.pass(20_000);
  assert.equal(one.memory.connections.size, 1);
});

Deno.test("link() hands each round trip on as it is measured", async () => {
  const roundTripsUs: number[] = [];
  await using one = setup(["a:1"], { onRoundTrip: (us) => roundTripsUs.push(us) });
  await one.time.until(one.bus.ready);
  await one.time.pass(1000);
  assert.ok(roundTripsUs.length >= 8, `${roundTripsUs.length} in a second`);
  assert.deepEqual(new Set(roundTripsUs), new Set([1000]));
});

Deno.test("link() moves on from a server that goes, and loses nothing and brings nothing twice", async () => {
  await using one = setup(["a:1", "b:2"]);
  const received = one.receive("s");
  await one.time.until(one.bus.ready);
  const sent: string[] = [];
  for (let n = 0; n < 300; n++) {
    if (n === 100) one.tell("a:1", { type: "leaving" });
    assert.equal(one.bus.publish("s", String(n)), "sent");
    sent.push(String(n));
    await one.time.pass(10);
  }
  await one.time.pass(1000);
  assert.deepEqual(received, sent);
  assert.deepEqual(one.types(), ["connected", "moved"]);
  const [{ server, from }] = one.of("moved");
  assert.deepEqual([server, from], ["b:2", "a:1"]);
  assert.deepEqual([...one.memory.connections].map(({ server }) => server), ["b:2"]);
});

Deno.test("link() stays with a server that goes as long as there is no other, and is lost with it", async () => {
  await using one = setup();
  await one.time.until(one.bus.ready);
  one.memory.failing.set("a:1", absent);
  one.tell("a:1", { type: "leaving" });
  await one.time.pass(5000);
  assert.equal(one.bus.publish("s", "1"), "sent");
  one.memory.kill("a:1");
  await one.time.pass(1000);
  one.memory.failing.clear();
  await one.time.pass(200);
  assert.deepEqual(one.types(), ["connected", "disconnected", "reconnected"]);
});

Deno.test("link() sends nothing while the server is blocked, and takes it for no silence", async () => {
  await using one = setup();
  const received = one.receive("s");
  await one.time.until(one.bus.ready);
  one.tell("a:1", { type: "blocked", reason: "memory" });
  const [connection] = one.memory.connections;
  const { probe } = connection;
  connection.probe = () => new Promise(() => {});
  assert.equal(one.bus.publish("s", "1"), "blocked");
  await one.time.pass(3000);
  assert.equal(one.bus.publish("s", "2"), "blocked");
  connection.probe = probe;
  one.tell("a:1", { type: "unblocked" });
  assert.equal(one.bus.publish("s", "3"), "sent");
  await one.time.pass(1000);
  assert.deepEqual(received, ["3"]);
  assert.deepEqual(one.types(), ["connected", "blocked", "unblocked"]);
  assert.equal(one.of("unblocked")[0].afterMs, 3000);
});

Deno.test("link() says once what is denied, tries it again, and says when it is allowed", async () => {
  await using one = setup();
  one.memory.denied.add("publish s").add("subscribe t");
  const received = one.receive("t");
  await one.time.until(one.bus.ready);
  const results: string[] = [];
  for (let n = 0; n < 1200; n++) {
    if (n === 400) one.memory.denied.clear();
    results.push(one.bus.publish("s", "1"));
    await one.time.pass(10);
  }
  const said = one.events.map((event) =>
    `${event.type} ${"operation" in event ? `${event.operation} ${event.subject}` : ""}`
  ).sort();
  assert.deepEqual(said, [
    "allowed publish s",
    "allowed subscribe t",
    "connected ",
    "denied publish s",
    "denied subscribe t",
  ]);
  assert.equal(results.at(-1), "sent");
  assert.equal(results.slice(1, 400).filter((result) => result === "sent").length, 0);
  one.bus.publish("t", "2");
  await one.time.pass(5);
  assert.deepEqual(received, ["2"]);
});

Deno.test("link() leaves denials aside of what isn't its own, and keeps none of them", async () => {
  await using one = setup();
  await one.time.until(one.bus.ready);
  for (let n = 0; n < 10_000; n++) {
    one.tell("a:1", { type: "denied", operation: "publish", subject: `other${n}`, reason: "" });
    one.tell("a:1", { type: "denied", operation: "subscribe", subject: `other${n}`, reason: "" });
  }
  await one.time.pass(6000);
  assert.deepEqual(one.types(), ["connected"]);
});

Deno.test("link() tells each sent message's fate once, and none of what was not sent", async () => {
  await using one = setup();
  one.receive("s");
  await one.time.until(one.bus.ready);
  const fates = new Map<string, Fate["type"][]>();
  const publish = (subject: string, name: string) => {
    const told: Fate["type"][] = [];
    fates.set(name, told);
    return one.bus.publish(subject, name, undefined, ({ type }) => told.push(type));
  };
  publish("s", "taken");
  publish("nobody", "unroutable");
  await one.time.pass(10);
  one.memory.denied.add("publish d");
  publish("d", "refused");
  await one.time.pass(10);
  assert.equal(publish("d", "denied"), "denied");
  publish("s", "lost with its connection");
  one.memory.kill("a:1");
  assert.equal(publish("s", "no connection"), "disconnected");
  await one.time.pass(1000);
  assert.deepEqual(Object.fromEntries(fates), {
    "taken": ["acknowledged"],
    "unroutable": ["unroutable"],
    "refused": ["refused"],
    "denied": [],
    "lost with its connection": ["unconfirmed"],
    "no connection": [],
  });
});

/** What a test publishes by name, and the fates of each. */
function publisher({ bus }: { bus: Bus }) {
  const fates: Record<string, string[]> = {};
  return {
    fates,
    publish(name: string) {
      const told: string[] = fates[name] = [];
      return bus.publish("s", name, `header of ${name}`, (fate) => told.push(fate.type));
    },
  };
}

Deno.test("link() publishes again what was unconfirmed, in order and first, where it is asked to", async () => {
  await using one = setup(["a:1"], { republish: true });
  const received = one.receive("s");
  const { fates, publish } = publisher(one);
  await one.time.until(one.bus.ready);
  publish("before");
  await one.time.pass(5);
  publish("1");
  publish("2");
  one.memory.kill("a:1");
  assert.equal(publish("meanwhile"), "disconnected");
  await one.time.pass(5000);
  assert.deepEqual(fates["1"], []); // there may still be word of it
  one.memory.failing.clear();
  await one.time.pass(104);
  publish("3");
  await one.time.pass(5);
  assert.deepEqual(received, ["before", "1", "2", "3"]);
  const acknowledged = ["acknowledged"];
  assert.deepEqual(fates, {
    ...{ before: acknowledged, 1: acknowledged, 2: acknowledged, 3: acknowledged },
    meanwhile: [],
  });
  assert.deepEqual(one.types(), ["connected", "disconnected", "reconnected", "republished"]);
  assert.deepEqual(one.of("republished").map(({ count }) => count), [2]);
});

Deno.test("link() leaves what is unconfirmed as it is, where it isn't asked to publish it again", async () => {
  await using one = setup();
  const received = one.receive("s");
  const { fates, publish } = publisher(one);
  await one.time.until(one.bus.ready);
  publish("1");
  one.memory.kill("a:1");
  one.memory.failing.clear();
  await one.time.pass(1000);
  assert.deepEqual([received, fates], [[], { 1: ["unconfirmed"] }]);
});

Deno.test("link() says once that headers are left out", async () => {
  await using one = setup();
  await one.time.until(one.bus.ready);
  for (let n = 0; n < 3; n++) one.tell("a:1", { type: "header left out", reason: "none taken" });
  assert.deepEqual(one.types(), ["connected", "header left out"]);
});

Deno.test("link() dials the servers that a connection named, too", async () => {
  await using one = setup(["a:1"]);
  await one.time.until(one.bus.ready);
  await one.time.pass(1000);
  one.tell("a:1", { type: "servers", servers: ["a:1", "b:2"] });
  one.memory.kill("a:1");
  await one.time.pass(10);
  assert.deepEqual(one.of("reconnected").map(({ server }) => server), ["b:2"]);
});

Deno.test("link() ends while it waits for a server, for an answer, and while it moves", async () => {
  const waiting = setup();
  waiting.memory.failing.set("a:1", absent);
  await waiting.time.pass(1000);
  await waiting[Symbol.asyncDispose]();

  const frozen = setup();
  await frozen.time.until(frozen.bus.ready);
  frozen.memory.frozen.add("a:1");
  await frozen.time.pass(10);
  await frozen[Symbol.asyncDispose]();

  const moving = setup(["a:1", "b:2"]);
  await moving.time.until(moving.bus.ready);
  moving.tell("a:1", { type: "leaving" });
  await moving.time.pass(100);
  assert.equal(moving.memory.connections.size, 2);
  for (const one of moving.memory.connections) Object.assign(one, { drain: () => never });
  const fromMs = moving.nowMs();
  await moving[Symbol.asyncDispose]();
  const tookMs = moving.nowMs() - fromMs;
  assert.ok(tookMs <= 2 * moving.memory.roundTripMs, `${tookMs} ms`);
});

Deno.test("link() dials the next server after a head start, where one doesn't answer", async () => {
  await using one = setup(["a:1", "b:2", "c:3"]);
  one.memory.frozen.add("a:1").add("b:2");
  await one.time.until(one.bus.ready);
  assert.deepEqual(one.tries, [
    { server: "a:1", atMs: 0 },
    { server: "b:2", atMs: 100 },
    { server: "c:3", atMs: 200 },
  ]);
  assert.deepEqual(one.types(), ["connected"]);
});

Deno.test("link() is back at once where a cluster named servers that nobody can reach", async () => {
  await using one = setup(["a:1"]);
  await one.time.until(one.bus.ready);
  await one.time.pass(1000);
  const unreachable = Array.from({ length: 10_000 }, (_, n) => `10.${n >> 8}.${n & 255}.1:1`);
  for (const server of unreachable) one.memory.frozen.add(server);
  one.tell("a:1", { type: "servers", servers: unreachable });
  one.memory.kill("a:1");
  one.tries.length = 0;
  await one.time.pass(3000);
  one.memory.failing.clear();
  await one.time.pass(110);
  assert.equal(one.of("reconnected").length, 1);
  const others = new Set(one.tries.map(({ server }) => server)).size - 1;
  assert.equal(others, 16);
  await one.time.pass(60_000);
  assert.equal(one.memory.connections.size, 1);
});

Deno.test("link() tells of a connection that ended while we were behind in reading", async () => {
  await using one = setup();
  await one.time.pass(100);
  for (const connection of one.memory.connections) connection.reading.behindMs = 1500;
  one.memory.kill("a:1");
  await one.time.pass(50);
  assert.deepEqual(one.types(), ["connected", "unread", "disconnected"]);
  assert.equal(one.of("unread")[0].forMs, 1500);
});

Deno.test("link() tells of what is left unread where it ends itself, and nothing else then", async () => {
  for (const behindMs of [0, 1500]) {
    const one = setup();
    await one.time.pass(100);
    for (const connection of one.memory.connections) connection.reading.behindMs = behindMs;
    await one[Symbol.asyncDispose]();
    assert.deepEqual(one.of("left unread").map(({ forMs }) => forMs), behindMs > 0 ? [1500] : []);
    assert.equal(one.of("unread").length, 0);
  }
});

Deno.test("link() doesn't call unread what a server still had that it left for another one", async () => {
  await using one = setup(["a:1", "b:2"]);
  await one.time.pass(100);
  one.tell("a:1", { type: "leaving" });
  for (const connection of one.memory.connections) connection.reading.behindMs = 1500;
  await one.time.pass(5000);
  assert.deepEqual(one.types(), ["connected", "moved"]);
});

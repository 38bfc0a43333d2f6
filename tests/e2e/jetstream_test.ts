/** What only JetStream has: streams that are made, kept, full, gone or not for us, and where to begin in them. */

import assert from "node:assert/strict";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-deno";
import { BusRefusal, type Message } from "../../lib/bus/bus.ts";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { proxy } from "../support/proxy.ts";
import { openPlace } from "../support/contract_servers.ts";
import { needsJetStream, startJetStream } from "../support/jetstream_server.ts";
import { deadline } from "../support/deadline.ts";
import { Opened } from "../support/opened.ts";

const { ignore } = needsJetStream;
type Values = Record<string, string>;

function open(
  { address }: { address: string },
  values: Values = {},
  subjects?: string[],
): Promise<Opened> {
  return Opened.by((options) =>
    openPlace({ url: `jetstream://${address}`, values: { storage: "memory", ...values } }, {
      ...options,
      subjects,
    })
  );
}

/** Who looks after the server's streams by other means. */
async function manager({ address }: { address: string }) {
  const nc = await connect({ servers: address, reconnect: false });
  const jsm: JetStreamManager = await jetstreamManager(nc);
  return { jsm, nc, [Symbol.asyncDispose]: () => nc.close() };
}

const flags = ({ redelivered = false, replayed = false }: Message) => ({ redelivered, replayed });

/** Why a bus at an address is refused. */
async function refusalAt(address: string, options: { values?: Values; subjects?: string[] }) {
  const opened = new Opened();
  await using bus = await openPlace({ url: `jetstream://${address}`, values: options.values }, {
    ...opened.options,
    subjects: options.subjects ?? ["a"],
  });
  const failed = await deadline(30_000, "refusal", bus.refused.catch((error) => error));
  assert.ok(failed instanceof BusRefusal);
  return failed.message;
}

Deno.test({
  name: "JetStream makes one stream for its subjects, which a second app finds",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using one = await open(server, {}, ["app1_tick", "app2_tick"]);
    await one.event("made");
    await using two = await open(server, {}, ["app2_tick", "app1_tick"]);
    await using admin = await manager(server);
    const streams = [];
    for await (const info of admin.jsm.streams.list()) streams.push(info.config);
    assert.deepEqual(streams.map(({ name, subjects }) => [name, subjects]), [
      ["tick-app1_tick-app2_tick", ["app1_tick", "app2_tick"]],
    ]);
    assert.deepEqual(two.events.items.map(({ type }) => type), ["connected"]);
  },
});

Deno.test({
  name: "JetStream uses a stream that is there as it is",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using admin = await manager(server);
    await admin.jsm.streams.add({ name: "mine", subjects: ["a", "b"], max_msgs: 7 });
    await using opened = await open(server, {}, ["a"]);
    await opened.receive("a");
    opened.publish("1", { subject: "a" });
    await opened.received.reach(1, "message");
    const { config } = await admin.jsm.streams.info("mine");
    assert.deepEqual([config.subjects, config.max_msgs], [["a", "b"], 7]);
  },
});

Deno.test({
  name: "a bare subscriber of core NATS sees what is published on JetStream, header and all",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using opened = await open(server);
    const nc = await connect({ servers: server.address, reconnect: false });
    const subscription = nc.subscribe(opened.subject, { max: 1 });
    await nc.flush();
    opened.publish("1.5", { header: "1; run=abc; seq=7" });
    for await (const message of subscription) {
      assert.equal(message.string(), "1.5");
      assert.equal(message.headers?.get("Tick"), "1; run=abc; seq=7");
    }
    await nc.close();
  },
});

Deno.test({
  name: "--start says where in a stream to begin",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using sender = await open(server);
    const { subject } = sender;
    await sender.receive();
    for (const body of ["1", "2", "3"]) sender.publish(body);
    await sender.received.reach(3, "message");
    for (const [start, wanted] of [["all", "1 2 3 4"], ["last", "3 5"], ["new", "6"]] as const) {
      await using receiver = await open(server, { start });
      await receiver.receive(subject);
      const live = `${sender.sent.length + 1}`;
      sender.publish(live);
      const texts = wanted.split(" ");
      if (start === "last") texts.splice(0, 1, "4");
      await receiver.received.reach(texts.length, "message");
      assert.deepEqual(receiver.texts(), texts, start);
      const replayed = receiver.received.items.map((message) => flags(message).replayed);
      assert.deepEqual(replayed, texts.map((text) => text !== live), start);
    }
  },
});

Deno.test({
  name: "a durable consumer goes on where it left off, and is brought what wasn't acknowledged",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using sender = await open(server);
    const { subject } = sender;
    {
      await using first = await open(server, { durable: "d" });
      first.bus.subscribe(subject, (message) => {
        first.received.push(message);
        if (first.received.items.length === 1) message.ack?.();
      });
      assert.ok(await first.bus.flush(10_000));
      for (const body of ["1", "2"]) sender.publish(body);
      await first.received.reach(2, "message");
      assert.ok(await first.bus.flush(10_000));
    }
    sender.publish("3");
    assert.ok(await sender.bus.flush(10_000));
    await using second = await open(server, { durable: "d" });
    await second.receive(subject);
    await second.received.reach(2, "message");
    assert.deepEqual(second.texts().sort(), ["2", "3"]);
    const of = (text: string) => second.received.items[second.texts().indexOf(text)];
    assert.equal(flags(of("2")).redelivered, true);
    // The server may have given it to the one before, which was gone already: then it is brought again too.
    assert.equal(flags(of("3")).replayed, true);
  },
});

Deno.test({
  name: "a stream that is deleted while it is used is made again, and that is said",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using opened = await open(server);
    await opened.receive();
    await opened.event("made");
    await using admin = await manager(server);
    const from = opened.events.items.length;
    await admin.jsm.streams.delete(`tick-${opened.subject.replace(".", "_")}`);
    await opened.publishUntilReceived();
    await opened.event("made", from);
    assert.ok(opened.fates.items.some(({ fate }) => fate.type === "refused"));
    const faults = opened.events.items.filter((event) => event.type === "fault");
    assert.ok(faults.some(({ reason }) => /stream not found/.test(reason)), JSON.stringify(faults));
  },
});

Deno.test({
  name: "a consumer that is deleted while it is used is made again, and nothing is missed",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using opened = await open(server);
    await opened.receive();
    opened.publish("1");
    await opened.received.reach(1, "message");
    await using admin = await manager(server);
    const stream = `tick-${opened.subject.replace(".", "_")}`;
    for await (const { name } of admin.jsm.consumers.list(stream)) {
      await admin.jsm.consumers.delete(stream, name);
    }
    for (const body of ["2", "3"]) opened.publish(body);
    await opened.received.reach(3, "message");
    assert.deepEqual(opened.texts(), ["1", "2", "3"]);
    await opened.event("fault");
  },
});

Deno.test({
  name: "what is published again is dropped by a server that has it, and counts as acknowledged",
  ignore,
  async fn() {
    await using server = await startJetStream();
    using link = proxy(server.address);
    link.open();
    await using receiver = await open(server, {}, ["a"]);
    await receiver.receive("a");
    await using sender = await open(link, { republish: "true" });
    link.freeze("down"); // what it sends is stored, and it is told nothing of that
    for (const body of ["1", "2", "3"]) sender.publish(body, { subject: "a" });
    await receiver.received.reach(3, "message");
    link.cut();
    link.thaw();
    link.open();
    await sender.fates.reach(3, "fate");
    assert.deepEqual(
      sender.fates.items.map(({ id, fate }) => `${id} ${fate.type}`),
      ["1 acknowledged", "2 acknowledged", "3 acknowledged"],
    );
    const [again] = sender.events.items.filter((event) => event.type === "republished");
    assert.equal(again.count, 3);
    sender.publish("4", { subject: "a" });
    await receiver.received.reach(4, "message");
    assert.deepEqual(receiver.texts(), ["1", "2", "3", "4"]);
  },
});

Deno.test({
  name: "a full stream refuses, in words, once",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using admin = await manager(server);
    const limits = { max_msgs: 2, discard: "new" } as const;
    await admin.jsm.streams.add({ name: "small", subjects: ["a"], ...limits });
    await using opened = await open(server);
    for (const body of ["1", "2", "3", "4"]) opened.publish(body, { subject: "a" });
    await opened.fates.reach(4, "fate");
    assert.deepEqual(opened.fates.items.map(({ fate }) => fate.type), [
      "acknowledged",
      "acknowledged",
      "refused",
      "refused",
    ]);
    const faults = opened.events.items.filter((event) => event.type === "fault");
    assert.deepEqual(faults.map(({ reason }) => reason), [
      "a is not stored: stream full: maximum messages exceeded",
    ]);
  },
});

Deno.test({
  name: "a server without JetStream is named in one line",
  ignore,
  async fn() {
    await using server = await startNatsServer((await findNatsServer())!);
    const message = await refusalAt(server.address, {});
    assert.match(message, /JetStream is off: start it with `nats-server -js`$/);
  },
});

Deno.test({
  name:
    "who may not look for streams publishes and is acknowledged; who may not subscribe is denied",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir();
    const config = `${folder}/server.conf`;
    await Deno.writeTextFile(
      config,
      `jetstream { store_dir: "${folder}/store" }
authorization { users: [
  { user: admin, password: all }
  { user: me, password: some, permissions: {
    publish: { deny: ["$JS.API.>"] } } } ] }`,
    );
    await using server = await startNatsServer((await findNatsServer())!, ["-c", config]);
    const login = { user: "admin", pass: "all" };
    const nc = await connect({ servers: server.address, reconnect: false, ...login });
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name: "mine", subjects: ["a"], storage: "memory" });
    const opened = new Opened();
    const variables = { NATS_USER: "me", NATS_PASSWORD: "some" };
    opened.bus = await openPlace({ url: `jetstream://${server.address}`, variables }, {
      ...opened.options,
      subjects: ["a"],
    });
    await deadline(30_000, "connection", opened.bus.ready);
    opened.publish("1", { subject: "a" });
    await opened.fates.reach(1, "fate");
    assert.equal(opened.fates.items[0].fate.type, "acknowledged");
    opened.bus.subscribe("a", () => {});
    await opened.event("denied");
    await opened[Symbol.asyncDispose]();
    await nc.close();
    await server[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "ticks of a server in memory that is killed are gone, and its stream is made again",
  ignore,
  async fn() {
    await using server = await startJetStream();
    await using opened = await open(server);
    await opened.receive();
    await opened.event("made");
    const from = opened.events.items.length;
    await server.kill();
    await opened.event("disconnected");
    await server.restart();
    await opened.event("made", from);
    await opened.publishUntilReceived();
  },
});

Deno.test({
  name: "nothing is left on the server by an app that has ended",
  ignore,
  async fn() {
    await using server = await startJetStream();
    const stream = await (async () => {
      await using opened = await open(server);
      await opened.receive();
      return `tick-${opened.subject.replace(".", "_")}`;
    })();
    await using admin = await manager(server);
    const names = [];
    for await (const { name } of admin.jsm.consumers.list(stream)) names.push(name);
    assert.deepEqual(names, []);
  },
});

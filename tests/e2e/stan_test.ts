/** What only NATS Streaming has: sessions by client id, clusters by name, and where to begin in what is stored. */

import assert from "node:assert/strict";
import { connect } from "@nats-io/transport-deno";
import { BusRefusal } from "../../lib/bus/bus.ts";
import {
  closeRequest,
  connectRequest,
  readConnectResponse,
} from "../../lib/bus/stan/session_messages.ts";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { openPlace } from "../support/contract_servers.ts";
import { startApp } from "../support/app.ts";
import { deadline } from "../support/deadline.ts";
import { freePort, natsServer } from "../support/nats_server.ts";
import { Opened } from "../support/opened.ts";
import { nextEvent } from "../support/pair.ts";
import { needsStan, startStan } from "../support/stan_server.ts";

interface Place {
  url: string;
}

function open({ url }: Place, name = "test", values: Record<string, string> = {}) {
  return Opened.by((options) => openPlace({ url, values }, { ...options, name }));
}

/** Has the server forget a client, as it does with one that doesn't answer. */
async function forget(address: string, clientId: string) {
  const nc = await connect({ servers: address, reconnect: false });
  const request = connectRequest({
    clientId: "other",
    heartbeatInbox: "_INBOX.other",
    connectionId: new TextEncoder().encode("other"),
    pingIntervalS: 5,
    pingMaxOut: 3,
  });
  const { close } = readConnectResponse((await nc.request("_STAN.discover.tick", request)).data);
  await nc.request(close, closeRequest(clientId));
  await nc.close();
}

Deno.test({
  name: "a client id that is in use is refused in one line",
  ...needsStan,
  async fn() {
    await using server = await startStan();
    await using _one = await open(server);
    const second = new Opened();
    await using bus = await openPlace(server, { ...second.options, name: "test" });
    const error = await deadline(30_000, "refusal", bus.refused.catch((error) => error));
    assert.ok(error instanceof BusRefusal);
    assert.match(error.message, /the client id "test" is in use by another app; --name gives/);
  },
});

Deno.test({
  name: "a server that stands still is told of, also where it has five seconds for an answer",
  ...needsStan,
  async fn() {
    await using server = await startStan();
    await using app = startApp("app1.ts", ["--server", server.url, "--json", "--ping", "5s"]);
    await nextEvent(app, "connected");
    Deno.kill(server.pid, "SIGSTOP");
    await nextEvent(app, "unresponsive");
    Deno.kill(server.pid, "SIGCONT");
  },
});

Deno.test({
  name: "a cluster id that isn't there is named",
  ...needsStan,
  async fn() {
    await using server = await startStan();
    const opened = new Opened();
    await using _bus = await openPlace(
      { url: `stan://${server.address}/tock` },
      opened.options,
    );
    await opened.event("waiting");
    const [waiting] = opened.events.items;
    assert.ok(waiting.type === "waiting");
    assert.equal(waiting.reason, 'no NATS Streaming cluster "tock" answers there');
  },
});

Deno.test({
  name: "a NATS server without NATS Streaming behind it is told apart",
  ignore: needsStan.ignore || await findNatsServer() === undefined,
  async fn() {
    await using server = await startNatsServer(await natsServer());
    const opened = new Opened();
    await using _bus = await openPlace(
      { url: `stan://${server.address}/tick` },
      opened.options,
    );
    await opened.event("waiting");
    const [waiting] = opened.events.items;
    assert.ok(waiting.type === "waiting");
    assert.match(waiting.reason, /^no NATS Streaming cluster "tick" answers there$/);
  },
});

Deno.test({
  name: "a client that the server has forgotten connects and subscribes again, and goes on",
  ...needsStan,
  async fn() {
    await using server = await startStan();
    await using sender = await open(server, "sender");
    await using opened = await open(server);
    await opened.receive(sender.subject);
    sender.publish("1");
    await opened.received.reach(1, "message");
    await forget(server.address, "test");
    sender.publish("2");
    await opened.event("reconnected");
    sender.publish("3");
    await opened.received.reach(3, "message");
    assert.deepEqual(opened.texts(), ["1", "2", "3"]);
    const lost = opened.events.items.find(({ type }) => type === "disconnected")!;
    assert.ok("reason" in lost);
    assert.match(lost.reason!, /^the streaming server no longer knows this client: /);
  },
});

Deno.test({
  name: "--start says where in what is stored to begin",
  ...needsStan,
  async fn() {
    await using server = await startStan();
    await using sender = await open(server, "sender");
    for (const body of ["1", "2", "3"]) sender.publish(body);
    assert.ok(await sender.bus.flush(10_000));
    const wanted = { all: ["1", "2", "3", "4"], last: ["4", "5"], new: ["6"] };
    for (const [start, texts] of Object.entries(wanted)) {
      await using receiver = await open(server, "receiver", { start });
      await receiver.receive(sender.subject);
      const live = `${sender.sent.length + 1}`;
      sender.publish(live);
      await receiver.received.reach(texts.length, "message");
      assert.deepEqual(receiver.texts(), texts, start);
      const replayed = receiver.received.items.map(({ replayed = false }) => replayed);
      assert.deepEqual(replayed, texts.map((text) => text !== live), start);
    }
  },
});

Deno.test({
  name: "a durable subscription goes on where it left off",
  ...needsStan,
  async fn() {
    await using server = await startStan();
    await using sender = await open(server, "sender");
    {
      await using first = await open(server, "test", { durable: "d" });
      await first.receive(sender.subject);
      sender.publish("1");
      await first.received.reach(1, "message");
      assert.ok(await first.bus.flush(10_000));
    }
    sender.publish("2");
    assert.ok(await sender.bus.flush(10_000));
    await using second = await open(server, "test", { durable: "d" });
    await second.receive(sender.subject);
    sender.publish("3");
    await second.received.reach(2, "message");
    assert.deepEqual(second.texts(), ["2", "3"]);
    assert.deepEqual(second.received.items.map(({ replayed = false }) => replayed), [true, false]);
  },
});

Deno.test({
  name:
    "a subscription goes on where it was before the server was killed, where that stores in files",
  ...needsStan,
  async fn() {
    const folder = await Deno.makeTempDir();
    let server = await startStan({ folder });
    await using opened = await open(server);
    await opened.receive();
    opened.publish("1");
    await opened.received.reach(1, "message");
    assert.ok(await opened.bus.flush(10_000));
    const port = Number(server.address.split(":")[1]);
    await server[Symbol.asyncDispose]();
    await opened.event("disconnected");
    server = await startStan({ folder, port });
    await opened.event("reconnected");
    await opened.publishUntilReceived();
    assert.ok(await opened.bus.flush(10_000));
    await opened.received.reach(opened.sent.length, "message");
    assert.deepEqual(opened.texts(), opened.sent);
    const types = new Set(opened.fates.items.map(({ fate }) => fate.type));
    assert.deepEqual([...types], ["acknowledged"]);
    await opened[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "no session is left on the server by an app that has ended",
  ...needsStan,
  async fn() {
    const port = freePort();
    await using server = await startStan({ args: ["-m", String(port)] });
    const clients = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/streaming/clientsz`);
      const { clients } = await answer.json();
      return (clients as { id: string }[]).map(({ id }) => id);
    };
    {
      await using _opened = await open(server);
      assert.deepEqual(await clients(), ["test"]);
    }
    assert.deepEqual(await clients(), []);
  },
});

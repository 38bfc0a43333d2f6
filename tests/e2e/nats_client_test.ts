/** What an app relies on in the NATS client: it holds on the stand-in as on nats-server. */

import assert from "node:assert/strict";
import { connect, errors, headers, type NatsConnection } from "@nats-io/transport-deno";
import { deadline } from "../support/deadline.ts";
import { type CoreServer, testOnEach } from "../support/core_servers.ts";

const PATIENCE_MS = 20_000;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A connection that is closed where a test ends. */
async function client({ address }: CoreServer): Promise<NatsConnection & AsyncDisposable> {
  return await connect({
    servers: address,
    pedantic: true,
    reconnect: false,
    timeout: PATIENCE_MS,
  });
}

testOnEach("connect() finds headers and a limit of 1 MiB", async (server) => {
  await using nc = await client(server);
  assert.equal(nc.info?.headers, true);
  assert.equal(nc.info?.max_payload, 2 ** 20);
});

testOnEach("publish() brings headers and body", async (server) => {
  await using receiver = await client(server);
  await using sender = await client(server);
  const messages = receiver.subscribe("app1_tick", { max: 1 });
  await receiver.flush();
  const sent = headers();
  sent.set("Tick", "1; run=a; seq=5");
  sender.publish("app1_tick", "1795503377.582859", { headers: sent });
  for await (const message of messages) {
    assert.equal(message.subject, "app1_tick");
    assert.equal(message.string(), "1795503377.582859");
    assert.equal(message.headers?.get("Tick"), "1; run=a; seq=5");
  }
});

testOnEach("subscribe() takes wildcards", async (server) => {
  await using nc = await client(server);
  const ofAnyApp = nc.subscribe("*.tick", { max: 2 });
  const ofAll = nc.subscribe("eu.>", { max: 2 });
  for (const subject of ["app1.tick", "eu.app2.tick", "app3.tick", "eu.x"]) nc.publish(subject);
  const subjects = async (messages: typeof ofAll) => {
    const received = [];
    for await (const { subject } of messages) received.push(subject);
    return received;
  };
  assert.deepEqual(await subjects(ofAnyApp), ["app1.tick", "app3.tick"]);
  assert.deepEqual(await subjects(ofAll), ["eu.app2.tick", "eu.x"]);
});

testOnEach("bodies of any bytes arrive unchanged", async (server) => {
  await using nc = await client(server);
  const bodies = [
    Uint8Array.from({ length: 256 }, (_, byte) => byte),
    new TextEncoder().encode("\r\nPING\r\n+OK\r\nMSG a 1 1\r\n"),
    new Uint8Array(),
    Uint8Array.from({ length: 2 ** 20 }, (_, i) => i % 251),
  ];
  const messages = nc.subscribe("body", { max: bodies.length });
  for (const body of bodies) nc.publish("body", body);
  const received = [];
  for await (const { data } of messages) received.push(Uint8Array.from(data));
  assert.deepEqual(received, bodies);
});

testOnEach("10,000 messages arrive, in order", async (server) => {
  await using receiver = await client(server);
  await using sender = await client(server);
  const messages = receiver.subscribe("order", { max: 10_000 });
  await receiver.flush();
  for (let n = 0; n < 10_000; n++) sender.publish("order", String(n));
  const received = [];
  for await (const { data } of messages) received.push(text(data));
  assert.deepEqual(received, Array.from({ length: 10_000 }, (_, n) => String(n)));
});

testOnEach("flush() resolves once what was published is passed on", async (server) => {
  await using nc = await client(server);
  let received = 0;
  nc.subscribe("mine", { callback: () => void received++ });
  for (let n = 0; n < 100; n++) nc.publish("mine");
  await nc.flush();
  assert.equal(received, 100);
});

testOnEach("unsubscribe(max) ends a subscription after so many", async (server) => {
  await using nc = await client(server);
  const messages = nc.subscribe("some");
  messages.unsubscribe(3);
  for (let n = 0; n < 5; n++) nc.publish("some", String(n));
  const received = [];
  for await (const message of messages) received.push(message.string());
  assert.deepEqual(received, ["0", "1", "2"]);
});

testOnEach("a request without responders is refused at once", async (server) => {
  await using nc = await client(server);
  await assert.rejects(
    nc.request("nobody", "", { timeout: PATIENCE_MS }),
    (error) => error instanceof errors.RequestError && error.isNoResponders(),
  );
});

testOnEach("a request is answered", async (server) => {
  await using responder = await client(server);
  await using nc = await client(server);
  responder.subscribe("double", {
    callback: (_error, message) => void message.respond(message.string().repeat(2)),
  });
  await responder.flush();
  assert.equal((await nc.request("double", "ab", { timeout: PATIENCE_MS })).string(), "abab");
});

testOnEach("an empty token in a subject is reported", async (server) => {
  await using nc = await client(server);
  const reported = (async () => {
    for await (const status of nc.status()) {
      if (status.type === "error") return status.error.message;
    }
  })();
  nc.publish("app1..tick");
  assert.match((await deadline(PATIENCE_MS, "report", reported))!, /Invalid Publish Subject/);
  await nc.flush();
});

testOnEach("drain() leaves nothing behind, and closes", async (server) => {
  await using receiver = await client(server);
  const sender = await client(server);
  let received = 0;
  receiver.subscribe("last", { callback: () => void received++ });
  await receiver.flush();
  for (let n = 0; n < 1000; n++) sender.publish("last");
  await sender.drain();
  assert.equal(await sender.closed(), undefined);
  await receiver.flush();
  assert.equal(received, 1000);
});

testOnEach("close() ends without an error", async (server) => {
  const nc = await client(server);
  await nc.close();
  assert.equal(await nc.closed(), undefined);
  assert.ok(nc.isClosed());
});

testOnEach("without its server a client that doesn't reconnect has closed", async (server) => {
  await using nc = await client(server);
  await server[Symbol.asyncDispose]();
  await deadline(PATIENCE_MS, "end", nc.closed());
  assert.ok(nc.isClosed());
});

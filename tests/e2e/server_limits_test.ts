/** What a server allows: headers, the length of a message, connections, and what it says when it is more. */

import assert from "node:assert/strict";
import type { BusEvent, Message } from "../../lib/bus/bus.ts";
import { configured } from "../support/authentication.ts";
import { connectNats } from "../support/bus.ts";
import { deadline } from "../support/deadline.ts";
import { answerPings, fakeServer, greeting } from "../support/fake_server.ts";
import { Log } from "../support/log.ts";
import { needsNatsServer } from "../support/nats_server.ts";

const BODY = "1795503377.582859";
const HEADER = "1; run=a1b2c3d4; seq=0";

function open(address: string) {
  const events = new Log<BusEvent>();
  const received = new Log<Message>();
  const bus = connectNats({
    servers: [address],
    name: "test",
    onEvent: (event) => events.push(event),
  });
  bus.subscribe("a", (message) => received.push(message));
  return {
    bus,
    events,
    received,
    event: (type: BusEvent["type"]) => events.find(type, (event) => event.type === type),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

const texts = ({ items }: Log<Message>) =>
  items.map(({ body, header }) => [new TextDecoder().decode(body), header]);

Deno.test(
  "publish() sends the body alone where the server takes no headers, and says so once",
  needsNatsServer,
  async () => {
    await using server = await configured("no_header_support: true");
    await using one = open(server.address);
    await deadline(10_000, "connection", one.bus.ready);
    for (let n = 0; n < 3; n++) assert.equal(one.bus.publish("a", BODY, HEADER), "sent");
    await one.received.reach(3, "messages");
    assert.deepEqual(texts(one.received), Array(3).fill([BODY, undefined]));
    const said = one.events.items.slice(1);
    assert.deepEqual(said, [{ type: "header left out", reason: "the server takes no headers" }]);
  },
);

Deno.test(
  "publish() sends the body alone where the header would make it too large",
  needsNatsServer,
  async () => {
    await using server = await configured("max_payload: 40");
    await using one = open(server.address);
    await deadline(10_000, "connection", one.bus.ready);
    assert.equal(one.bus.publish("a", BODY, "1"), "sent");
    for (let n = 0; n < 2; n++) assert.equal(one.bus.publish("a", BODY, HEADER), "sent");
    await one.received.reach(3, "messages");
    assert.deepEqual(texts(one.received), [[BODY, "1"], [BODY, undefined], [BODY, undefined]]);
    assert.deepEqual(one.events.items.map(({ type }) => type), ["connected", "header left out"]);
  },
);

Deno.test(
  "publish() leaves the header out at just the length that the server refuses",
  needsNatsServer,
  async () => {
    // NATS/1.0, "Tick: 1", an empty line: 10 + 9 + 2 bytes, and 17 of the body.
    for (const [limit, header] of [[38, "1"], [37, undefined]] as const) {
      await using server = await configured(`max_payload: ${limit}`);
      await using one = open(server.address);
      await deadline(10_000, "connection", one.bus.ready);
      assert.equal(one.bus.publish("a", BODY, "1"), "sent");
      await one.received.reach(1, "message");
      assert.deepEqual(texts(one.received), [[BODY, header]]);
    }
  },
);

Deno.test(
  "publish() says that a body is too large, and throws nothing",
  needsNatsServer,
  async () => {
    await using server = await configured("max_payload: 10");
    await using one = open(server.address);
    await deadline(10_000, "connection", one.bus.ready);
    for (let n = 0; n < 3; n++) assert.equal(one.bus.publish("a", BODY, HEADER), "too large");
    assert.equal(one.bus.publish("a", "0", HEADER), "sent");
    await one.received.reach(1, "message");
    assert.deepEqual(texts(one.received), [["0", undefined]]);
  },
);

Deno.test("connectNats() leaves aside what a cluster names that is no address", async () => {
  const connect_urls = ["", "a b:1", "http://a:1", "[::1", "127.0.0.1:65536", 5, null];
  using server = fakeServer(async (client) => {
    await client.write(greeting({ connect_urls }));
    if (!await client.reads("PING\r\n")) return;
    await client.write("PONG\r\n");
    if (client.nth > 0) await answerPings(client);
  });
  await using one = open(server.address);
  await one.event("reconnected");
  assert.deepEqual(
    one.events.items.map(({ type }) => type),
    ["connected", "disconnected", "reconnected"],
  );
});

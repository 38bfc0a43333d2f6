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

function open(address: string, user?: string) {
  const events = new Log<BusEvent>();
  const received = new Log<Message>();
  const bus = connectNats({
    servers: [address],
    name: "test",
    ...(user && { credentials: { kind: "password", from: "", user, password: "secret" } }),
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

const ACCOUNT = (limits: string) =>
  `accounts { A { users = [ { user: me, password: secret } ], limits { ${limits} } } }`;

/** Publishes until the server was seen to take one in this form. */
async function publishUntil(one: ReturnType<typeof open>, header: string | undefined) {
  for (let n = 0;; n++) {
    const from = one.received.items.length;
    if (one.bus.publish("a", BODY, HEADER) === "sent") await one.bus.flush(1000);
    if (one.received.items.slice(from).some((message) => message.header === header)) return;
    assert.ok(n < 1000, `none after ${JSON.stringify(one.events.items)}`);
    await one.event("connected");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (
  const [what, before, after, renewals] of [
    ["a length that a reload allows no more", "max_payload: 1000", "max_payload: 40", 1],
    ["a length that an account isn't allowed", ACCOUNT("max_payload: 40"), undefined, 0],
  ] as const
) {
  Deno.test(`publish() goes on with the body alone after ${what}`, needsNatsServer, async () => {
    await using server = await configured(before);
    await using one = open(server.address, before.includes("user") ? "me" : undefined);
    await deadline(10_000, "connection", one.bus.ready);
    if (after !== undefined) {
      await publishUntil(one, HEADER);
      await server.reload(after);
    }
    await publishUntil(one, undefined);
    for (let n = 0; n < 20; n++) {
      assert.equal(one.bus.publish("a", BODY, HEADER), "sent");
      assert.equal(await one.bus.flush(1000), true);
    }
    const types = one.events.items.map(({ type }) => type);
    assert.equal(types.filter((type) => type === "reconnected").length, renewals, String(types));
    assert.equal(types.filter((type) => type === "header left out").length, 1, String(types));
    for (const event of one.events.items) {
      if (event.type === "disconnected") assert.match(event.reason ?? "", /maximum payload/i);
    }
  });
}

Deno.test(
  "subscribe() says that the server allows no more of them, in its words",
  needsNatsServer,
  async () => {
    await using server = await configured(ACCOUNT("max_subscriptions: 1"));
    await using one = open(server.address, "me");
    await deadline(10_000, "connection", one.bus.ready);
    one.bus.subscribe("b", () => {});
    const denied = one.events.items[await one.event("denied")];
    assert.deepEqual(denied, {
      type: "denied",
      operation: "subscribe",
      subject: "b",
      reason: "maximum subscriptions exceeded",
    });
  },
);

for (
  const [what, config] of [
    ["the server", "max_connections: 1"],
    ["an account", ACCOUNT("max_connections: 1")],
  ]
) {
  Deno.test(
    `connectNats() waits where ${what} allows no more connections, and says so`,
    needsNatsServer,
    async () => {
      await using server = await configured(config);
      const user = config.includes("user") ? "me" : undefined;
      const first = open(server.address, user);
      await deadline(10_000, "connection", first.bus.ready);
      await using second = open(server.address, user);
      const waiting = second.events.items[await second.event("waiting")];
      assert.match(
        waiting.type === "waiting" ? waiting.reason : "",
        /^maximum .*connections exceeded/,
      );
      await first[Symbol.asyncDispose]();
      await second.event("connected");
    },
  );
}

Deno.test("connectNats() quotes a server that gave up waiting for a login, and tries on", async () => {
  using server = fakeServer(async (client) => {
    await client.write(greeting({ auth_required: true }));
    await client.reads("CONNECT ");
    if (client.nth === 0) return await client.write("-ERR 'Authentication Timeout'\r\n");
    await client.reads("PING\r\n");
    await client.write("PONG\r\n");
    await answerPings(client);
  });
  await using one = open(server.address);
  await one.event("connected");
  const [waiting] = one.events.items;
  assert.match(waiting.type === "waiting" ? waiting.reason : "", /authentication timeout/i);
});

Deno.test("connectNats() comes back ever less often to a server that hangs up on it each time", async () => {
  const atMs: number[] = [];
  using server = fakeServer(async (client) => {
    atMs.push(performance.now());
    await client.write(greeting());
    await client.reads("PING\r\n");
    await client.write("PONG\r\n-ERR 'no'\r\n");
  });
  await using one = open(server.address);
  await one.events.find(
    "fourth",
    () => one.events.items.filter(({ type }) => /connected/.test(type)).length >= 8,
  );
  // 250, 500 and 1000 ms apart, and whatever the machine takes on top.
  for (const [n, leastMs] of [[1, 240], [2, 490], [3, 990]]) {
    assert.ok(atMs[n] - atMs[n - 1] > leastMs, `${atMs}`);
  }
});

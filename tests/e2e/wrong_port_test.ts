/** What is no NATS server at a port is called by its name, and what a NATS server is late with is not. */

import assert from "node:assert/strict";
import type { BusEvent } from "../../lib/bus/bus.ts";
import { startNatsServer } from "../../lib/demo/nats_server.ts";
import { configured } from "../support/authentication.ts";
import { connectNats } from "../support/bus.ts";
import { certificates } from "../support/certificates.ts";
import { answerPings, fakeServer, greeting } from "../support/fake_server.ts";
import { Log } from "../support/log.ts";
import { freePort, natsServer, needsNatsServer, needsRun } from "../support/nats_server.ts";

function open(address: string) {
  const events = new Log<BusEvent>();
  const onEvent = (event: BusEvent) => events.push(event);
  const bus = connectNats({ servers: [address], name: "test", onEvent });
  return { bus, events };
}

/** The first reason that is given for waiting. */
async function reasonAt(address: string): Promise<string> {
  const { bus, events } = open(address);
  await using _bus = bus;
  await events.reach(1, "event");
  const [event] = events.items;
  assert.equal(event.type, "waiting");
  return event.type === "waiting" ? event.reason : "";
}

Deno.test("a web server at the port is called one", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(),
  );
  await using _server = { [Symbol.asyncDispose]: () => server.shutdown() };
  assert.match(await reasonAt(`127.0.0.1:${server.addr.port}`), /^it speaks HTTP, not NATS/);
});

Deno.test("RabbitMQ at the port is called AMQP", async () => {
  using server = fakeServer(async (client) => {
    await client.reads("\r\n");
    await client.write("AMQP\0\0\x09\x01");
  });
  assert.match(await reasonAt(server.address), /^it speaks AMQP, not NATS/);
});

Deno.test("a server that speaks TLS alone is called that", needsRun, async () => {
  const made = await certificates();
  const [cert, key] = ["address.pem", "address.key"].map((name) =>
    Deno.readTextFileSync(made.path(name))
  );
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const accepting = (async () => {
    for (let n = 0; n < 10; n++) {
      const connection = await listener.accept().catch(() => undefined);
      if (!connection) return;
      connection.handshake().catch(() => {}).finally(() => connection.close());
    }
  })();
  assert.match(await reasonAt(`127.0.0.1:${listener.addr.port}`), /^it speaks TLS/);
  listener.close();
  await accepting.catch(() => {});
});

Deno.test("a nats-server's monitoring port is called HTTP", needsNatsServer, async () => {
  const port = freePort();
  await using _server = await startNatsServer(await natsServer(), ["-m", String(port)]);
  assert.match(await reasonAt(`127.0.0.1:${port}`), /monitoring/);
});

Deno.test("a nats-server's WebSocket port is called HTTP", needsNatsServer, async () => {
  const port = freePort();
  await using _server = await configured(
    `websocket { listen: "127.0.0.1:${port}", no_tls: true }`,
  );
  assert.match(await reasonAt(`127.0.0.1:${port}`), /WebSocket/);
});

Deno.test("a NATS server that greets late is let greet, and called nothing", async () => {
  let asked = "";
  using server = fakeServer(async (client) => {
    if (client.nth > 0) return await client.reads("GET ") && (asked = "GET");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await client.write(greeting());
    await client.reads("PING\r\n");
    await client.write("PONG\r\n");
    await answerPings(client);
  });
  const { bus, events } = open(server.address);
  await using _bus = bus;
  await events.find("connection", ({ type }) => type === "connected");
  assert.equal(asked, "GET");
  assert.doesNotMatch(JSON.stringify(events.items), /speaks/);
});

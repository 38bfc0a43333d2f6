/** What the transport makes of servers that are none, or misbehave: an error that says so, and no socket left. */

import { connect, type ConnectionOptions, type NatsConnection } from "@nats-io/transport-deno";
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { createServer } from "node:tls";
import { TlsSocket } from "../../lib/jsr/transport-deno/tls_socket.ts";
import { certificates } from "../support/certificates.ts";
import { deadline } from "../support/deadline.ts";
import { answerPings, type Client, fakeServer, greeting, letIn } from "../support/fake_server.ts";
import { needsRun } from "../support/nats_server.ts";

function connecting(
  servers: string | string[],
  options: ConnectionOptions & { onRead?: (bytes: number) => void } = {},
): Promise<NatsConnection> {
  const connected = connect({ servers, reconnect: false, noRandomize: true, ...options });
  return deadline(10_000, "connection", connected);
}

/** Lets the client in, and then behaves like this until the client has gone. */
function afterLogin(behave: (client: Client) => Promise<unknown>, about = {}) {
  return fakeServer(async (client) => {
    if (!await client.write(greeting(about)) || !await client.reads("PING\r\n")) return;
    await client.write("PONG\r\n");
    await behave(client);
    await client.drain();
  });
}

for (
  const [what, first, said] of [
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", /it speaks HTTP, not NATS: "HTTP\/1.1 400 Bad/],
    ["AMQP", "AMQP\0\0\t\x01", /it speaks AMQP, not NATS: "AMQP/],
    ["TLS", "\x15\x03\x01\0\x02\x02\x46", /it speaks TLS, not NATS: "\\u0015/],
    ["SSH", "SSH-2.0-OpenSSH_9.2p1\r\n", /it speaks SSH, not NATS: "SSH-2.0/],
    ["something else", "+OK hello\r\n", /it doesn't greet as NATS does: "\+OK hello"/],
    ["no JSON object", "INFO 5\r\n", /its greeting can't be read/],
    ["an endless greeting", `INFO {${" ".repeat(300_000)}`, /its greeting is longer than 262144/],
  ] as const
) {
  Deno.test(`connect() says what a server is that begins with ${what}`, async () => {
    using server = fakeServer(async ({ write, drain }) => {
      await write(first);
      await drain();
    });
    await assert.rejects(connecting(server.address), said);
    while (server.open > 0) await new Promise((resolve) => setTimeout(resolve));
  });
}

Deno.test("connect() goes on to the next server where one hangs up on the login", async () => {
  using first = fakeServer(async ({ write, reads }) => {
    await write(greeting());
    await reads("CONNECT ");
  });
  using second = afterLogin(answerPings);
  const nc = await connecting([first.address, second.address]);
  assert.equal(nc.getServer(), second.address);
  assert.equal(nc.isClosed(), false);
  await nc.close();
});

Deno.test("connect() to several servers at once reads of each what that one says", async () => {
  using stack = new DisposableStack();
  const names = ["one", "two", "three"];
  const servers = names.map((server_name) => stack.use(afterLogin(answerPings, { server_name })));
  const connections = await Promise.all(servers.map(({ address }) => connecting(address)));
  assert.deepEqual(connections.map(({ info }) => info?.server_name), names);
  for (const nc of connections) await nc.close();
});

Deno.test("connect() says what a server said before it hung up", async () => {
  using server = fakeServer(async ({ write, reads }) => {
    await write(greeting());
    await reads("PING\r\n");
    await write("-ERR 'maximum connections exceeded'\r\n");
  });
  await assert.rejects(connecting(server.address), /maximum connections exceeded/);
});

Deno.test("connect() leaves no socket where it takes too long", async () => {
  using server = fakeServer(({ drain }) => drain());
  await assert.rejects(connecting(server.address, { timeout: 50 }), /timeout/);
  while (server.open > 0) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(server.connections, 1);
});

for (const [what, tls] of [["that the server asks", undefined], ["that we ask", {}]] as const) {
  Deno.test(`connect() leaves no socket where the handshake ${what} for takes too long`, async () => {
    using server = fakeServer(async ({ write, drain }) => {
      await write(greeting({ tls_required: true }));
      await drain();
    });
    await assert.rejects(connecting(server.address, { timeout: 50, tls }), /timeout/);
    while (server.open > 0) await new Promise((resolve) => setTimeout(resolve));
  });
}

Deno.test("a connection that is lost is made again, past a server that hangs up on the login", async () => {
  const tries = Promise.withResolvers<void>();
  using server = fakeServer(async (client) => {
    if (client.nth === 2) tries.resolve();
    if (client.nth === 1) return await client.write(greeting());
    if (!await letIn(client)) return;
    if (client.nth > 1) await answerPings(client);
  });
  const nc = await connecting(server.address, {
    reconnect: true,
    reconnectTimeWait: 1,
    reconnectJitter: 0,
    timeout: 60_000,
  });
  nc.subscribe("a", { callback() {} });
  await deadline(10_000, "third connection", tries.promise);
  await nc.flush();
  await nc.close();
});

Deno.test("a connection that is made again reads its own server, whichever was dialled since", async () => {
  const again = Promise.withResolvers<void>();
  using lost = fakeServer(async (client) => {
    await client.write(greeting({ server_name: "lost" }));
    if (client.nth > 0) {
      again.resolve();
      return await answerPings(client);
    }
    await client.reads("PING\r\n");
    await client.write("PONG\r\n");
    await client.reads("PUB ");
  });
  using other = afterLogin(answerPings, { server_name: "other" });
  const first = await connecting(lost.address, {
    ...{ reconnect: true, reconnectTimeWait: 1, reconnectJitter: 0 },
  });
  const second = await connecting(other.address);
  first.publish("a");
  await deadline(10_000, "second connection", again.promise);
  await deadline(10_000, "answer", Promise.all([first.flush(), second.flush()]));
  assert.deepEqual([first, second].map(({ info }) => info?.server_name), ["lost", "other"]);
  await Promise.all([first.close(), second.close()]);
});

for (
  const [what, sent, said] of [
    ["a line without end", `MSG ${"a".repeat(300_000)}`, /a line longer than 262144 bytes/],
    ["an INFO without end", `INFO {"a":"${"a".repeat(300_000)}`, /a line longer than 262144/],
    ["a broken INFO", "INFO {\r\n", /a broken INFO/],
    ["an unknown verb", "HELLO\r\n", /what isn't NATS/],
    ["a length that is none", "MSG a 1 -1\r\n\r\n", /what isn't NATS: "a 1 -1"/],
    ["101 PINGs", "PING\r\n".repeat(101), /more than 100 PINGs a second/],
  ] as const
) {
  Deno.test(`a connection that brings ${what} ends, and says so`, async () => {
    using server = afterLogin(async ({ write, reads }) => {
      await reads("PING\r\n");
      await write("PONG\r\n");
      await write(sent);
    });
    const nc = await connecting(server.address);
    const told: string[] = [];
    (async () => {
      for await (const status of nc.status()) {
        if (status.type === "error") told.push(status.error.message);
      }
    })();
    nc.flush().catch(() => {}); // ends with the connection
    const error = await deadline(10_000, "end", nc.closed());
    assert.match((error as Error).message, said);
    assert.equal(told.length, 1);
    assert.match(told[0], said);
  });
}

Deno.test("connect() fails where what lets us in goes on with what can't be read", async () => {
  using server = fakeServer(async ({ write, reads, drain }) => {
    await write(greeting());
    await reads("PING\r\n");
    await write("PONG\r\nHELLO\r\n");
    await drain();
  });
  await assert.rejects(connecting(server.address), /what isn't NATS/);
  while (server.open > 0) await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("a message that comes in a thousand pieces is put together, and the next one is read", async () => {
  const body = "x".repeat(1_000_000);
  using server = fakeServer(async (client) => {
    if (!await letIn(client)) return;
    const answering = answerPings(client);
    await client.write(`MSG a 1 ${body.length}\r\n`);
    for (let at = 0; at < body.length; at += 1000) await client.write(body.slice(at, at + 1000));
    await client.write("\r\nMSG a 1 1\r\ny\r\n");
    await answering;
  });
  const nc = await connecting(server.address);
  const received: number[] = [];
  for await (const { data } of nc.subscribe("a", { max: 2 })) received.push(data.length);
  assert.deepEqual(received, [1_000_000, 1]);
  await nc.close();
});

Deno.test("messages that wait in an iterator stay as they were", async () => {
  using server = fakeServer(async (client) => {
    if (!await letIn(client)) return;
    const answering = answerPings(client);
    for (let n = 0; n < 100; n++) {
      await client.write(`MSG a 1 2\r\n${String(n).padStart(2, "0")}\r\n`);
    }
    await answering;
  });
  const nc = await connecting(server.address);
  const subscription = nc.subscribe("a", { max: 100 });
  await nc.flush();
  while (subscription.getReceived() < 100) await nc.flush();
  let next = 0;
  for await (const message of subscription) assert.equal(Number(message.string()), next++);
  assert.equal(next, 100);
  await nc.close();
});

Deno.test("a server that reads nothing and hangs up leaves no error behind", async () => {
  using server = afterLogin(() => new Promise((resolve) => setTimeout(resolve, 50)));
  const nc = await connecting(server.address);
  const flood = setInterval(() => {
    for (let n = 0; n < 100 && !nc.isClosed(); n++) nc.publish("a", "x".repeat(1000));
  });
  server[Symbol.dispose]();
  await deadline(10_000, "end", nc.closed());
  clearInterval(flood);
});

const FLOOD = `MSG a 1 100\r\n${"x".repeat(100)}\r\n`;

/** 32 KB of it, and the rest of what one more turn begins with. */
const MOST_IN_ONE_TURN = 1.5 * 32_768 / FLOOD.length;

/** 64 KB of what is encrypted, twice: Deno has one such read under way. */
const MOST_IN_ONE_READ = 2 * 65_536;

/** How many messages of a flood are taken in one turn at most. */
async function mostInOneTurn(nc: NatsConnection): Promise<number> {
  let taken = 0;
  nc.subscribe("a", { callback: () => void taken++ });
  let most = 0;
  for (let before = 0; taken < 100_000; before = taken) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    most = Math.max(most, taken - before);
  }
  await nc.close();
  return most;
}

Deno.test("connect() lets others have their turn after 32 KB of a flood", async () => {
  using server = afterLogin(async (client) => {
    if (!await client.reads("SUB ")) return;
    const piece = FLOOD.repeat(10_000);
    while (await client.write(piece));
  });
  const most = await mostInOneTurn(await connecting(server.address));
  assert.ok(most <= MOST_IN_ONE_TURN, `${most} messages in one turn`);
});

Deno.test(
  "connect() lets others have their turn after 32 KB of a flood by TLS",
  needsRun,
  async () => {
    const made = await certificates();
    const [cert, key] = ["address.pem", "address.key"].map((name) =>
      Deno.readTextFileSync(made.path(name))
    );
    const piece = FLOOD.repeat(10_000);
    const server = createServer({ cert, key }, (socket) => {
      const flood = () => socket.writable && socket.write(piece, flood);
      socket.on("error", () => {});
      socket.write(greeting({ tls_required: true }));
      socket.on("data", (data) => {
        if (String(data).includes("PING")) socket.write("PONG\r\n");
        if (String(data).includes("SUB")) flood();
      });
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const { port } = server.address() as { port: number };
    const tls = { handshakeFirst: true, caFile: made.path("ca.pem") };
    let mostBytes = 0;
    const onRead = (bytes: number) => void (mostBytes = Math.max(mostBytes, bytes));
    const most = await mostInOneTurn(await connecting(`127.0.0.1:${port}`, { tls, onRead }));
    assert.ok(most <= MOST_IN_ONE_TURN, `${most} messages in one turn`);
    // What comes while a read is taken in stays with the system.
    assert.ok(mostBytes <= MOST_IN_ONE_READ, `${mostBytes} bytes in one read`);
    server.close();
  },
);

Deno.test("a handshake that is given up before it begins leaves no error behind", async () => {
  const gone = Promise.withResolvers<void>();
  using server = fakeServer(async (client) => {
    await client.reads("what never comes");
    gone.resolve();
  });
  const [hostname, port] = server.address.split(":");
  const { signal } = new AbortController();
  const socket = await TlsSocket.dial({ hostname, port: Number(port) }, { signal });
  const reason = new Error("given up");
  await assert.rejects(socket.upgrade({}, hostname, AbortSignal.abort(reason)), reason);
  await gone.promise;
  // A rejection that nobody handles ends this whole file.
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
});

Deno.test("connect() takes nothing that a server says in clear beyond its greeting", async () => {
  using server = fakeServer(async ({ write, drain }) => {
    await write(`${greeting({ tls_required: true })}MSG a 1 1\r\nx\r\n`);
    await drain();
  });
  await assert.rejects(connecting(server.address), /says more in clear than its greeting/);
});

Deno.test("connect() says that a certificate of ours is wanted, without TLS being asked for", async () => {
  using server = fakeServer(async ({ write, drain }) => {
    await write(greeting({ tls_required: true, tls_verify: true }));
    await drain();
  });
  await assert.rejects(connecting(server.address), { code: "ERR_CLIENT_CERT_WANTED" });
});

Deno.test("connect() leaves the socket that it was told to use TLS on", async () => {
  using server = fakeServer(async ({ nth, write, drain }) => {
    await write(greeting({ tls_required: nth === 0 }));
    if (nth === 0) await drain();
  });
  await assert.rejects(connecting(server.address), /does not support 'tls'/);
  while (server.open > 0) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(server.connections, 2);
});

Deno.test("connect() begins in TLS where the handshake is to come first", needsRun, async () => {
  const made = await certificates();
  const [cert, key] = ["address.pem", "address.key"].map((name) =>
    Deno.readTextFileSync(made.path(name))
  );
  const server = createServer({ cert, key }, (socket) => {
    socket.on("error", () => {});
    socket.write(greeting({ tls_required: true }));
    socket.on("data", (data) => String(data).includes("PING") && socket.write("PONG\r\n"));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as { port: number };
  const tls = { handshakeFirst: true, caFile: made.path("ca.pem") };
  const nc = await connecting(`127.0.0.1:${port}`, { tls });
  await nc.flush();
  await nc.close();
  await assert.rejects(
    connecting(`127.0.0.1:${port}`, { tls: { handshakeFirst: true } }),
    { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
  );
  server.close();
});

import assert from "node:assert/strict";
import { type Bus, type BusEvent, BusRefusal, type Message } from "../../lib/bus/bus.ts";
import { connectNats, type NatsOptions } from "../support/bus.ts";
import { type Broker, testOnEach } from "../support/nats_server.ts";
import { deadline } from "../support/deadline.ts";
import { Log } from "../support/log.ts";
import { type Proxy, proxy } from "../support/proxy.ts";

interface Opened extends AsyncDisposable {
  bus: Bus;
  events: Log<BusEvent>;
  /** Waits for the next event of this type; returns its index. */
  event(type: BusEvent["type"], from?: number): Promise<number>;
  /** Subscribes, and logs what arrives. */
  receive(subject: string): Log<Message>;
}

function open(server: string, options: Partial<NatsOptions> = {}): Opened {
  const events = new Log<BusEvent>();
  const onEvent = (event: BusEvent) => events.push(event);
  const bus = connectNats({ servers: [server], name: "test", onEvent, ...options });
  return {
    bus,
    events,
    event: (type, from = 0) => events.find(type, (event) => event.type === type, { from }),
    receive(subject) {
      const received = new Log<Message>();
      bus.subscribe(subject, (message) => received.push(message));
      return received;
    },
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

/** Two connected buses, and a subject of their own. */
async function two(server: Broker, address = server.address) {
  const [a, b] = [open(address), open(server.address)];
  await Promise.all([a.event("connected"), b.event("connected")]);
  return { a, b, subject: server.subject("a") };
}

const text = ({ body }: Message) => new TextDecoder().decode(body);
const isText = (wanted: string) => (message: Message) => text(message) === wanted;
const flush = (bus: Bus) => deadline(60_000, "flush", bus.flush(60_000));

/** A server that says what it is told to whoever connects; each connection's CONNECT is logged. */
function fakeServer(answer: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const connects = new Log<Record<string, unknown>>();
  async function serve(connection: Deno.TcpConn) {
    try {
      const info = {
        server_id: "x",
        version: "2.9.10",
        proto: 1,
        headers: true,
        max_payload: 1024,
      };
      await connection.write(new TextEncoder().encode(`INFO ${JSON.stringify(info)}\r\n`));
      const buffer = new Uint8Array(4096);
      const length = await connection.read(buffer) ?? 0;
      const [, said] =
        /^CONNECT (.*)\r\n/.exec(new TextDecoder().decode(buffer.subarray(0, length))) ??
          [];
      if (said) connects.push(JSON.parse(said));
      await connection.write(new TextEncoder().encode(answer));
      while (await connection.read(buffer) !== null);
    } catch {
      /* it has hung up */
    } finally {
      connection.close();
    }
  }
  (async () => {
    for await (const connection of listener) serve(connection);
  })();
  return {
    address: `127.0.0.1:${port}`,
    connects,
    [Symbol.dispose]: () => listener.close(),
  };
}

testOnEach("connectNats() takes nothing before it is connected", async (broker) => {
  await using server = await broker();
  await using a = open(server.address);
  assert.equal(a.bus.publish(server.subject("a"), "1"), "disconnected");
  await a.event("connected");
  assert.equal(a.bus.publish(server.subject("a"), "1"), "sent");
});

testOnEach("connectNats() is ready once it is connected", async (broker) => {
  await using server = await broker();
  await using a = open(server.address);
  await deadline(10_000, "being ready", a.bus.ready);
  assert.equal(a.events.items[0].type, "connected");
});

testOnEach("publish() brings body and header to a subscriber", async (broker) => {
  await using server = await broker();
  const { a, b, subject } = await two(server);
  await using _a = a, _b = b;
  const received = b.receive(subject);
  await flush(b.bus);
  a.bus.publish(subject, "1795503377.582859", "1; run=a; seq=0");
  await received.reach(1, "message");
  const [message] = received.items;
  assert.equal(message.subject, subject);
  assert.equal(text(message), "1795503377.582859");
  assert.equal(message.header, "1; run=a; seq=0");
});

testOnEach("subscribe() gives no header where there is none", async (broker) => {
  await using server = await broker();
  const { a, b, subject } = await two(server);
  await using _a = a, _b = b;
  const received = b.receive(subject);
  await flush(b.bus);
  a.bus.publish(subject, "1");
  await received.reach(1, "message");
  assert.equal(received.items[0].header, undefined);
});

testOnEach("subscribe() before the connection holds once it is there", async (broker) => {
  await using server = await broker();
  await using a = open(server.address);
  const received = a.receive(server.subject("a"));
  await a.event("connected");
  a.bus.publish(server.subject("a"), "1");
  await received.reach(1, "message");
});

testOnEach("subscribe() takes wildcards, and says which subject it was", async (broker) => {
  await using server = await broker();
  const { a, b } = await two(server);
  await using _a = a, _b = b;
  const received = b.receive(server.subject("*"));
  await flush(b.bus);
  a.bus.publish(server.subject("one"), "1");
  a.bus.publish(server.subject("two"), "2");
  await received.reach(2, "messages");
  const subjects = received.items.map(({ subject }) => subject);
  assert.deepEqual(subjects, [server.subject("one"), server.subject("two")]);
});

testOnEach("subscribe() calls back no more once it is disposed of", async (broker) => {
  await using server = await broker();
  await using a = open(server.address);
  await a.event("connected");
  const subject = server.subject("a");
  const received: string[] = [];
  const subscription = a.bus.subscribe(subject, (message) => received.push(text(message)));
  const other = a.receive(subject);
  a.bus.publish(subject, "1");
  await other.find("first message", isText("1"));
  subscription[Symbol.dispose]();
  a.bus.publish(subject, "2");
  await other.find("second message", isText("2"));
  await flush(a.bus);
  assert.deepEqual(received, ["1"]);
});

testOnEach("subscribe() survives a callback that throws", async (broker) => {
  await using server = await broker();
  await using a = open(server.address);
  await a.event("connected");
  const subject = server.subject("a");
  const received = new Log<string>();
  a.bus.subscribe(subject, (message) => {
    received.push(text(message));
    if (text(message) === "1") throw new Error("on purpose");
  });
  a.bus.publish(subject, "1");
  a.bus.publish(subject, "2");
  await received.reach(2, "messages");
  const fault = a.events.items[await a.event("fault")];
  assert.equal(fault.type === "fault" && fault.reason, "on purpose");
});

testOnEach("flush() says that all is with the server", async (broker) => {
  await using server = await broker();
  const { a, b, subject } = await two(server);
  await using _b = b;
  const received = b.receive(subject);
  await flush(b.bus);
  {
    await using _a = a;
    for (let message = 0; message < 5_000; message++) a.bus.publish(subject, String(message));
    assert.equal(await flush(a.bus), true);
  }
  await received.reach(5_000, "messages");
  assert.deepEqual(received.items.map(text), Array.from({ length: 5_000 }, (_, i) => String(i)));
});

Deno.test("flush() is false where there is no connection", async () => {
  await using a = open("127.0.0.1:1");
  assert.equal(await a.bus.flush(10_000), false);
});

testOnEach("flush() is false where the server doesn't answer in time", async (broker) => {
  await using server = await broker();
  using link = proxy(server.address);
  link.open();
  await using a = open(link.address);
  await a.event("connected");
  link.freeze();
  assert.equal(await deadline(10_000, "answer", a.bus.flush(20)), false);
});

testOnEach("connectNats() says once that no server answers, and goes on trying", async (broker) => {
  await using server = await broker();
  using link = proxy(server.address);
  await using a = open(link.address);
  await a.event("waiting");
  // Five more tries at the least, by the listener that hangs up on each.
  using deaf = Deno.listen({ hostname: "127.0.0.1", port: Number(link.address.split(":")[1]) });
  for (let tries = 0; tries < 5; tries++) {
    (await deadline(10_000, "try to connect", deaf.accept())).close();
  }
  deaf.close();
  link.open();
  await a.event("connected");
  const reasons = a.events.items.flatMap((event) => event.type === "waiting" ? [event.reason] : []);
  assert.equal(new Set(reasons).size, reasons.length, `said twice: ${reasons}`);
});

/** A bus behind a link, another that isn't, and what the first one receives. */
async function linked(server: Broker, link: Proxy) {
  link.open();
  const { a, b, subject } = await two(server, link.address);
  const received = a.receive(subject);
  await flush(a.bus);
  return { a, b, subject, received };
}

testOnEach("connectNats() connects again, with its subscriptions", async (broker) => {
  await using server = await broker();
  using link = proxy(server.address);
  const { a, b, subject, received } = await linked(server, link);
  await using _a = a, _b = b;
  for (let round = 0; round < 3; round++) {
    const from = a.events.items.length;
    link.cut();
    await a.event("disconnected", from);
    link.open();
    await a.event("reconnected", from);
    await flush(a.bus);
    b.bus.publish(subject, String(round));
    await received.find("message", isText(String(round)));
  }
});

testOnEach("connectNats() goes on trying however long it takes", async (broker) => {
  await using server = await broker();
  using link = proxy(server.address);
  const { a, b } = await linked(server, link);
  await using _a = a, _b = b;
  link.cut();
  await a.event("disconnected");
  // The client's own default is to give up after ten tries.
  const deaf = Deno.listen({ hostname: "127.0.0.1", port: Number(link.address.split(":")[1]) });
  for (let tries = 0; tries < 15; tries++) {
    (await deadline(10_000, "try to connect", deaf.accept())).close();
  }
  deaf.close();
  link.open();
  await a.event("reconnected");
});

testOnEach("publish() takes nothing while the connection is lost", async (broker) => {
  await using server = await broker();
  using link = proxy(server.address);
  const { a, b, subject } = await linked(server, link);
  await using _a = a, _b = b;
  link.cut();
  await a.event("disconnected");
  assert.equal(a.bus.publish(subject, "1"), "disconnected");
  link.open();
  await a.event("reconnected");
  assert.equal(a.bus.publish(subject, "2"), "sent");
});

testOnEach("publish() floods nothing out once the connection is back", async (broker) => {
  await using server = await broker();
  using link = proxy(server.address);
  const { a, b, subject } = await linked(server, link);
  await using _a = a, _b = b;
  const received = b.receive(subject);
  await flush(b.bus);
  link.cut();
  await a.event("disconnected");
  for (let message = 0; message < 100; message++) a.bus.publish(subject, "old");
  link.open();
  await a.event("reconnected");
  a.bus.publish(subject, "new");
  await received.reach(1, "message");
  assert.equal(text(received.items[0]), "new");
});

Deno.test("connectNats() ends while it waits for a server", async () => {
  const a = open("127.0.0.1:1");
  await a.event("waiting");
  await deadline(10_000, "end", a.bus[Symbol.asyncDispose]());
});

testOnEach("connectNats() ends while the server is frozen", async (broker) => {
  await using server = await broker();
  using link = proxy(server.address);
  const { a, b } = await linked(server, link);
  await using _b = b;
  link.freeze();
  await deadline(10_000, "end", a.bus[Symbol.asyncDispose]());
});

Deno.test("connectNats() tells the server its name, and wants to receive of mistakes", async () => {
  using server = fakeServer("PONG\r\n");
  await using _a = open(server.address, { name: "left" });
  await server.connects.reach(1, "CONNECT");
  const { name, pedantic, headers } = server.connects.items[0];
  assert.deepEqual({ name, pedantic, headers }, { name: "left", pedantic: true, headers: true });
});

Deno.test("connectNats() never talks in clear where it is to use TLS", async () => {
  using server = fakeServer("PONG\r\n");
  await using a = open(server.address, { tls: true });
  await assert.rejects(deadline(10_000, "refusal", a.bus.refused), /does not speak TLS/);
  assert.deepEqual(server.connects.items, []);
});

Deno.test("connectNats() gives up where the server refuses it", async () => {
  using server = fakeServer("-ERR 'Authorization Violation'\r\n");
  await using a = open(server.address);
  await assert.rejects(deadline(10_000, "refusal", a.bus.refused), BusRefusal);
});

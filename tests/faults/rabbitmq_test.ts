/** What RabbitMQ does to us, and we to it: permissions, what is deleted, what is full, what is kept. One broker for all. */

import assert from "node:assert/strict";
import { Connection as Client } from "rabbitmq-client";
import { type BusEvent, BusRefusal } from "../../lib/bus/bus.ts";
import { type App, startApp } from "../support/app.ts";
import { certificates } from "../support/certificates.ts";
import { openPlace } from "../support/contract_servers.ts";
import { deadline } from "../support/deadline.ts";
import { Opened, textOf } from "../support/opened.ts";
import { isTick, summaryOf } from "../support/pair.ts";
import { needsRabbitMq, type RabbitMqServer, startRabbitMq } from "../support/rabbitmq_server.ts";

const PASSWORD = "right-secret";
const user = (name: string) => ({ name, password: name === "guest" ? "guest" : PASSWORD });
/** A queue that the server names, which is to be made, bound and received from. */
const OWN = "^amq\\.gen";

const DEFINITIONS = {
  users: ["guest", "reader", "writer", "topical", "stranger"].map(user),
  vhosts: ["/", "ticks"],
  permissions: [
    ["guest", "/", ".*", ".*", ".*"],
    ["guest", "ticks", ".*", ".*", ".*"],
    ["reader", "/", `^tick$|${OWN}`, OWN, ".*"],
    ["writer", "/", ".*", ".*", "^$"],
    ["topical", "/", ".*", ".*", ".*"],
    ["stranger", "ticks", "^$", "^$", ".*"],
  ] as [string, string, string, string, string][],
  topics: [["topical", "/", "tick", "^allowed\\.", ".*"]] as [
    string,
    string,
    string,
    string,
    string,
  ][],
};

interface Bench {
  server: RabbitMqServer;
  /** Opens a bus as this user, with these options. */
  open(as: string, values?: Record<string, string>, vhost?: string): Promise<Opened>;
  /** Runs something on a client with all rights. */
  admin(work: (client: Client) => Promise<unknown>): Promise<void>;
}

function benchOf(server: RabbitMqServer): Bench {
  return {
    server,
    open: (as, values = {}, vhost = "") =>
      Opened.by((options) =>
        openPlace({
          url: `amqp://${server.address}/${vhost}`,
          values,
          variables: { RABBITMQ_USER: as, RABBITMQ_PASSWORD: user(as).password },
        }, options)
      ),
    async admin(work) {
      const client = new Client({ url: `amqp://guest:guest@${server.address}` });
      try {
        await work(client);
      } finally {
        await client.close();
      }
    },
  };
}

/** Why it is denied. */
async function denial(opened: Opened, operation: string): Promise<BusEvent & { type: "denied" }> {
  const isIt = (event: BusEvent) => event.type === "denied" && event.operation === operation;
  return opened.events.items[await opened.events.find("denial", isIt)] as never;
}

/** Waits until a fault is told of, in these words. */
function fault(opened: Opened, words: RegExp): Promise<number> {
  return opened.events.find(
    `${words}`,
    (event) => event.type === "fault" && words.test(event.reason),
  );
}

const STEPS: Record<string, (bench: Bench) => Promise<void>> = {
  async "who may not publish is told so, receives all the same, and is allowed again"(
    { open, server },
  ) {
    await using reader = await open("reader");
    await using guest = await open("guest");
    await reader.receive();
    reader.publish("a");
    const { subject, reason } = await denial(reader, "publish");
    assert.equal(subject, reader.subject);
    assert.match(reason!, /ACCESS_REFUSED - access to exchange 'tick'/);
    assert.equal(reader.publish("b"), "denied");
    guest.publish("c", { subject: reader.subject });
    await reader.received.reach(1, "message");
    assert.deepEqual(reader.texts(), ["c"]);
    await server.control("set_permissions", "-p", "/", "reader", ".*", ".*", ".*");
    await reader.publishUntilReceived();
    await reader.event("allowed");
  },

  async "who may not subscribe is told so, and publishes all the same"({ open }) {
    await using writer = await open("writer");
    await using guest = await open("guest");
    await guest.receive(writer.subject);
    await writer.receive();
    const { subject, reason } = await denial(writer, "subscribe");
    assert.equal(subject, writer.subject);
    assert.match(reason!, /ACCESS_REFUSED - access to exchange 'tick'/);
    assert.equal(writer.publish("a"), "sent");
    await guest.received.reach(1, "message");
  },

  async "a subject that isn't ours is denied alone"({ open }) {
    await using topical = await open("topical", { durable: "topical" });
    await topical.receive("allowed.a");
    topical.publish("a", { subject: "denied.a" });
    const { subject, reason } = await denial(topical, "publish");
    assert.equal(subject, "denied.a");
    assert.match(reason!, /access to topic 'denied\.a' in exchange 'tick'/);
    await topical.fates.reach(1, "fate");
    assert.equal(topical.fates.items[0].fate.type, "refused");
    await until(() => topical.publish("b", { subject: "allowed.a" }) === "sent");
    await topical.received.reach(1, "message");
  },

  async "an exchange that isn't there, and that we may not make, is a refusal"({ server }) {
    const url = `amqp://${server.address}/ticks`;
    const variables = { RABBITMQ_USER: "stranger", RABBITMQ_PASSWORD: PASSWORD };
    await using bus = await openPlace({ url, variables }, new Opened().options);
    await assert.rejects(deadline(30_000, "refusal", bus.refused), (error: Error) => {
      assert.ok(error instanceof BusRefusal);
      assert.match(error.message, /no exchange "tick", and not allowed to create it: ACCESS_/);
      return true;
    });
  },

  async "an exchange of another type is a refusal"({ server }) {
    const place = { url: `amqp://${server.address}`, values: { exchange: "amq.direct" } };
    await using bus = await openPlace(place, new Opened().options);
    const refused = deadline(30_000, "refusal", bus.refused);
    await assert.rejects(refused, /the exchange "amq.direct" is of type direct, not topic/);
  },

  async "a topic exchange that others have made is used as it is"({ open, admin }) {
    await admin((client) =>
      client.exchangeDeclare({ exchange: "theirs", type: "topic", durable: false })
    );
    await using guest = await open("guest", { exchange: "theirs" });
    await guest.receive();
    guest.publish("a");
    await guest.received.reach(1, "message");
  },

  async "a queue that is deleted is made again, and it is said"({ open, admin }) {
    await using guest = await open("guest", { durable: "deleted" });
    await guest.receive();
    await admin((client) => client.queueDelete({ queue: `deleted.${guest.subject}` }));
    await fault(guest, /^the queue "deleted\.test\..*" was deleted; recreating it$/);
    await guest.publishUntilReceived();
  },

  async "an exchange that is deleted is made again, and it is said"({ open, admin }) {
    await using guest = await open("guest", { exchange: "deleted" });
    await guest.receive();
    await admin((client) => client.exchangeDelete({ exchange: "deleted" }));
    await guest.publishUntilReceived();
    await fault(guest, /'deleted'.*recreating it$|"deleted" was deleted; recreating it$/);
  },

  async "an exchange that is deleted and made again by others is bound to again"({ open, admin }) {
    await using sender = await open("guest", { exchange: "replaced" });
    await using receiver = await open("guest", { exchange: "replaced" });
    await receiver.receive(sender.subject);
    await admin(async (client) => {
      await client.exchangeDelete({ exchange: "replaced" });
      await client.exchangeDeclare({ exchange: "replaced", type: "topic", durable: true });
    });
    const arrived = receiver.received.reach(1, "message");
    const timer = setInterval(() => sender.publish("a"), 10);
    await arrived.finally(() => clearInterval(timer));
  },

  async "what no queue is bound for is unroutable, and what a full one doesn't take is refused"(
    { open, admin },
  ) {
    await using guest = await open("guest", { durable: "full" });
    guest.publish("nobody");
    assert.ok(await guest.bus.flush(10_000));
    await admin(async (client) => {
      await client.queueDeclare({
        queue: "small",
        durable: true,
        arguments: { "x-max-length": 1, "x-overflow": "reject-publish" },
      });
      await client.queueBind({ queue: "small", exchange: "tick", routingKey: guest.subject });
    });
    guest.publish("first");
    assert.ok(await guest.bus.flush(10_000));
    for (let sent = 0; sent < 50; sent++) guest.publish("more");
    await guest.bus.flush(10_000);
    await guest.fates.reach(52, "fate");
    const types = guest.fates.items.map(({ fate }) => fate.type);
    assert.deepEqual(types.slice(0, 2), ["unroutable", "acknowledged"]);
    assert.equal(types.at(-1), "refused");
    await admin((client) => client.queueDelete({ queue: "small" }));
  },

  async "what comes while we are away is kept, and resumed with or begun anew"({ open, admin }) {
    await using sender = await open("guest", { durable: "sender" });
    const { subject } = sender;
    const names = ["resumes", "begins"];
    for (const durable of names) {
      await using away = await open("guest", { durable });
      await away.receive(subject);
    }
    // The server forgets a consumer a moment after its connection has ended, and would send to it until then.
    for (const name of names) {
      await admin(async (client) => {
        while (
          (await client.queueDeclare({ queue: `${name}.${subject}`, passive: true }))
            .consumerCount > 0
        );
      });
    }
    for (const body of ["a", "b"]) sender.publish(body);
    assert.ok(await sender.bus.flush(10_000));
    await using resumes = await open("guest", { durable: "resumes" });
    await using begins = await open("guest", { durable: "begins", start: "new" });
    for (const opened of [resumes, begins]) await opened.receive(subject);
    sender.publish("c");
    await resumes.received.reach(3, "message");
    await begins.received.reach(1, "message");
    assert.deepEqual(resumes.received.items.map((message) => [textOf(message), message.replayed]), [
      ["a", true],
      ["b", true],
      ["c", undefined],
    ]);
    assert.deepEqual(begins.texts(), ["c"]);
  },

  async "what wasn't acknowledged comes again, and is told of"({ open }) {
    await using sender = await open("guest", { durable: "sender" });
    const { subject } = sender;
    {
      await using careless = await open("guest", { durable: "careless" });
      const received = Promise.withResolvers<void>();
      careless.bus.subscribe(subject, () => received.resolve());
      assert.ok(await careless.bus.flush(10_000));
      sender.publish("a");
      await deadline(30_000, "message", received.promise);
    }
    await using again = await open("guest", { durable: "careless" });
    await again.receive(subject);
    await again.received.reach(1, "message");
    assert.equal(again.received.items[0].redelivered, true);
  },

  async "a second one of the same name stands by, and takes over"({ open }) {
    await using sender = await open("guest", { durable: "sender" });
    const { subject } = sender;
    await using second = await open("guest", { durable: "shared" });
    {
      await using first = await open("guest", { durable: "shared" });
      await first.receive(subject);
      await second.receive(subject);
      await fault(second, /the queue "shared\.test\..*" has another consumer/);
      for (const body of ["a", "b"]) sender.publish(body);
      await first.received.reach(2, "message");
    }
    sender.publish("c");
    await second.received.reach(1, "message");
    assert.equal(second.texts().at(-1), "c");
  },

  async "a connection that the server closes is told of with why, and both are made again"(
    { open, server },
  ) {
    await using guest = await open("guest");
    await guest.receive();
    await server.control("close_all_connections", "--vhost", "/", "maintenance");
    const at = await guest.event("disconnected");
    const { reason } = guest.events.items[at] as BusEvent & { type: "disconnected" };
    assert.match(reason!, /^CONNECTION_FORCED - maintenance$/);
    await guest.event("reconnected");
    await guest.publishUntilReceived();
  },

  async "TLS and its absence are told apart"({ server }) {
    const opened = new Opened();
    const inClear = { url: `amqp://${server.tlsAddress}` };
    await using _bus = await openPlace(inClear, opened.options);
    const waiting = opened.events.items[await opened.event("waiting")];
    assert.match(
      (waiting as BusEvent & { type: "waiting" }).reason,
      /speaks TLS|hangs up|connection reset/,
    );
    const place = { url: `amqps://${server.address}` };
    await using refused = await openPlace(place, new Opened().options);
    await assert.rejects(deadline(30_000, "refusal", refused.refused), /does not speak TLS/);
  },

  async "the apps exchange ticks, and count the same"({ server }) {
    const args = ["--server", `amqp://${server.address}`, "--json", "--count", "100"];
    await using app1 = startApp("app1.ts", args);
    await using app2 = startApp("app2.ts", [...args, "--durable", "app2"]);
    const codes = await Promise.all([app1.ended(), app2.ended()]);
    assert.deepEqual(codes, [0, 0], [app1, app2].map(errors).join("\n"));
    for (const app of [app1, app2]) {
      assert.equal(summaryOf(app).schedule.sent, 100);
      assert.ok(app.out.items.some(isTick));
    }
  },

  async "a wrong password is a line, and exit code 2"({ server }) {
    const env = { RABBITMQ_USER: "reader", RABBITMQ_PASSWORD: "wrong-secret" };
    // A broker that takes its time is not said to be away.
    const args = ["--server", `amqp://${server.address}`, "--dial-timeout", "30s"];
    await using app = startApp("app1.ts", args, { env });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, errors(app));
    assert.match(errors(app), /^app1: cannot connect to the RabbitMQ server at .*ACCESS_REFUSED/);
    assert.doesNotMatch(errors(app), /secret/);
  },
};

const errors = ({ err }: App) => err.items.map(({ text }) => text).join("\n");

/** Tries every few milliseconds, for a channel that is closed is opened again in a moment. */
async function until(succeeds: () => boolean) {
  const done = Promise.withResolvers<void>();
  const timer = setInterval(() => succeeds() && done.resolve(), 5);
  await deadline(30_000, "success", done.promise).finally(() => clearInterval(timer));
}

Deno.test({
  name: "RabbitMQ's own faults",
  ...needsRabbitMq,
  async fn(step) {
    const made = await certificates();
    const { path } = made;
    await using server = await startRabbitMq({
      definitions: DEFINITIONS,
      tls: { ca: path("ca.pem"), cert: path("address.pem"), key: path("address.key") },
    });
    const bench = benchOf(server);
    for (const [name, check] of Object.entries(STEPS)) await step.step(name, () => check(bench));
  },
});

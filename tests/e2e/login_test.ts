/** The locked-down configuration in tests/support/locked.conf: each app may do its own part, and nobody anything else. */

import assert from "node:assert/strict";
import type { BusEvent } from "../../lib/bus/bus.ts";
import type { Credentials } from "../../lib/bus/nats/credentials.ts";
import { connectNats } from "../support/bus.ts";
import { permissionsOf, startApp } from "../support/app.ts";
import { needsNatsServer } from "../support/nats_server.ts";
import { deadline } from "../support/deadline.ts";
import { configured, lines, lockedConfig, startApp1 } from "../support/authentication.ts";
import { Log } from "../support/log.ts";

const passwords: Record<string, string> = { app1: "right-one", app2: "right-two" };

function login(user: string): Credentials {
  return { kind: "password", from: "the test", user, password: passwords[user] };
}

/** A bus to the server as one of the two users, and what it tells. */
function open(server: string, user: string) {
  const events = new Log<BusEvent>();
  const bus = connectNats({
    servers: [server],
    name: "test",
    credentials: login(user),
    onEvent: (event) => events.push(event),
  });
  return {
    bus,
    events,
    denied: (subject: string, from = 0) =>
      events.find(
        `denial of ${subject}`,
        (event) => event.type === "denied" && event.subject === subject,
        { from },
      ),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  };
}

Deno.test("the locked server lets app1 and app2 exchange ticks", needsNatsServer, async () => {
  await using server = await configured(await lockedConfig());
  const start = (name: "app1" | "app2") =>
    startApp(`${name}.ts`, ["--server", server.address], {
      permissions: permissionsOf(name),
      env: { NATS_USER: name, NATS_PASSWORD: passwords[name] },
    });
  await using one = start("app1");
  await using two = start("app2");
  await Promise.all([one, two].map(({ out }) => out.reach(20, "dt lines")));
  for (const app of [one, two]) app.kill("SIGTERM");
  assert.deepEqual(await Promise.all([one.ended(), two.ended()]), [0, 0], lines(one.err));
  assert.doesNotMatch(lines(one.err) + lines(two.err), /denies|fault/);
});

for (
  const [what, env] of [
    ["no credentials", {}],
    ["a wrong password", { NATS_USER: "app1", NATS_PASSWORD: "right-two" }],
    ["an unknown user", { NATS_USER: "admin", NATS_PASSWORD: "right-one" }],
    ["the system account's usual user", { NATS_USER: "admin", NATS_PASSWORD: "s3cr3t!" }],
    ["a token", { NATS_TOKEN: "right-one" }],
  ] as const
) {
  Deno.test(`the locked server gives nothing to ${what}`, needsNatsServer, async () => {
    await using server = await configured(await lockedConfig());
    await using app = startApp1(["--server", server.address], { env });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, lines(app.err));
    assert.equal(app.out.items.length, 0);
  });
}

for (const subject of [">", "*", "$SYS.>", "$JS.API.>", "_INBOX.>", "app1_tick", "app2_tick.>"]) {
  Deno.test(`the locked server denies app1 to receive ${subject}`, needsNatsServer, async () => {
    await using server = await configured(await lockedConfig());
    await using app = open(server.address, "app1");
    await app.bus.ready;
    const received: string[] = [];
    app.bus.subscribe(subject, ({ subject }) => received.push(subject));
    await app.denied(subject);
    app.bus.publish("app1_tick", "1");
    await deadline(60_000, "flush", app.bus.flush(60_000));
    assert.deepEqual(received, []);
  });
}

for (
  const subject of ["app2_tick", "$SYS.REQ.SERVER.PING", "$JS.API.INFO", "_INBOX.a", "app1_tick.a"]
) {
  Deno.test(`the locked server denies app1 to publish ${subject}`, needsNatsServer, async () => {
    await using server = await configured(await lockedConfig());
    await using app = open(server.address, "app1");
    await app.bus.ready;
    app.bus.publish(subject, "1");
    await app.denied(subject);
    assert.equal(app.bus.publish(subject, "2"), "denied");
    assert.equal(app.bus.publish("app1_tick", "3"), "sent");
  });
}

Deno.test(
  "app1 with app2's credentials says what is denied, and counts it",
  needsNatsServer,
  async () => {
    await using server = await configured(await lockedConfig());
    await using peer = open(server.address, "app1");
    const received: string[] = [];
    peer.bus.subscribe("app2_tick", ({ subject }) => received.push(subject));
    await peer.bus.ready;
    const env = { NATS_USER: "app2", NATS_PASSWORD: passwords.app2 };
    const args = ["--server", server.address, "--duration", "5s", "--json"];
    await using app = startApp1(args, { env });
    assert.equal(await app.ended(), 1);
    const said = lines(app.err).split("\n").filter((line) => line.includes("not allowed to"));
    assert.equal(said.length, 2, lines(app.err));
    const { schedule } = JSON.parse(app.out.items.at(-1)!.text);
    const { slots, sent, unsent, skipped } = schedule;
    assert.equal(slots, sent + unsent + skipped, JSON.stringify(schedule));
    // But for what was under way before the server said no.
    assert.ok(unsent > 0, JSON.stringify(schedule));
    assert.deepEqual(received, []);
  },
);

Deno.test(
  "a denied publish and subscribe work again once they are allowed",
  needsNatsServer,
  async () => {
    const config = await lockedConfig();
    const strict = config.replace(
      `publish: ["app1_tick"], subscribe: ["app2_tick"]`,
      "publish: [a], subscribe: [b]",
    );
    assert.notEqual(strict, config);
    await using server = await configured(strict);
    await using one = open(server.address, "app1");
    await using two = open(server.address, "app2");
    await Promise.all([one.bus.ready, two.bus.ready]);
    const received = { one: new Log<string>(), two: new Log<string>() };
    one.bus.subscribe("app2_tick", () => received.one.push("tick"));
    two.bus.subscribe("app1_tick", () => received.two.push("tick"));
    one.bus.publish("app1_tick", "1");
    await Promise.all([one.denied("app1_tick"), one.denied("app2_tick")]);
    await server.reload(config);
    const sending = setInterval(() => {
      one.bus.publish("app1_tick", "1");
      two.bus.publish("app2_tick", "1");
    }, 10);
    try {
      await Promise.all([
        received.one.reach(1, "tick at one"),
        received.two.reach(1, "tick at two"),
      ]);
      for (const operation of ["publish", "subscribe"]) {
        await one.events.find(
          `${operation} allowed`,
          (event) => event.type === "allowed" && event.operation === operation,
        );
      }
    } finally {
      clearInterval(sending);
    }
    const denials = one.events.items.filter(({ type }) => type === "denied");
    assert.equal(denials.length, 2, JSON.stringify(one.events.items));
  },
);

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readCredentials } from "../../lib/bus/rabbitmq/credentials.ts";
import { foreignText } from "../../lib/bus/rabbitmq/greeting.ts";
import { messageOf } from "../../lib/bus/rabbitmq/message.ts";
import { failureOf } from "../../lib/bus/rabbitmq/refusal.ts";
import { storeOptionsOf } from "../../lib/bus/store_options.ts";
import { BusRefusal } from "../../lib/bus/bus.ts";
import { ServerSaid } from "../../lib/bus/driver.ts";

const text = (body: Uint8Array) => new TextDecoder().decode(body);

Deno.test("messageOf() takes over bytes as they are, out of a larger buffer too", () => {
  const body = Buffer.from([9, 0, 255, 10, 9]).subarray(1, 4);
  const message = messageOf({ routingKey: "a", body }, "Tick");
  assert.deepEqual(message, {
    subject: "a",
    body: new Uint8Array([0, 255, 10]),
    arrived: undefined,
  });
});

Deno.test("messageOf() gives a text and JSON back as the bytes they were", () => {
  assert.equal(text(messageOf({ routingKey: "a", body: "1.5" }, "Tick").body), "1.5");
  assert.equal(text(messageOf({ routingKey: "a", body: 1.5 }, "Tick").body), "1.5");
});

Deno.test("messageOf() tells of a header that is no text", () => {
  const of = (value: unknown) =>
    messageOf({ routingKey: "a", body: "", headers: { Tick: value } }, "Tick");
  assert.equal(of("1; seq=2").header, "1; seq=2");
  assert.equal(of(5).headerFault, "broken header");
  assert.equal(of(undefined).headerFault, undefined);
});

for (
  const [first, named] of [
    ['INFO {"s', /^it speaks NATS, not AMQP$/],
    ["HTTP/1.1", /^it speaks HTTP, not AMQP$/],
    ["SSH-2.0-", /^it speaks SSH, not AMQP$/],
    ["\x15\x03\x03\x00\x02", /^it speaks TLS, not AMQP$/],
    ["220 host", /doesn't greet as RabbitMQ does: "220 host"/],
  ] as const
) {
  Deno.test(`foreignText() names what begins with ${JSON.stringify(first)}`, () => {
    assert.match(foreignText(new TextEncoder().encode(first))!, named);
  });
}

Deno.test("foreignText() leaves AMQP to the client", () => {
  assert.equal(foreignText(new Uint8Array([1, 0, 0, 0, 0, 1, 200])), undefined);
  assert.equal(foreignText(new TextEncoder().encode("AMQP\0\0\x09\x01")), undefined);
});

const SHOWN = { user: "me", given: true, vhost: "ticks", tls: false };
const failed = (code: string, message: string) => Object.assign(new Error(message), { code });

for (
  const [what, error, kind, words] of [
    [
      "a wrong password",
      failed(
        "ACCESS_REFUSED",
        "undefined: ACCESS_REFUSED - Login was refused. For details, the log",
      ),
      BusRefusal,
      /^ACCESS_REFUSED - Login was refused; it rejects the credentials from RABBITMQ_USER/,
    ],
    [
      "a virtual host that isn't there",
      failed("NOT_ALLOWED", "ConnectionOpen: NOT_ALLOWED - vhost ticks not found"),
      BusRefusal,
      /^it has no virtual host "ticks"$/,
    ],
    [
      "a virtual host of others",
      failed("NOT_ALLOWED", "ConnectionOpen: NOT_ALLOWED - access to vhost 'ticks' refused"),
      BusRefusal,
      /^the user "me" has no access to the virtual host "ticks"/,
    ],
    [
      "a server that isn't up yet",
      failed("INTERNAL_ERROR", "ConnectionOpen: INTERNAL_ERROR - vhost 'ticks' is down"),
      ServerSaid,
      /^INTERNAL_ERROR - vhost 'ticks' is down$/,
    ],
    ["nobody there", failed("ECONNREFUSED", "connect ECONNREFUSED"), Error, /^connection refused$/],
    ["one that hangs up", failed("CONN_CLOSE", "socket closed"), Error, /^it hangs up$/],
  ] as const
) {
  Deno.test(`failureOf() puts in words ${what}`, () => {
    const failure = failureOf(error, SHOWN);
    assert.equal(failure.constructor, kind);
    assert.match(failure.message, words);
  });
}

Deno.test("failureOf() asks for credentials where none were given", () => {
  const error = failed("ACCESS_REFUSED", "undefined: ACCESS_REFUSED - Login was refused");
  assert.match(
    failureOf(error, { ...SHOWN, given: false }).message,
    /it requires credentials: RABBIT/,
  );
});

Deno.test("readCredentials() takes both or none", () => {
  const from = (variables: Record<string, string>) => readCredentials((name) => variables[name]);
  assert.deepEqual(from({}), { user: "guest", password: "guest", given: false });
  assert.deepEqual(from({ RABBITMQ_USER: "a", RABBITMQ_PASSWORD: "b" }), {
    user: "a",
    password: "b",
    given: true,
  });
  assert.throws(() => from({ RABBITMQ_USER: "a" }), /RABBITMQ_PASSWORD is not/);
  assert.throws(() => from({ RABBITMQ_PASSWORD: "secret" }), /^UsageError: (?!.*secret)/);
});

Deno.test("storeOptionsOf() resumes by default where there is something to resume", () => {
  assert.deepEqual(storeOptionsOf({}), { durable: undefined, start: "new" });
  assert.deepEqual(storeOptionsOf({ durable: "a" }), { durable: "a", start: "resume" });
  assert.deepEqual(storeOptionsOf({ durable: "a", start: "all" }), { durable: "a", start: "all" });
  assert.throws(() => storeOptionsOf({ start: "resume" }), /needs --durable NAME/);
  assert.throws(() => storeOptionsOf({ start: "there" }), /"there"; expected new, last, all/);
  assert.throws(() => storeOptionsOf({ durable: "a b" }), /1 to 64 letters/);
});

import assert from "node:assert/strict";
import { readAddress } from "../../lib/bus/rabbitmq/address.ts";
import { checkSubject, patternOf } from "../../lib/bus/rabbitmq/subject.ts";

for (
  const [written, servers, path = "/"] of [
    ["amqp://localhost", ["localhost:5672"]],
    ["amqp://localhost/", ["localhost:5672"]],
    ["AMQP://127.0.0.1:5673", ["127.0.0.1:5673"]],
    ["amqp://a/ticks", ["a:5672"], "ticks"],
    ["amqp://a/%2F", ["a:5672"], "/"],
    ["amqp://a/a%2cb", ["a:5672"], "a,b"],
    ["amqp://[::1]:7", ["[::1]:7"]],
    ["amqp://a, b:7", ["a:5672", "b:7"]],
    ["amqp://a/ticks,amqp://b:7/ticks", ["a:5672", "b:7"], "ticks"],
    ["amqp://a,amqp://b:7/ticks", ["a:5672", "b:7"], "ticks"],
  ] as const
) {
  Deno.test(`readAddress() reads ${written}`, () => {
    assert.deepEqual(readAddress(written), { servers, tls: false, path });
  });
}

Deno.test("readAddress() has another port by TLS, and insists on it for all", () => {
  const read = readAddress("amqp://a,amqps://b,amqps://c:7");
  assert.deepEqual(read, { servers: ["a:5672", "b:5671", "c:7"], tls: true, path: "/" });
});

for (
  const written of [
    "amqp://",
    "amqp://a,",
    "amqp://a:0",
    "amqp://a:65536",
    "amqp://a:port",
    "amqp://a/b/c",
    "amqp://a/b?heartbeat=1",
    "amqp://a/%",
    `amqp://a/${"v".repeat(256)}`,
    "amqp://a/x,amqp://b/y",
    "amqp://[::g]",
    "amqp://a b",
    "http://a",
  ]
) {
  Deno.test(`readAddress() refuses ${written.slice(0, 40)}`, () => {
    assert.throws(() => readAddress(written), SyntaxError);
  });
}

Deno.test("readAddress() refuses credentials without a word of them", () => {
  for (const written of ["amqp://me:secret@a", "amqp://me:sec,secret@a", "amqp://secret@a/x"]) {
    assert.throws(
      () => readAddress(written),
      (error: Error) =>
        error instanceof SyntaxError && /RABBITMQ_PASSWORD/.test(error.message) &&
        !/secret/.test(error.message),
    );
  }
});

for (
  const [subject, pattern] of [
    ["app1_tick", "app1_tick"],
    ["a.*.b", "a.*.b"],
    [">", "*.#"],
    ["a.>", "a.*.#"],
    ["*", "*"],
  ]
) {
  Deno.test(`patternOf() binds ${subject} by ${pattern}`, () => {
    assert.equal(checkSubject(subject, "subscribe"), subject);
    assert.equal(patternOf(subject), pattern);
  });
}

for (
  const [subject, operation] of [
    ["a.*", "publish"],
    ["a.>", "publish"],
    ["a.#", "subscribe"],
    ["a#", "publish"],
    ["a..b", "subscribe"],
    ["a.>.b", "subscribe"],
    ["a*.b", "subscribe"],
    ["a b", "publish"],
    ["a\u200b", "publish"],
    ["ä".repeat(128), "publish"],
    ["a.".repeat(125) + "aaa.>", "subscribe"],
  ] as const
) {
  Deno.test(`checkSubject() refuses to ${operation} ${JSON.stringify(subject.slice(0, 20))}`, () => {
    assert.throws(() => checkSubject(subject, operation), SyntaxError);
  });
}

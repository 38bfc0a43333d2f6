/** Bytes worked out by hand: a field is its number × 8 + its kind (0 a number, 2 bytes), then its length and value. */

import assert from "node:assert/strict";
import { readAddress } from "../../lib/bus/stan/address.ts";
import { bodyWithHeader, splitBody } from "../../lib/bus/stan/body.ts";
import {
  acknowledgement,
  endRequest,
  publication,
  readDelivery,
  readPubAck,
  readSubscriptionResponse,
  subscriptionRequest,
} from "../../lib/bus/stan/messages.ts";
import {
  closeRequest,
  connectRequest,
  pingRequest,
  readConnectResponse,
  readError,
} from "../../lib/bus/stan/session_messages.ts";
import { beganAnew, beginOf } from "../../lib/bus/stan/subscription.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const field = (tag: number, value: string | number): number[] =>
  typeof value === "number"
    ? [...varint(tag * 8), ...varint(value)]
    : [...varint(tag * 8 + 2), value.length, ...bytes(value)];

/** Seven bits a byte, the lowest first; all but the last have the eighth set. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [128 + value % 128, ...varint(Math.floor(value / 128))];
}

Deno.test("connectRequest() and readConnectResponse()", () => {
  const request = connectRequest({
    clientId: "app1",
    heartbeatInbox: "in",
    connectionId: bytes("id"),
    pingIntervalS: 5,
    pingMaxOut: 3,
  });
  assert.deepEqual(
    [...request],
    [
      ...field(1, "app1"),
      ...field(2, "in"),
      ...field(3, 1),
      ...field(4, "id"),
      ...field(5, 5),
      ...field(6, 3),
    ],
  );
  const names = ["p", "s", "u", "c", "", "k", "g"];
  const answer = names.flatMap((name, index) => name ? field(index + 1, name) : []);
  assert.deepEqual(readConnectResponse(Uint8Array.from([...answer, ...field(10, 1)])), {
    publish: "p",
    subscribe: "s",
    unsubscribe: "u",
    close: "c",
    error: "",
    closeSubscription: "k",
    ping: "g",
  });
});

Deno.test("pingRequest(), closeRequest() and readError()", () => {
  assert.deepEqual([...pingRequest(bytes("id"))], field(1, "id"));
  assert.deepEqual([...closeRequest("app1")], field(1, "app1"));
  assert.equal(readError(Uint8Array.from(field(1, "unknown")), 1), "unknown");
  assert.equal(readError(new Uint8Array(), 1), "");
});

Deno.test("publication() and readPubAck()", () => {
  const message = publication({
    clientId: "app1",
    guid: "g",
    subject: "a",
    data: Uint8Array.of(0, 255, 10),
    connectionId: bytes("id"),
  });
  assert.deepEqual(
    [...message],
    [
      ...field(1, "app1"),
      ...field(2, "g"),
      ...field(3, "a"),
      ...[5 * 8 + 2, 3, 0, 255, 10],
      ...field(6, "id"),
    ],
  );
  const ack = Uint8Array.from([...field(1, "g"), ...field(2, "full")]);
  assert.deepEqual(readPubAck(ack), { guid: "g", error: "full" });
});

Deno.test("subscriptionRequest() begins where it is told to", () => {
  const asked = { clientId: "c", subject: "a", inbox: "in", maxInFlight: 300, ackWaitS: 5 };
  const first = [
    ...field(1, "c"),
    ...field(2, "a"),
    ...field(4, "in"),
    ...field(5, 300),
    ...field(6, 5),
  ];
  const of = (
    start: Parameters<typeof subscriptionRequest>[0]["start"],
    durable?: string,
  ) => [...subscriptionRequest({ ...asked, start, durable })];
  assert.deepEqual(of("new"), [...first, ...field(10, 0)]);
  assert.deepEqual(of("last"), [...first, ...field(10, 1)]);
  assert.deepEqual(of("first"), [...first, ...field(10, 4)]);
  assert.deepEqual(of({ sequence: 1000 }, "d"), [
    ...first,
    ...field(7, "d"),
    ...field(10, 3),
    ...field(11, 1000),
  ]);
});

Deno.test("readSubscriptionResponse(), endRequest() and acknowledgement()", () => {
  const answer = Uint8Array.from([...field(2, "acks"), ...field(3, "no")]);
  assert.deepEqual(readSubscriptionResponse(answer), { ackInbox: "acks", error: "no" });
  const end = endRequest({ clientId: "c", subject: "a", ackInbox: "acks" });
  assert.deepEqual([...end], [...field(1, "c"), ...field(2, "a"), ...field(3, "acks")]);
  assert.deepEqual([...acknowledgement("a", 300)], [...field(1, "a"), ...field(2, 300)]);
});

Deno.test("readDelivery() takes what it knows, and leaves the rest", () => {
  const delivery = Uint8Array.from([
    ...field(1, 300),
    ...field(2, "a"),
    ...field(4, "1.5"),
    ...field(5, 1_795_503_377),
    ...field(6, 1),
    ...field(7, 2),
    ...field(100, "new"),
  ]);
  const { data, ...rest } = readDelivery(delivery);
  assert.deepEqual(rest, {
    sequence: 300,
    subject: "a",
    redelivered: true,
    storedNs: 1_795_503_377,
  });
  assert.equal(text(data), "1.5");
});

Deno.test("readDelivery() throws at what is cut off inside a number", () => {
  assert.throws(() => readDelivery(Uint8Array.of(8, 128)));
});

Deno.test("bodyWithHeader() puts the header in the second line, and splitBody() finds it", () => {
  const data = bodyWithHeader("1.5", "Tick", "1; seq=7");
  assert.equal(text(data), "1.5\nTick: 1; seq=7");
  const { body, header } = splitBody(data, "Tick");
  assert.deepEqual([text(body), header], ["1.5", "1; seq=7"]);
  assert.equal(text(bodyWithHeader("1.5", "Tick", undefined)), "1.5");
});

for (
  const [what, body] of [
    ["one line", "1.5"],
    ["a line end", "1.5\n"],
    ["a second line of others", "1.5\nseq=7"],
    ["another header", "1.5\nOther: 1"],
    ["control characters", "1.5\nTick: \x01"],
    ["nothing", ""],
    ["more than a header has", `1.5\nTick: ${"a".repeat(2048)}`],
  ]
) {
  Deno.test(`splitBody() leaves a body with ${what} as it is`, () => {
    const split = splitBody(bytes(body), "Tick");
    assert.deepEqual([text(split.body), split.header], [body, undefined]);
  });
}

const received = { sequence: 7, storedNs: 1000 };

Deno.test("beginOf() goes on behind the last one received", () => {
  assert.deepEqual(beginOf(received, "new"), { sequence: 8 });
  assert.deepEqual(beginOf(received, "all"), { sequence: 8 });
});

Deno.test("beginOf() begins as asked where nothing was received", () => {
  const none = { sequence: 0, storedNs: 0 };
  const starts = (["new", "last", "all", "resume"] as const).map((start) => beginOf(none, start));
  assert.deepEqual(starts, ["new", "last", "first", "new"]);
});

Deno.test("beganAnew() tells a server that lost what it had by its having fewer", () => {
  assert.equal(beganAnew(received, 6), true);
  assert.equal(beganAnew(received, 0), true);
  assert.equal(beganAnew({ sequence: 0, storedNs: 0 }, 0), false);
});

Deno.test("beganAnew() tells one that has as many again by when it stored them", () => {
  assert.equal(beganAnew(received, 7, received), false);
  assert.equal(beganAnew(received, 9, received), false);
  assert.equal(beganAnew(received, 7, { sequence: 7, storedNs: 1001 }), true);
  assert.equal(beganAnew(received, 9, { sequence: 7, storedNs: 1001 }), true);
});

Deno.test("beganAnew() takes one that dropped what was received for the same", () => {
  assert.equal(beganAnew(received, 9, { sequence: 8, storedNs: 2000 }), false);
  assert.equal(beganAnew(received, 9), false);
});

Deno.test("readAddress() reads hosts and the cluster's id", () => {
  assert.deepEqual(readAddress("stan://127.0.0.1/tick"), {
    servers: ["127.0.0.1:4222"],
    tls: false,
    path: "tick",
  });
  assert.deepEqual(readAddress("STAN://a:1,b/test-cluster").servers, ["a:1", "b:4222"]);
});

for (const written of ["stan://a", "stan://a/", "stan://a/b/c", "stan:///b", "stan://a/b c"]) {
  Deno.test(`readAddress() refuses ${written}`, () => {
    assert.throws(() => readAddress(written), SyntaxError);
  });
}

Deno.test("readAddress() quotes no credentials", () => {
  assert.throws(
    () => readAddress("stan://me:secret@a/tick"),
    (error: Error) => error instanceof SyntaxError && !/secret/.test(error.message),
  );
});

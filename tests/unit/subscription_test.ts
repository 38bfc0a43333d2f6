import assert from "node:assert/strict";
import type { Message } from "../../lib/bus/bus.ts";
import type { Connection } from "../../lib/bus/driver.ts";
import { Subscription } from "../../lib/bus/subscription.ts";
import type { MonoUs } from "../../lib/time/clock.ts";

/** What a subscription uses of a connection. */
function fakeConnection() {
  let onMessage: ((message: Message) => void) | undefined;
  const connection = {
    subscribe(_subject: string, callback: (message: Message) => void) {
      onMessage = callback;
      return { [Symbol.dispose]: () => void (connection.subscribed = false) };
    },
    subscribed: true,
    bring: (body: string) => onMessage!({ subject: "a", body: new TextEncoder().encode(body) }),
  };
  return connection;
}

function subscribed(onMessage = (_body: string) => {}) {
  const received: string[] = [];
  const faults: string[] = [];
  const clock = { us: 0, monoUs: () => clock.us as MonoUs };
  const subscription = new Subscription({
    subject: "a",
    clock,
    onMessage({ body }) {
      const text = new TextDecoder().decode(body);
      received.push(text);
      onMessage(text);
    },
    onFault: (reason) => faults.push(reason),
  });
  const [old, next] = [fakeConnection(), fakeConnection()];
  const on = (connection: unknown) => subscription.subscribe(connection as Connection);
  const leave = (connection: unknown) => subscription.leave(connection as Connection);
  return { clock, subscription, received, faults, old, next, on, leave };
}

Deno.test("Subscription receives two connections, and each message once, until it leaves one", () => {
  const { received, old, next, on, leave } = subscribed();
  on(old);
  old.bring("1");
  on(next);
  old.bring("2");
  next.bring("2");
  next.bring("3");
  assert.deepEqual(received, ["1", "2", "3"]);
  leave(old);
  assert.equal(old.subscribed, false);
  next.bring("3");
  assert.deepEqual(received, ["1", "2", "3", "3"]);
});

Deno.test("Subscription receives once what the connection that it left had brought, while it may be on its way by the other", () => {
  const { clock, received, old, next, on, leave } = subscribed();
  on(old);
  on(next);
  old.bring("1");
  old.bring("2");
  leave(old);
  next.bring("1");
  next.bring("1");
  clock.us = 2.1e6;
  next.bring("2");
  assert.deepEqual(received, ["1", "2", "1", "2"]);
});

Deno.test("Subscription receives once what comes by another connection after it had come before that was there", () => {
  const { clock, subscription, received, old, next, on, leave } = subscribed();
  on(old);
  old.bring("0");
  subscription.beginMove();
  old.bring("1");
  old.bring("2");
  clock.us = 1.9e6;
  on(next);
  next.bring("1");
  old.bring("3");
  clock.us = 3.8e6;
  for (const body of ["3", "2", "0"]) next.bring(body);
  leave(old);
  next.bring("3");
  assert.deepEqual(received, ["0", "1", "2", "3", "0", "3"]);
});

Deno.test("Subscription keeps no more of a move that takes long than what came within seconds", () => {
  const { clock, subscription, received, old, next, on } = subscribed();
  on(old);
  subscription.beginMove();
  for (const body of ["1", "2", "3"]) {
    old.bring(body);
    clock.us += 3e6;
  }
  on(next);
  for (const body of ["1", "2", "3"]) next.bring(body);
  assert.deepEqual(received, ["1", "2", "3", "1", "2"]);
});

Deno.test("Subscription receives all of a connection after one that was lost as it was to be left", () => {
  const { subscription, received, old, next, on, leave } = subscribed();
  on(old);
  subscription.beginMove();
  old.bring("1");
  leave(old);
  on(next);
  next.bring("1");
  assert.deepEqual(received, ["1", "1"]);
});

Deno.test("Subscription receives all of a connection after one that was lost", () => {
  const { received, old, next, on, leave } = subscribed();
  on(old);
  old.bring("1");
  leave(old);
  on(next);
  next.bring("1");
  assert.deepEqual(received, ["1", "1"]);
});

Deno.test("Subscription receives nothing more of either connection once it is disposed of", () => {
  const { subscription, received, old, next, on } = subscribed();
  on(old);
  on(next);
  subscription[Symbol.dispose]();
  old.bring("1");
  next.bring("2");
  assert.deepEqual(received, []);
  assert.deepEqual([old.subscribed, next.subscribed], [false, false]);
});

Deno.test("Subscription keeps what a callback throws from the connection, and goes on", () => {
  const { received, faults, old, on } = subscribed((body) => {
    if (body === "1") throw new Error("on purpose");
  });
  on(old);
  old.bring("1");
  old.bring("2");
  assert.deepEqual([received, faults], [["1", "2"], ["on purpose"]]);
});

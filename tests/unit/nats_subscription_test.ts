import assert from "node:assert/strict";
import { NatsSubscription } from "../../lib/bus/nats/subscription.ts";

type Callback = (error: Error | null, message: unknown) => void;

/** What a subscription uses of the client's connection. */
function fakeConnection() {
  let callback: Callback | undefined;
  return {
    closed: false,
    isClosed() {
      return this.closed;
    },
    subscribe(_subject: string, options: { callback: Callback }) {
      callback = options.callback;
      return { isClosed: () => false, unsubscribe() {} };
    },
    bring(body: string) {
      callback!(null, { subject: "a", data: new TextEncoder().encode(body) });
    },
  };
}

function subscribed() {
  const received: string[] = [];
  const subscription = new NatsSubscription({
    subject: "a",
    onMessage: ({ body }) => void received.push(new TextDecoder().decode(body)),
    onFault: (reason) => assert.fail(reason),
  });
  const [old, next] = [fakeConnection(), fakeConnection()];
  const on = (connection: unknown) => subscription.subscribe(connection as never);
  return { subscription, received, old, next, on };
}

Deno.test("NatsSubscription receives two connections, and each message once, until it is settled", () => {
  const { subscription, received, old, next, on } = subscribed();
  on(old);
  old.bring("1");
  on(next);
  old.bring("2");
  next.bring("2");
  next.bring("3");
  assert.deepEqual(received, ["1", "2", "3"]);
  subscription.settle();
  next.bring("3");
  assert.deepEqual(received, ["1", "2", "3", "3"]);
});

Deno.test("NatsSubscription receives all of a connection after one that was lost", () => {
  const { received, old, next, on } = subscribed();
  on(old);
  old.bring("1");
  old.closed = true;
  on(next);
  next.bring("1");
  assert.deepEqual(received, ["1", "1"]);
});

Deno.test("NatsSubscription receives nothing more of either connection once it is unsubscribed", () => {
  const { subscription, received, old, next, on } = subscribed();
  on(old);
  on(next);
  subscription.unsubscribe();
  old.bring("1");
  next.bring("2");
  assert.deepEqual(received, []);
});

/** From a server that is going down to another one: what a real cluster can't be made to do at will. */

import assert from "node:assert/strict";
import { type BusEvent, type Message } from "../../lib/bus/bus.ts";
import { connectNats } from "../support/bus.ts";
import { control } from "../support/control.ts";
import { deadline } from "../support/deadline.ts";
import { answerPings, fakeServer, greeting, letIn } from "../support/fake_server.ts";
import { Log } from "../support/log.ts";

const LAME = greeting({ ldm: true });

/** A bus on the first of two servers, which lets it in, and the events it tells. */
async function busOn(...servers: { address: string }[]) {
  const events = new Log<BusEvent>();
  const received = new Log<Message>();
  const bus = connectNats({
    servers: servers.map(({ address }) => address),
    name: "test",
    onEvent: (event) => events.push(event),
  });
  bus.subscribe("a", (message) => received.push(message));
  await deadline(10_000, "connection", bus.ready);
  const event = (type: BusEvent["type"]) => events.find(type, (event) => event.type === type);
  return { bus, events, received, event };
}

const message = (body: string) => `MSG a 1 ${body.length}\r\n${body}\r\n`;

Deno.test("a move is made to the next server, and what both bring is received once", async () => {
  const moved = Promise.withResolvers<void>();
  const isReceived = Promise.withResolvers<void>();
  let isIn = false;
  using old = fakeServer(async (client) => {
    if (client.nth > 0 || !await letIn(client)) return; // a lame duck lets nobody in any more
    isIn = true;
    await client.write(LAME);
    await moved.promise;
    await client.write(message("both") + message("old"));
    await isReceived.promise; // until then it isn't left
    await answerPings(client);
  });
  using next = fakeServer(async (client) => {
    if (!isIn) return client.gone; // a slow start dials both
    if (!await letIn(client)) return;
    moved.resolve();
    await client.write(message("both") + message("new"));
    await answerPings(client);
  });
  const { bus, received, event, events } = await busOn(old, next);
  await received.reach(3, "messages");
  isReceived.resolve();
  await event("moved");
  await bus[Symbol.asyncDispose]();
  const texts = received.items.map(({ body }) => new TextDecoder().decode(body)).sort();
  assert.deepEqual(texts, ["both", "new", "old"]);
  assert.deepEqual(events.items.map(({ type }) => type), ["connected", "moved"]);
});

Deno.test("what came before a move was made, and comes once more by the new way, is received once", async () => {
  const dialled = Promise.withResolvers<void>();
  const cameBefore = Promise.withResolvers<void>();
  let isIn = false;
  using old = fakeServer(async (client) => {
    if (client.nth > 0 || !await letIn(client)) return;
    isIn = true;
    await client.write(LAME);
    await dialled.promise;
    await client.write(message("both"));
    await answerPings(client);
  });
  using next = fakeServer(async (client) => {
    if (!isIn) return client.gone;
    dialled.resolve();
    await cameBefore.promise;
    if (!await letIn(client)) return;
    await client.write(message("both") + message("new"));
    await answerPings(client);
  });
  const { bus, received, event } = await busOn(old, next);
  await received.reach(1, "message");
  cameBefore.resolve();
  await received.reach(2, "messages");
  await event("moved");
  await bus[Symbol.asyncDispose]();
  assert.deepEqual(received.items.map(({ body }) => new TextDecoder().decode(body)), [
    "both",
    "new",
  ]);
});

Deno.test("a move away from a server that no longer answers ends all the same", async () => {
  const pings = Promise.withResolvers<number>();
  using old = fakeServer(async (client) => {
    await letIn(client);
    await client.write(LAME);
    let count = 0;
    while (await client.reads("PING\r\n")) count++;
    pings.resolve(count); // the client has hung up
  });
  using next = fakeServer(async (client) => {
    if (await letIn(client)) await answerPings(client);
  });
  const { bus, event } = await busOn(old, next);
  await event("moved");
  // The bus asks with two of its own, and hangs up; the client's own would have come a second apart.
  const asked = await deadline(60_000, "end of the old connection", pings.promise);
  assert.ok(asked <= 3, `${asked} PINGs before it hung up`);
  await bus[Symbol.asyncDispose]();
});

Deno.test("a connection that is lost right after a move is made again at once", async () => {
  using measured = control();
  using old = fakeServer(async (client) => {
    await letIn(client);
    await client.write(LAME);
    await client.gone; // it answers nothing any more
  });
  using next = fakeServer(async (client) => {
    if (await letIn(client) && client.nth > 0) await answerPings(client);
  });
  const { bus, events, event } = await busOn(old, next);
  await event("moved");
  await event("reconnected");
  const last = events.items.at(-1)!;
  assert.ok(last.type === "reconnected" && last.server === next.address);
  // Giving up the old one takes a second and a half.
  assert.ok(last.afterMs < 750 + measured.slackMs(), `${last.afterMs} ms`);
  await bus[Symbol.asyncDispose]();
});

Deno.test("a move is tried again where no other server lets us in at first", async () => {
  using old = fakeServer(async (client) => {
    if (client.nth > 0) return; // a lame duck lets nobody in any more
    await letIn(client);
    await client.write(LAME);
    await answerPings(client);
  });
  using next = fakeServer(async (client) => {
    if (client.nth >= 2 && await letIn(client)) await answerPings(client);
  });
  const { bus, events, event } = await busOn(old, next);
  await event("moved");
  assert.equal(next.connections, 3);
  assert.deepEqual(events.items.map(({ type }) => type), ["connected", "moved"]);
  await bus[Symbol.asyncDispose]();
});

Deno.test("a silent link is given up also where nothing more can be written to it", async () => {
  using stuck = fakeServer(async (client) => {
    await letIn(client);
    await client.gone; // it reads nothing
  });
  using next = fakeServer(async (client) => {
    if (await letIn(client)) await answerPings(client);
  });
  const { bus, event } = await busOn(stuck, next);
  const megabyte = "x".repeat(1 << 20).slice(100);
  for (let count = 0; count < 30; count++) bus.publish("b", megabyte);
  await event("unresponsive");
  await event("reconnected");
  await bus[Symbol.asyncDispose]();
});

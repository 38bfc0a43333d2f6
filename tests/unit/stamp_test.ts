/** When a tick is stamped: as its bytes leave, and as they are read. */

import assert from "node:assert/strict";
import type { Message } from "../../lib/bus/bus.ts";
import { connectNats } from "../support/bus.ts";
import { receiveTicks } from "../../lib/tick.ts";
import { fakeConnection, letClientIn } from "../support/fake_connection.ts";
import { fakeClock, take } from "../support/fakes.ts";
import { Log } from "../support/log.ts";

const WALL_US = 1_790_000_000_000_000;
const body = "1790000000.000000";
const message = (sid: number) => `MSG app2_tick ${sid} ${body.length}\r\n${body}\r\n`;

async function connected(fake: ReturnType<typeof fakeConnection>) {
  const clock = fakeClock({ wallUs: WALL_US, monoUs: 0 });
  const bus = connectNats({ servers: ["127.0.0.1:1"], name: "test", clock });
  await letClientIn(fake);
  await bus.ready;
  return { bus, clock };
}

Deno.test("a tick is stamped where the socket's read returned, before anything looks at it", async () => {
  using fake = fakeConnection();
  const { bus, clock } = await connected(fake);
  await using _bus = bus;
  const ticks = receiveTicks(bus, { subject: "app2_tick", clock });
  const taking = take(ticks, 3);
  await fake.writes("SUB app2_tick 1\r\n");
  clock.advance(1_000);
  fake.brings(message(1) + message(1));
  queueMicrotask(() => queueMicrotask(() => clock.advance(7))); // the read returns one turn after this
  await new Promise((resolve) => setTimeout(resolve));
  fake.brings(message(1));
  const moments = (await taking).map(({ realUs, monoUs }) => [realUs - WALL_US, monoUs]);
  assert.deepEqual(moments, [[1_000, 1_000], [1_000, 1_000], [1_007, 1_007]]);
  await ticks.return();
});

Deno.test("a message that comes in pieces arrives with the last of them", async () => {
  using fake = fakeConnection();
  const { bus, clock } = await connected(fake);
  await using _bus = bus;
  const received = new Log<Message>();
  bus.subscribe("app2_tick", (message) => received.push(message));
  await fake.writes("SUB app2_tick 1\r\n");
  const bytes = message(1);
  for (const piece of [bytes.slice(0, 9), bytes.slice(9, 30), bytes.slice(30)]) {
    clock.advance(100);
    fake.brings(piece);
    await new Promise((resolve) => setTimeout(resolve));
  }
  await received.reach(1, "message");
  assert.equal(received.items[0].arrived!.monoUs, 300);
});

Deno.test("what was received stays as it was, whatever is read after it", async () => {
  using fake = fakeConnection();
  const { bus } = await connected(fake);
  await using _bus = bus;
  const received = new Log<Message>();
  bus.subscribe("app2_tick", (message) => received.push(message));
  await fake.writes("SUB app2_tick 1\r\n");
  fake.brings(message(1));
  await received.reach(1, "message");
  fake.brings(message(1).replace(body, "x".repeat(body.length)));
  await received.reach(2, "messages");
  assert.equal(new TextDecoder().decode(received.items[0].body), body);
});

Deno.test("a tick's bytes are handed to the socket before anything else has its turn", async () => {
  using fake = fakeConnection();
  const { bus } = await connected(fake);
  await using _bus = bus;
  let isLater = false;
  setTimeout(() => isLater = true);
  assert.equal(bus.publish("app1_tick", body, "1; run=a; seq=0"), "sent");
  await fake.writes(`${body}\r\n`);
  assert.equal(isLater, false);
  assert.match(fake.written(), /HPUB app1_tick \d+ \d+\r\nNATS\/1\.0\r\nTick: 1; run=a; seq=0\r\n/);
});

/** What is asked for at the end is waited for, but not behind whatever a server may send meanwhile. */

import assert from "node:assert/strict";
import { connectNats } from "../support/bus.ts";
import { fakeConnection, letClientIn } from "../support/fake_connection.ts";

/** A bus whose server owes it the answer to a flush(). */
async function flushing() {
  const fake = fakeConnection();
  const bus = connectNats({ servers: ["127.0.0.1:1"], name: "test", silentMs: 1e9 });
  await letClientIn(fake);
  await bus.ready;
  const from = fake.written().length;
  const flushed = bus.flush(1e9);
  await fake.writes("PING\r\n", from);
  return {
    fake,
    flushed,
    async [Symbol.asyncDispose]() {
      await bus[Symbol.asyncDispose]();
      fake[Symbol.dispose]();
    },
  };
}

for (const said of ["+OK\r\n", "-ERR 'no'\r\n", "MSG a 9 1\r\nx\r\n"]) {
  Deno.test(`flush() waits for no answer behind a megabyte of ${JSON.stringify(said)}`, async () => {
    await using one = await flushing();
    for (let n = 0; n < 40; n++) one.fake.brings(said.repeat(30_000 / said.length));
    assert.equal(await one.flushed, false);
  });
}

Deno.test("flush() waits for an answer that comes behind half a megabyte", async () => {
  await using one = await flushing();
  for (let n = 0; n < 16; n++) one.fake.brings("+OK\r\n".repeat(6000));
  one.fake.brings("PONG\r\n");
  assert.equal(await one.flushed, true);
});

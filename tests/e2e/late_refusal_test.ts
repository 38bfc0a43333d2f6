/** A server that refuses us from the start, but not at once. */

import assert from "node:assert/strict";
import { type BusEvent, BusRefusal } from "../../lib/bus/bus.ts";
import { deadline } from "../support/deadline.ts";
import { type Client, fakeServer, greeting } from "../support/fake_server.ts";
import { Log } from "../support/log.ts";
import { connectNats } from "../support/bus.ts";

async function refuse(client: Client) {
  await client.write(greeting({ auth_required: true }));
  await client.reads("PING\r\n");
  await client.write("-ERR 'Authorization Violation'\r\n");
}

Deno.test("a server that first gives no answer and then refuses us is given up", async () => {
  using server = fakeServer((client) => client.nth === 0 ? client.drain() : refuse(client));
  const bus = connectNats({ servers: [server.address], name: "test" });
  await assert.rejects(deadline(30_000, "refusal", bus.refused), BusRefusal);
  await bus[Symbol.asyncDispose]();
});

Deno.test("a server that refuses us later than a try may take is given up", async () => {
  const events = new Log<BusEvent>();
  const onEvent = (event: BusEvent) => events.push(event);
  using server = fakeServer(async (client) => {
    // The first is told only once it was said that there is no answer; the others never.
    if (client.nth > 0) return await client.drain();
    await events.find("waiting", ({ type }) => type === "waiting");
    await refuse(client);
  });
  const bus = connectNats({ servers: [server.address], name: "test", onEvent });
  await assert.rejects(deadline(30_000, "refusal", bus.refused), BusRefusal);
  await bus[Symbol.asyncDispose]();
});

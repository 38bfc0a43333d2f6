/** Readers that are late, or too late, on the stand-in. */

import assert from "node:assert/strict";
import { startStandIn } from "../../lib/demo/stand_in.ts";
import { connect, type RawClient, rawClient, WITH_HEADERS } from "../support/raw_client.ts";

const MIB = 2 ** 20;

/** Publishes 1 MiB of one digit, and waits until the server has passed it on. */
async function publish(sender: RawClient, digit: number) {
  await sender.write(`PUB a ${MIB}\r\n${String(digit).repeat(MIB)}\r\nPING\r\n`);
  assert.deepEqual(await sender.linesToPong(), ["PONG"]);
}

async function subscriber(address: string): Promise<RawClient> {
  const client = await rawClient(address);
  await client.write(`${connect()}SUB a 1\r\nPING\r\n`);
  await client.linesToPong();
  return client;
}

async function sender(address: string): Promise<RawClient> {
  const client = await rawClient(address);
  await client.write(connect(WITH_HEADERS));
  return client;
}

Deno.test("a slow reader is dropped, and nobody waits for it", async () => {
  await using server = startStandIn({ maxPending: 2 * MIB });
  using slow = await subscriber(server.address);
  using from = await sender(server.address);
  let sent = 0;
  // How much the system holds for a reader differs; a stand-in without a limit would go on.
  while (server.clients > 1 && sent < 500) await publish(from, sent++ % 10);
  assert.ok(sent < 500, "the slow reader is still there");
  const received = (await slow.linesToEnd()).filter((line) => line.startsWith("MSG "));
  assert.ok(received.length < sent, "the slow reader got everything");
});

Deno.test("a late reader gets everything, in order", async () => {
  await using server = startStandIn({ maxPending: 64 * MIB });
  using late = await subscriber(server.address);
  using from = await sender(server.address);
  for (let n = 0; n < 32; n++) await publish(from, n % 10);
  for (let n = 0; n < 32; n++) {
    assert.equal(await late.line(), `MSG a 1 ${MIB}`);
    assert.ok(await late.line() === String(n % 10).repeat(MIB), `message ${n} has changed`);
  }
});

/** Publishes on `a` until that reaches nobody any more. */
async function untilNobodyIsReached(from: RawClient) {
  await from.write("SUB reply 2\r\n");
  for (let n = 0; n < 1000; n++) {
    await from.write("PUB a reply 1\r\nx\r\nPING\r\n");
    if ((await from.linesToPong()).includes("NATS/1.0 503")) return;
  }
  assert.fail("a subscription is left");
}

Deno.test("a client that has ended its side gets what waits for it, and nothing more", async () => {
  await using server = startStandIn({ maxPending: 64 * MIB });
  using late = await subscriber(server.address);
  using from = await sender(server.address);
  for (let n = 0; n < 32; n++) await publish(from, n % 10);
  await late.end();
  await untilNobodyIsReached(from);
  const received = (await late.linesToEnd()).filter((line) => line === `MSG a 1 ${MIB}`);
  assert.equal(received.length, 32);
});

Deno.test("a client that is sent away gets what waits for it, and nothing is done for it", async () => {
  await using server = startStandIn({ maxPending: 64 * MIB });
  using late = await subscriber(server.address);
  using from = await sender(server.address);
  for (let n = 0; n < 32; n++) await publish(from, n % 10);
  await late.write("FOO\r\n");
  await untilNobodyIsReached(from);
  await from.write("SUB b 3\r\nPING\r\n");
  await from.linesToPong();
  await late.write("PUB b 1\r\nx\r\n");
  assert.equal((await late.linesToEnd()).at(-1), "-ERR 'Unknown Protocol Operation'");
  await from.write("PING\r\n");
  assert.deepEqual(await from.linesToPong(), ["PONG"]);
});

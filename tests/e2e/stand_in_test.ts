/** The stand-in itself: where it listens, how it ends, and whom it sends away. */

import assert from "node:assert/strict";
import { startStandIn } from "../../lib/demo/stand_in.ts";
import { StandInConnection } from "../../lib/demo/stand_in_connection.ts";
import { Subscriptions } from "../../lib/demo/subject_match.ts";
import { connect, rawClient } from "../support/raw_client.ts";

Deno.test("startStandIn() greets as a stand-in, with headers and its limits", async () => {
  await using server = startStandIn({ maxPayload: 1000 });
  using client = await rawClient(server.address);
  const { server_name, version, headers, max_payload, port, proto } = client.info;
  assert.deepEqual([server_name, headers, max_payload, proto], ["stand-in", true, 1000, 1]);
  assert.equal(`127.0.0.1:${port}`, server.address);
  assert.match(String(version), /^\d+\.\d+\.\d+-stand-in$/);
});

Deno.test("startStandIn() numbers its clients", async () => {
  await using server = startStandIn();
  using first = await rawClient(server.address);
  using second = await rawClient(server.address);
  assert.deepEqual([first.info.client_id, second.info.client_id], [1, 2]);
  assert.equal(server.clients, 2);
});

Deno.test("startStandIn() listens on 127.0.0.1 alone", async () => {
  await using server = startStandIn();
  const port = Number(server.address.split(":")[1]);
  assert.equal(server.address, `127.0.0.1:${port}`);
  for (const hostname of ["127.0.0.2", "::1"]) {
    await assert.rejects(Deno.connect({ hostname, port }));
  }
});

Deno.test("startStandIn() throws where its port is taken", async () => {
  await using server = startStandIn();
  const port = Number(server.address.split(":")[1]);
  assert.throws(() => startStandIn({ port }), Deno.errors.AddrInUse);
});

Deno.test({
  name: "disposing of a stand-in hangs up on everybody, frees its port, and leaves nothing behind",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn() {
    const server = startStandIn();
    using idle = await rawClient(server.address);
    using busy = await rawClient(server.address);
    await busy.write(`${connect()}SUB a 1\r\nPUB a 1000000\r\nhalf of it`);
    await server[Symbol.asyncDispose]();
    await server.ended;
    assert.deepEqual([await idle.line(), await busy.line()], [undefined, undefined]);
    assert.equal(server.clients, 0);
    await using again = startStandIn({ port: Number(server.address.split(":")[1]) });
    assert.equal(again.address, server.address);
  },
});

Deno.test("a stand-in ends with its signal", async () => {
  const end = new AbortController();
  const server = startStandIn({ signal: end.signal });
  using client = await rawClient(server.address);
  end.abort();
  await server.ended;
  assert.equal(await client.line(), undefined);
});

Deno.test("a stand-in whose signal has aborted ends at once", async () => {
  await startStandIn({ signal: AbortSignal.abort() }).ended;
});

Deno.test("a queue group gets an error, and the connection stays", async () => {
  await using server = startStandIn();
  using client = await rawClient(server.address);
  await client.write(`${connect()}SUB a workers 1\r\nPUB a 1\r\nx\r\nPING\r\n`);
  assert.deepEqual(await client.linesToPong(), ["-ERR 'Queue Groups Not Supported'", "PONG"]);
});

Deno.test("max_payload is what was asked for", async () => {
  await using server = startStandIn({ maxPayload: 3 });
  using client = await rawClient(server.address);
  await client.write(`${connect()}SUB a 1\r\nPUB a 3\r\nxyz\r\nPUB a 4\r\nwxyz\r\n`);
  assert.deepEqual(await client.linesToEnd(), [
    ...["MSG a 1 3", "xyz", "-ERR 'Maximum Payload Violation'"],
  ]);
});

Deno.test("a subscription too many gets an error", async () => {
  await using server = startStandIn();
  using client = await rawClient(server.address);
  const subscriptions = Array.from({ length: 10_001 }, (_, n) => `SUB a.${n} ${n}\r\n`).join("");
  await client.write(`${connect()}${subscriptions}PING\r\n`);
  assert.deepEqual(await client.linesToPong(), ["-ERR 'maximum subscriptions exceeded'", "PONG"]);
});

Deno.test("a client that answers pings stays, however many", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const greeted = rawClient(`127.0.0.1:${listener.addr.port}`);
  const limits = { maxPayload: 1000, maxPending: 100_000 };
  const connection = new StandInConnection(await accepted, new Subscriptions(), limits);
  const served = connection.run("INFO {}\r\n");
  using client = await greeted;
  connection.ping(); // the first may be due right after the greeting, and is left out
  for (let pings = 0; pings < 8; pings++) {
    connection.ping();
    assert.equal(await client.line(), "PING");
    await client.write("PONG\r\nPING\r\n");
    assert.equal(await client.line(), "PONG");
  }
  connection.close();
  await served;
});

Deno.test("a client that answers no ping is sent away after two", async () => {
  await using server = startStandIn({ pingIntervalMs: 20 });
  using client = await rawClient(server.address);
  const lines = [];
  for (let n = 0; n < 5; n++) lines.push(await client.line());
  assert.deepEqual(lines, ["PING", "PING", "-ERR 'Stale Connection'", undefined, undefined]);
});

/** What passes between connections: wildcards, headers, ends; the same on the stand-in as on nats-server. */

import assert from "node:assert/strict";
import { testOnEach } from "../support/core_servers.ts";
import { connect, rawClient, WITH_HEADERS } from "../support/raw_client.ts";

testOnEach("wildcards match by token", async ({ address }) => {
  using client = await rawClient(address);
  const patterns = ["a", "a.b", "*", "a.*", "*.b", "*.*", ">", "a.>", "*.>", "a.*.c", "a.b.>"];
  await client.write(connect());
  for (const pattern of patterns) await client.write(`SUB ${pattern} ${pattern}\r\n`);
  const matched = async (subject: string) => {
    await client.write(`PUB ${subject} 0\r\n\r\nPING\r\n`);
    const lines = (await client.linesToPong()).filter((line) => line.startsWith("MSG "));
    return lines.map((line) => line.split(" ")[2]).sort();
  };
  assert.deepEqual(await matched("a"), ["*", ">", "a"]);
  assert.deepEqual(await matched("b"), ["*", ">"]);
  assert.deepEqual(await matched("a.b"), ["*.*", "*.>", "*.b", ">", "a.*", "a.>", "a.b"]);
  assert.deepEqual(await matched("a.b.c"), ["*.>", ">", "a.*.c", "a.>", "a.b.>"]);
  assert.deepEqual(await matched("b.b"), ["*.*", "*.>", "*.b", ">"]);
});

testOnEach("a client without headers gets the body alone", async ({ address }) => {
  using receiver = await rawClient(address);
  using sender = await rawClient(address);
  await receiver.write(`${connect()}SUB a 1\r\nPING\r\n`);
  await receiver.linesToPong();
  await sender.write(`${connect(WITH_HEADERS)}HPUB a 20 22\r\nNATS/1.0\r\nA: b c\r\n\r\nhi\r\n`);
  assert.equal(await receiver.line(), "MSG a 1 2");
  assert.equal(await receiver.line(), "hi");
});

testOnEach("echo: false keeps no message from others", async ({ address }) => {
  using receiver = await rawClient(address);
  using sender = await rawClient(address);
  await receiver.write(`${connect()}SUB a 1\r\nPING\r\n`);
  await receiver.linesToPong();
  await sender.write(`${connect({ echo: false })}SUB a 2\r\nPUB a 1\r\nx\r\nPING\r\n`);
  assert.deepEqual(await sender.linesToPong(), ["PONG"]);
  assert.equal(await receiver.line(), "MSG a 1 1");
});

testOnEach("a client's fault is its own", async ({ address }) => {
  using good = await rawClient(address);
  using bad = await rawClient(address);
  await good.write(`${connect()}SUB a 1\r\nPING\r\n`);
  await good.linesToPong();
  await bad.write(`${connect()}PUB a 1\r\nx\r\nwhat is this\r\n`);
  assert.deepEqual(await bad.linesToEnd(), ["-ERR 'Unknown Protocol Operation'"]);
  await good.write("PUB a 1\r\ny\r\nPING\r\n");
  assert.deepEqual(await good.linesToPong(), ["MSG a 1 1", "x", "MSG a 1 1", "y", "PONG"]);
});

testOnEach("nothing is done for a client after its fault", async ({ address }) => {
  using good = await rawClient(address);
  using bad = await rawClient(address);
  await good.write(`${connect()}SUB a 1\r\nPING\r\n`);
  await good.linesToPong();
  await bad.write(`${connect()}FOO\r\nPUB a 1\r\nx\r\n`);
  await bad.write("PUB a 1\r\ny\r\n");
  await bad.linesToEnd();
  await good.write("PING\r\n");
  assert.deepEqual(await good.linesToPong(), ["PONG"]);
});

testOnEach("whoever was hung up on is no responder", async ({ address }) => {
  using responder = await rawClient(address);
  using asking = await rawClient(address);
  await responder.write(`${connect()}SUB service 1\r\nPING\r\n`);
  await responder.linesToPong();
  await responder.write("FOO\r\n");
  await responder.linesToEnd();
  await asking.write(`${connect(WITH_HEADERS)}SUB reply 1\r\nPUB service reply 0\r\n\r\nPING\r\n`);
  assert.deepEqual(await asking.linesToPong(), [
    ...["HMSG reply 1 16 16", "NATS/1.0 503", "", "", "PONG"],
  ]);
});

/** Whatever is sent to the stand-in, it serves others, and holds none of it. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { startStandIn } from "../../lib/demo/stand_in.ts";
import { type Random, seeded } from "../support/simulation.ts";
import { connect, rawClient, WITH_HEADERS } from "../support/raw_client.ts";

const STREAMS = 3000;
const AT_ONCE = 20;
const MIB = 2 ** 20;
const OPERATIONS = ["PUB", "HPUB", "SUB", "UNSUB", "PING", "PONG", "INFO", "+OK", "-ERR", "MSG"];
const ARGUMENTS = [
  ...["a", "a.b", "a..b", ".", "*", "fuzz.>", ">.a", "r", "é", "\0", "\r", "\t", "x".repeat(4100)],
  ...["0", "1", "2", "14", "-1", "1048576", "1048577", "999999999", "9999999999", "1e3"],
];
const PIECES = [
  ...["\r\n", "\n", "\r", " ", "NATS/1.0\r\n\r\n", "[".repeat(3000), ".".repeat(900)],
  ...[
    "SUB > 1\r\n",
    "PUB a r 1\r\nx\r\n",
    "HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
    "UNSUB 1 1\r\n",
    "PUB * 1\r\nx\r\n",
  ],
  ...[connect(), connect(WITH_HEADERS), connect({ protocol: 9 }), "CONNECT []\r\n", "CONNECT {"],
  'CONNECT {"__proto__":{"verbose":1},"constructor":null,"protocol":1e99}\r\n',
];

function anyOf<T>(random: Random, items: T[]): T {
  return items[Math.floor(random() * items.length)];
}

/** A command as it may be, one of the pieces, or noise. */
function piece(random: Random): Uint8Array {
  const kind = random();
  if (kind < 0.05) return Uint8Array.from({ length: random() * 40 }, () => random() * 256);
  if (kind < 0.6) return Buffer.from(anyOf(random, PIECES));
  const args = Array.from({ length: random() * 4 }, () => anyOf(random, ARGUMENTS));
  return Buffer.from(`${[anyOf(random, OPERATIONS), ...args].join(" ")}\r\n`);
}

function stream(random: Random): Uint8Array {
  return Buffer.concat(Array.from({ length: 1 + random() * 20 }, () => piece(random)));
}

Deno.test(`${STREAMS} streams of random commands and bytes end no connection but their own`, async () => {
  const random = seeded(20_260);
  const answers = new Set<string>();
  await using server = startStandIn();
  using good = await rawClient(server.address);
  await good.write(`${connect()}SUB good 1\r\n`);
  for (let done = 0; done < STREAMS; done += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      using bad = await rawClient(server.address);
      const bytes = stream(random);
      const cut = Math.floor(random() * bytes.length);
      await bad.write(bytes.subarray(0, cut));
      await bad.write(bytes.subarray(cut));
      await bad.end().catch(() => {}); // it may be sent away by then
      for (const line of await bad.linesToEnd()) if (/^-ERR|^\+OK$/.test(line)) answers.add(line);
    }));
    await good.write("PUB good 2\r\nok\r\nPING\r\n");
    assert.deepEqual(await good.linesToPong(), ["MSG good 1 2", "ok", "PONG"]);
  }
  // What was sent went as far as it can.
  assert.deepEqual([...answers].sort(), [
    "+OK",
    "-ERR 'Invalid Publish Subject'",
    "-ERR 'Invalid Subject'",
    "-ERR 'Maximum Payload Violation'",
    "-ERR 'Queue Groups Not Supported'",
    "-ERR 'Unknown Protocol Operation'",
    "-ERR 'invalid client protocol'",
    "-ERR 'maximum control line exceeded'",
  ]);
  for (let turns = 0; server.clients > 1; turns++) {
    assert.ok(turns < 1000, `${server.clients - 1} connections are left`);
    await good.write("PING\r\n");
    await good.linesToPong();
  }
});

Deno.test("a line without an end is not held", async () => {
  await using server = startStandIn();
  using flooding = await rawClient(server.address);
  const before = Deno.memoryUsage().rss;
  const flood = new Uint8Array(MIB).fill(97);
  for (let sent = 0; sent < 256; sent++) await flooding.write(flood);
  await flooding.linesToEnd();
  const grown = Deno.memoryUsage().rss - before;
  assert.ok(grown < 128 * MIB, `${Math.round(grown / MIB)} MiB more`);
});

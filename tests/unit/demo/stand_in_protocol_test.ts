/** What the stand-in reads: the same, however the bytes are cut. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Command, CommandReader, Violation } from "../../../lib/demo/stand_in_protocol.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const CONVERSATION = bytes(
  'CONNECT {"verbose":false}\r\nSUB a.* 1\r\nSUB b q 2\r\nPUB a.b 3\r\n\r\n\0\r\nHPUB a r 12 14\r\n' +
    "NATS/1.0\r\n\r\n\xff\xfe\r\nPUB a 0\r\n\r\n+OK\r\nUNSUB 1 5\r\nUNSUB 2\r\nping\nPONG\r\n",
);

/** Each command as it is when it is read: a payload is only valid until the next. */
function commandsOf(...pieces: Uint8Array[]): Command[] {
  const reader = new CommandReader(1000);
  const commands = [];
  for (const piece of pieces) {
    for (const command of reader.read(piece)) commands.push(structuredClone(command));
  }
  return commands;
}

function violationOf(text: string): string | undefined {
  try {
    commandsOf(bytes(text));
  } catch (error) {
    if (error instanceof Violation) return error.message;
    throw error;
  }
}

Deno.test("CommandReader reads every operation", () => {
  const [connect, sub, queueSub, pub, hpub, empty, unsubAfter, unsub, ping, pong, ...more] =
    commandsOf(CONVERSATION);
  assert.deepEqual(connect, { operation: "CONNECT", json: ' {"verbose":false}\r' });
  assert.deepEqual(sub, { operation: "SUB", subject: "a.*", sid: "1" });
  assert.deepEqual(queueSub, { operation: "SUB", subject: "b", queue: "q", sid: "2" });
  assert.deepEqual(pub, {
    ...{ operation: "PUB", subject: "a.b", reply: undefined, headerLength: 0 },
    payload: Uint8Array.from([13, 10, 0]),
  });
  assert.deepEqual(hpub, {
    ...{ operation: "HPUB", subject: "a", reply: "r", headerLength: 12 },
    payload: Uint8Array.from([...bytes("NATS/1.0\r\n\r\n"), 0xff, 0xfe]),
  });
  assert.deepEqual(empty, {
    ...{ operation: "PUB", subject: "a", reply: undefined, headerLength: 0 },
    payload: new Uint8Array(),
  });
  assert.deepEqual(unsubAfter, { operation: "UNSUB", sid: "1", afterMessages: 5 });
  assert.deepEqual(unsub, { operation: "UNSUB", sid: "2", afterMessages: 0 });
  assert.deepEqual([ping, pong, more], [{ operation: "PING" }, { operation: "PONG" }, []]);
});

Deno.test("CommandReader reads the same from any two pieces", () => {
  const whole = commandsOf(CONVERSATION);
  for (let cut = 0; cut <= CONVERSATION.length; cut++) {
    assert.deepEqual(
      commandsOf(CONVERSATION.subarray(0, cut), CONVERSATION.subarray(cut)),
      whole,
      `cut at ${cut}`,
    );
  }
});

Deno.test("CommandReader reads the same byte by byte, from one buffer that is used again", () => {
  const buffer = new Uint8Array(1);
  const reader = new CommandReader(1000);
  const commands: Command[] = [];
  for (const byte of CONVERSATION) {
    buffer[0] = byte;
    for (const command of reader.read(buffer)) commands.push(structuredClone(command));
  }
  assert.deepEqual(commands, commandsOf(CONVERSATION));
});

Deno.test("CommandReader yields what is complete before a fault", () => {
  const commands = [];
  const reader = new CommandReader(1000);
  assert.throws(() => {
    for (const command of reader.read(bytes("PING\r\nFOO\r\nPING\r\n"))) commands.push(command);
  }, new Violation("Unknown Protocol Operation"));
  assert.equal(commands.length, 1);
});

Deno.test("CommandReader takes lines of 4,096 bytes", () => {
  const line = (length: number) => `SUB ${"a".repeat(length - 7)} 1\r`;
  assert.equal(line(4096).length, 4096);
  assert.equal(violationOf(`${line(4096)}\n`), undefined);
  assert.equal(violationOf(`${line(4097)}\n`), "maximum control line exceeded");
  assert.equal(violationOf("SUB ".padEnd(4096)), undefined);
  assert.equal(violationOf("SUB ".padEnd(4097)), "maximum control line exceeded");
});

Deno.test("CommandReader counts a line that comes in pieces", () => {
  const pieces = (count: number) => Array.from({ length: count }, () => bytes(" "));
  assert.doesNotThrow(() => commandsOf(...pieces(4096)));
  assert.throws(() => commandsOf(...pieces(4097)), Violation);
});

Deno.test("CommandReader takes payloads up to its limit, headers included", () => {
  assert.equal(violationOf("PUB a 1000\r\n"), undefined);
  assert.equal(violationOf("PUB a 1001\r\n"), "Maximum Payload Violation");
  assert.equal(violationOf("HPUB a 1 1000\r\n"), undefined);
  assert.equal(violationOf("HPUB a 1 1001\r\n"), "Maximum Payload Violation");
});

/** Server-sent events to pages that read, and to those that are slow. */

import assert from "node:assert/strict";
import { eventOf, Streams } from "../../../lib/live/streams.ts";

const text = (chunk: Uint8Array | undefined) => new TextDecoder().decode(chunk);

Deno.test("a page is sent all at first, and then each message", async () => {
  const streams = new Streams(() => "all");
  const reader = streams.open().getReader();
  streams.send("one");
  streams.send("two");
  const read = [];
  for (let n = 0; n < 3; n++) read.push(text((await reader.read()).value));
  assert.deepEqual(read, ["all", "one", "two"]);
});

Deno.test("a page that is slow misses messages, and catches up with all at once", async () => {
  let version = 0;
  const streams = new Streams(() => `all ${version}`);
  const slow = streams.open().getReader();
  const quick = streams.open().getReader();
  await quick.read();
  for (version = 1; version <= 100; version++) {
    streams.send(String(version));
    assert.equal(text((await quick.read()).value), String(version));
  }
  // What was sent before it fell behind; nothing is kept for it beyond that.
  const kept = [];
  for (let n = 0; n < 20; n++) kept.push(text((await slow.read()).value));
  assert.deepEqual([kept[0], kept[1], kept[19]], ["all 0", "1", "19"]);
  streams.send("101");
  assert.equal(text((await slow.read()).value), "all 101");
  streams.send("102");
  assert.equal(text((await slow.read()).value), "102");
});

async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string[]> {
  const read = [];
  for await (const chunk of stream) read.push(text(chunk));
  return read;
}

Deno.test("the last message reaches a page that is behind, with all before it, and then it ends", async () => {
  const streams = new Streams(() => "all;");
  const [prompt, slow] = [streams.open(), streams.open()];
  const promptly = readAll(prompt);
  for (let n = 1; n <= 30; n++) {
    streams.send(`${n};`);
    await Promise.resolve();
  }
  streams.end("last;");
  assert.equal(streams.count, 0);
  assert.equal((await promptly).at(-1), "last;");
  const read = await readAll(slow);
  assert.deepEqual([read.length, read.at(-2), read.at(-1)], [21, "19;", "all;last;"]);
});

Deno.test("a page that is opened after the last message is sent all, and the last one", async () => {
  const streams = new Streams(() => "all;");
  streams.end("last;");
  streams.end("");
  assert.deepEqual(await readAll(streams.open()), ["all;last;"]);
});

Deno.test("a page that goes away is forgotten", async () => {
  const streams = new Streams(() => "all");
  const one = streams.open();
  streams.open();
  await one.cancel();
  assert.equal(streams.count, 1);
});

Deno.test("eventOf() is one line of data, whatever is in it", () => {
  assert.equal(eventOf("a", { b: "c\n\nevent: d" }), 'event: a\ndata: {"b":"c\\n\\nevent: d"}\n\n');
});

/** Server-sent events to pages that read, that are slow, and that are stuck. */

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
  const streams = new Streams(() => `all ${version}`, () => 0);
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

Deno.test("a page that reads nothing for 15 s is closed", () => {
  let nowMs = 0;
  const streams = new Streams(() => "all", () => nowMs);
  streams.open();
  for (; nowMs <= 15_000; nowMs += 100) streams.send("more");
  assert.equal(streams.count, 1);
  for (; nowMs <= 20_000; nowMs += 100) streams.send("more");
  assert.equal(streams.count, 0);
});

Deno.test("a page that goes away is forgotten, and the others are closed at the end", async () => {
  const streams = new Streams(() => "all");
  const [one, other] = [streams.open(), streams.open()];
  await one.cancel();
  assert.equal(streams.count, 1);
  streams.close();
  const reader = other.getReader();
  assert.equal(text((await reader.read()).value), "all");
  assert.equal((await reader.read()).done, true);
});

Deno.test("eventOf() is one line of data, whatever is in it", () => {
  assert.equal(eventOf("a", { b: "c\n\nevent: d" }), 'event: a\ndata: {"b":"c\\n\\nevent: d"}\n\n');
});

import assert from "node:assert/strict";
import { KnownServers, MAX_LEARNED } from "../../lib/bus/known_servers.ts";

Deno.test("KnownServers tries servers in the order given, then those it learned of", () => {
  const known = new KnownServers(["a:1", "b:2"]);
  assert.deepEqual(known.inTurn(), ["a:1", "b:2"]);
  known.last = "a:1";
  known.learn(["10.0.0.3:3", "b:2"]);
  assert.deepEqual(known.inTurn(), ["a:1", "b:2", "10.0.0.3:3"]);
});

Deno.test("KnownServers tries the server it was on last first, or last where it is suspect", () => {
  const known = new KnownServers(["a:1", "b:2", "c:3"]);
  known.last = "b:2";
  assert.deepEqual(known.inTurn(), ["b:2", "a:1", "c:3"]);
  known.suspect = true;
  assert.deepEqual(known.inTurn(), ["a:1", "c:3", "b:2"]);
});

Deno.test("KnownServers learns of so many servers at most, and keeps those it was given", () => {
  const known = new KnownServers(["a:1"]);
  known.learn(Array.from({ length: 10_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}:1`));
  assert.equal(known.inTurn().length, 1 + MAX_LEARNED);
  assert.equal(known.inTurn()[0], "a:1");
});

import assert from "node:assert/strict";
import { KnownServers } from "../../lib/bus/nats/known_servers.ts";

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

Deno.test("KnownServers verifies what it learned by the name of the host that named it", () => {
  const known = new KnownServers(["nats.example:4222"]);
  known.last = "nats.example:4222";
  known.learn(["10.0.0.2:4222"]);
  assert.equal(known.learned.get("10.0.0.2:4222"), "nats.example");
  known.last = "10.0.0.2:4222"; // whose own name is the same
  known.learn(["10.0.0.3:4222"]);
  assert.equal(known.learned.get("10.0.0.3:4222"), "nats.example");
});

Deno.test("KnownServers verifies what an address named by its own address", () => {
  const known = new KnownServers(["127.0.0.1:4222", "[::1]:4222"]);
  for (const last of ["127.0.0.1:4222", "[::1]:4222"]) {
    known.last = last;
    known.learn(["10.0.0.2:4222"]);
    assert.equal(known.learned.get("10.0.0.2:4222"), undefined);
  }
});

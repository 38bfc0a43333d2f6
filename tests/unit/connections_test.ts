import assert from "node:assert/strict";
import { Connections } from "../../lib/stats/connections.ts";

const S = 1e6;

Deno.test("Connections counts reconnections by what made them necessary", () => {
  const connections = new Connections();
  connections.follow({ type: "connected", server: "a:1", afterMs: 5 }, 0);
  for (let n = 0; n < 3; n++) {
    connections.follow({ type: "disconnected", server: "a:1" }, n * S);
    connections.follow({ type: "reconnected", server: "a:1", afterMs: 5 }, n * S + 5000);
  }
  connections.follow({ type: "unresponsive", server: "a:1", forMs: 250 }, 4 * S);
  connections.follow({ type: "disconnected", server: "a:1" }, 4 * S);
  connections.follow({ type: "reconnected", server: "b:1", afterMs: 5 }, 5 * S);
  connections.follow({ type: "moved", server: "c:1", from: "b:1" }, 6 * S);
  assert.deepEqual(connections.reconnects, { lost: 3, unresponsive: 1, moved: 1 });
});

Deno.test("Connections knows the server at a moment, of the last 64 changes", () => {
  const connections = new Connections();
  assert.equal(connections.serverAt(0), undefined);
  connections.follow({ type: "connected", server: "s0", afterMs: 5 }, S);
  assert.equal(connections.serverAt(S - 1), undefined);
  for (let n = 1; n <= 64; n++) {
    connections.follow({ type: "moved", server: `s${n}`, from: "s" }, n * S + S);
  }
  assert.equal(connections.serverAt(3 * S - 1), "s1");
  assert.equal(connections.serverAt(100 * S), "s64");
  assert.equal(connections.serverAt(S), undefined); // forgotten
});

Deno.test("Connections has the server it is connected to, or was last, by what it says of itself", () => {
  const connections = new Connections();
  assert.equal(connections.server, undefined);
  const identity = { product: "nats-server 2.9.10", name: "n1", cluster: "c1" };
  connections.follow({ type: "connected", server: "a:1", ...identity, afterMs: 5 }, 0);
  connections.follow({ type: "disconnected", server: "a:1" }, S);
  assert.deepEqual(connections.server, { address: "a:1", ...identity });
  connections.follow({ type: "reconnected", server: "b:1", afterMs: 5 }, 2 * S);
  assert.deepEqual(connections.server, { address: "b:1" });
});

Deno.test("serverAt() has the version of a server, and the name and the cluster that it was given", () => {
  const connections = new Connections();
  const named = { server: "a:1", name: "n1", cluster: "c1" };
  connections.follow({ type: "connected", ...named, afterMs: 5 }, 0);
  assert.equal(connections.serverAt(0), "a:1 (n1 of c1)");
  const product = "nats-server 2.9.10";
  connections.follow({ type: "moved", ...named, product, from: "a:1" }, S / 2);
  assert.equal(connections.serverAt(S / 2), "a:1 (n1 of c1, nats-server 2.9.10)");
  const madeUp = { server: "b:1", name: `N${"A2".repeat(27)}B`, cluster: "c1" };
  connections.follow({ type: "reconnected", ...madeUp, afterMs: 5 }, S);
  assert.equal(connections.serverAt(S), "b:1");
  connections.follow({ type: "reconnected", ...madeUp, product, afterMs: 5 }, 2 * S);
  assert.equal(connections.serverAt(2 * S), "b:1 (nats-server 2.9.10)");
});

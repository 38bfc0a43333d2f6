import assert from "node:assert/strict";
import { TlsNames } from "../../lib/bus/nats/tls_names.ts";

Deno.test("TlsNames verifies what was learned by the name of the host that named it", () => {
  const names = new TlsNames(["nats.example:4222"]);
  names.learn("nats.example:4222", ["10.0.0.2:4222"]);
  assert.equal(names.of("10.0.0.2:4222"), "nats.example");
  names.learn("10.0.0.2:4222", ["10.0.0.3:4222"]); // whose own name is the same
  assert.equal(names.of("10.0.0.3:4222"), "nats.example");
});

Deno.test("TlsNames verifies what an address named by its own address", () => {
  const names = new TlsNames(["127.0.0.1:4222", "[::1]:4222"]);
  for (const from of ["127.0.0.1:4222", "[::1]:4222"]) {
    names.learn(from, ["10.0.0.2:4222"]);
    assert.equal(names.of("10.0.0.2:4222"), undefined);
  }
});

Deno.test("TlsNames verifies a server that was given by its own host, whoever names it", () => {
  const names = new TlsNames(["nats.example:4222", "10.0.0.2:4222"]);
  names.learn("nats.example:4222", ["10.0.0.2:4222"]);
  assert.equal(names.of("10.0.0.2:4222"), undefined);
});

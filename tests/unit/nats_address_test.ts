import assert from "node:assert/strict";
import { isAddress, readServers } from "../../lib/bus/nats/address.ts";

for (
  const [written, ...addresses] of [
    ["localhost", "localhost:4222"],
    ["127.0.0.1", "127.0.0.1:4222"],
    ["server.example.com:4333", "server.example.com:4333"],
    ["nats://localhost:4333", "localhost:4333"],
    ["NATS://localhost/", "localhost:4222"],
    ["[::1]", "[::1]:4222"],
    ["[::1]:4333", "[::1]:4333"],
    ["::1", "[::1]:4222"],
    ["2001:db8::7", "[2001:db8::7]:4222"],
    ["nats://[2001:db8::7]:4333", "[2001:db8::7]:4333"],
    ["a:1,b:2", "a:1", "b:2"],
    [" a , b:2 ", "a:4222", "b:2"],
    ["a:65535", "a:65535"],
  ]
) {
  Deno.test(`readServers() reads ${JSON.stringify(written)}`, () => {
    assert.deepEqual(readServers(written), { addresses, tls: false });
  });
}

Deno.test("readServers() insists on TLS for all where one is written tls://", () => {
  assert.deepEqual(readServers("a:1,tls://b:2"), { addresses: ["a:1", "b:2"], tls: true });
});

for (
  const written of [
    "",
    "a,",
    "a,,b",
    "host name",
    "host:",
    "host:port",
    "host:0",
    "host:65536",
    "host:99999",
    "http://host:4222",
    "nats://",
    "nats://host/path",
    "[::1",
    "[::g]",
    "::1::2",
    "999.1.1.1",
    "host\n:4222",
  ]
) {
  Deno.test(`readServers() refuses ${JSON.stringify(written)}`, () => {
    assert.throws(() => readServers(written), SyntaxError);
  });
}

Deno.test("readServers() quotes the one of several that is wrong", () => {
  assert.throws(() => readServers("a:1,b:x"), /"b:x"/);
});

for (
  const written of [
    "nats://me:secret@host",
    "me:secret@host:4222",
    "host,tls://me:secret@host",
    "nats://me:sec,secret@host",
    "nats://me:sec/secret@host",
    "nats://secret@host",
    "http://me:secret@host",
  ]
) {
  Deno.test(`readServers() refuses the credentials in ${written} without a word of them`, () => {
    assert.throws(
      () => readServers(written),
      (error: Error) => error instanceof SyntaxError && !/sec|secret/.test(error.message),
    );
  });
}

for (
  const named of [
    "",
    "a",
    "a b:1",
    "a:0",
    "a:65536",
    "[::1",
    "http://a:1",
    "me:secret@a:1",
    "a:1,b:2",
    "a:1/",
    " a:1",
    "a\u200b:1",
    "999.1.1.1:1",
    5,
    null,
    {},
  ]
) {
  Deno.test(`isAddress() takes ${JSON.stringify(named)} of a cluster for none`, () => {
    assert.equal(isAddress(named), false);
  });
}

for (const named of ["a:1", "10.0.0.1:4222", "[::1]:4222", "nats-1.example:65535"]) {
  Deno.test(`isAddress() takes ${named}`, () => assert.equal(isAddress(named), true));
}

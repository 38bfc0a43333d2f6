import assert from "node:assert/strict";
import { reasonOf } from "../../lib/bus/reason.ts";

const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

for (
  const [error, reason] of [
    [coded("ENOTFOUND", "getaddrinfo ENOTFOUND nowhere.invalid"), "unknown host name"],
    [
      new Error("failed to lookup address information: Name or service not known"),
      "unknown host name",
    ],
    [
      new Error("failed to lookup address information: Temporary failure in name resolution"),
      "the name server does not answer",
    ],
    [coded("EAI_AGAIN", "getaddrinfo EAI_AGAIN a"), "the name server does not answer"],
    [new Error("failed to lookup address information: ?"), "the host name cannot be looked up"],
    [coded("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1"), "connection refused"],
    [new Deno.errors.ConnectionRefused("Connection refused (os error 111)"), "connection refused"],
    [coded("ECONNRESET", "read ECONNRESET"), "connection reset"],
    [coded("EHOSTUNREACH", "connect EHOSTUNREACH 10.0.0.1:1"), "no route to the host"],
    [new Error("Network is unreachable (os error 101)"), "the network is unreachable"],
    [new Error("Maximum Payload Violation"), "Maximum Payload Violation"],
    [
      new Error("a server may say ECONNRESET, or anything"),
      "a server may say ECONNRESET, or anything",
    ],
    ["text", "text"],
    [undefined, "undefined"],
  ] as [unknown, string][]
) {
  Deno.test(`reasonOf() puts ${error} as "${reason}"`, () => {
    assert.equal(reasonOf(error), reason);
  });
}

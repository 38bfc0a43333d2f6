import assert from "node:assert/strict";
import { frameOf } from "../../lib/bus/nats/publish.ts";

Deno.test("frameOf() counts the bytes of headers and body", () => {
  assert.equal(
    frameOf("app1_tick", "1.5", { name: "Tick", text: "1; seq=0" }),
    "HPUB app1_tick 28 31\r\nNATS/1.0\r\nTick: 1; seq=0\r\n\r\n1.5\r\n",
  );
});

Deno.test("frameOf() writes none where there is no header", () => {
  assert.equal(frameOf("a", "1", undefined), "PUB a 1\r\n1\r\n");
});

for (
  const [what, subject, body, header] of [
    ["a subject with a line of its own", "a\r\nPUB b 0", "1", "1"],
    ["a subject with a space", "a b", "1", "1"],
    ["no subject", "", "1", "1"],
    ["a subject that isn't ASCII", "ä", "1", "1"],
    ["a header with a line of its own", "a", "1", "1\r\nOther: 2"],
    ["a header that isn't ASCII", "a", "1", "ä"],
    ["a body that isn't ASCII", "a", "ä", "1"],
  ] as const
) {
  Deno.test(`frameOf() leaves ${what} to the client`, () => {
    assert.equal(frameOf(subject, body, { name: "Tick", text: header }), undefined);
  });
}

Deno.test("frameOf() leaves what is longer than the server takes to the client", () => {
  assert.notEqual(frameOf("a", "1", { name: "A", text: "1" }, 19), undefined);
  assert.equal(frameOf("a", "1", { name: "A", text: "1" }, 18), undefined);
  assert.notEqual(frameOf("a", "123", undefined, 3), undefined);
  assert.equal(frameOf("a", "123", undefined, 2), undefined);
});

Deno.test("frameOf() has room for an answer and for a header beside", () => {
  const rides = { reply: "_INBOX.a", beside: { name: "Id", text: "7" } };
  assert.equal(
    frameOf("a", "1.5", { name: "Tick", text: "1" }, Infinity, rides),
    "HPUB a _INBOX.a 28 31\r\nNATS/1.0\r\nTick: 1\r\nId: 7\r\n\r\n1.5\r\n",
  );
  assert.equal(
    frameOf("a", "1.5", undefined, Infinity, { reply: "_INBOX.a" }),
    "PUB a _INBOX.a 3\r\n1.5\r\n",
  );
});

import assert from "node:assert/strict";
import type { Fate } from "../../lib/bus/bus.ts";
import { Outstanding } from "../../lib/bus/outstanding.ts";

function setup(options: { limit?: number } = {}) {
  let nowMs = 0;
  const outstanding = new Outstanding({ timeoutMs: 1000, nowMs: () => nowMs, ...options });
  const fates: string[] = [];
  return {
    outstanding,
    fates,
    add: (name: string) =>
      outstanding.add((fate: Fate) => {
        fates.push(`${name} ${fate.type}${"reason" in fate ? `: ${fate.reason}` : ""}`);
      }),
    pass(ms: number) {
      nowMs += ms;
      outstanding.expire();
    },
    [Symbol.dispose]: () => outstanding.end("over"),
  };
}

Deno.test("Outstanding gives each message one fate, the first that is known", () => {
  using one = setup();
  const a = one.add("a");
  one.outstanding.settle(a, { type: "acknowledged" });
  one.outstanding.settle(a, { type: "refused", reason: "full" });
  one.pass(5000);
  assert.deepEqual(one.fates, ["a acknowledged"]);
  assert.equal(one.outstanding.size, 0);
});

Deno.test("Outstanding is unconfirmed after its time, and not before", () => {
  using one = setup();
  one.add("a");
  one.pass(999);
  assert.deepEqual(one.fates, []);
  one.pass(1);
  assert.deepEqual(one.fates, ["a unconfirmed: not acknowledged in time"]);
});

Deno.test("Outstanding is bounded: the oldest one goes first", () => {
  using one = setup({ limit: 2 });
  for (const name of ["a", "b", "c"]) one.add(name);
  assert.deepEqual(one.fates, ["a unconfirmed: too many are unacknowledged"]);
  assert.equal(one.outstanding.size, 2);
});

Deno.test("Outstanding has no fate for what wasn't sent", () => {
  using one = setup();
  one.outstanding.forget(one.add("a"));
  one.pass(5000);
  assert.deepEqual(one.fates, []);
});

Deno.test("Outstanding ends with its connection, and settled() says so", async () => {
  using one = setup();
  one.add("a");
  const settled = one.outstanding.settled();
  one.outstanding.end("connection lost");
  await assert.rejects(settled, /connection lost/);
  assert.deepEqual(one.fates, ["a unconfirmed: connection lost"]);
});

Deno.test("Outstanding.settled() resolves with the last word", async () => {
  using one = setup();
  await one.outstanding.settled();
  const tokens = [one.add("a"), one.add("b")];
  let isSettled = false;
  const settled = one.outstanding.settled().then(() => isSettled = true);
  one.outstanding.settle(tokens[1], { type: "acknowledged" });
  await Promise.resolve();
  assert.equal(isSettled, false);
  one.outstanding.settle(tokens[0], { type: "unroutable" });
  await settled;
  assert.deepEqual(one.fates, ["b acknowledged", "a unroutable"]);
});

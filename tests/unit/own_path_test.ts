import assert from "node:assert/strict";
import { OwnPath } from "../../lib/time/own_path.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";

const net = { permissions: { net: ["127.0.0.1"] } };
const wait = () => Promise.resolve();

/** Each reading is later than the one before by the next of these, again and again. */
function clockOf(...stepsUs: number[]) {
  let us = 0;
  let readings = 0;
  return {
    monoUs: () => (us += stepsUs[readings++ % stepsUs.length]) as MonoUs,
    wallUs: () => 0 as WallUs,
  };
}

Deno.test("OwnPath takes the median of what twenty messages take to itself", net, async () => {
  const path = new OwnPath();
  assert.equal(path.us, undefined);
  // Between the two readings of a message: 50, 10, 90, 50, …
  const clock = clockOf(1000, 50, 1000, 10, 1000, 90);
  await path.measure({ clock, wait, signal: new AbortController().signal });
  assert.equal(path.us, 50);
});

Deno.test("OwnPath ends with the signal, and has what it has by then", net, async () => {
  const path = new OwnPath();
  const end = new AbortController();
  let waits = 0;
  await path.measure({
    clock: clockOf(1000, 40),
    wait() {
      if (++waits === 3) end.abort();
      return wait();
    },
    signal: end.signal,
  });
  assert.equal(waits, 3);
  assert.equal(path.us, 40);
});

Deno.test(
  "OwnPath has nothing to say without a permission for it, and asks for none",
  { permissions: { net: ["127.0.0.1:4222"] } },
  async () => {
    const path = new OwnPath();
    await path.measure({ clock: clockOf(1), wait, signal: new AbortController().signal });
    assert.equal(path.us, undefined);
  },
);

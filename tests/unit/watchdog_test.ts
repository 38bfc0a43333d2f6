import assert from "node:assert/strict";
import type { Connection } from "../../lib/bus/driver.ts";
import { watch } from "../../lib/bus/watchdog.ts";
import { fakeTime } from "../support/fake_time.ts";

for (const busy of [false, true]) {
  const what = busy ? "busy" : "silent";
  Deno.test(`watch() ends at once with its signal while a ${what} server owes an answer`, async () => {
    const { clock, wait, pass, until } = fakeTime();
    const end = new AbortController();
    const connection = { probe: () => new Promise(() => {}) } as unknown as Connection;
    const watching = watch({
      ...{ clock, wait, signal: end.signal },
      silentMs: () => 10_000,
      everyMs: 100,
      connection: () => connection,
      receivedUs: () => busy ? clock.monoUs() : -Infinity,
      onAnswer: () => assert.fail("it answers nothing"),
      onSilent: () => assert.fail("it has time"),
    });
    await pass(busy ? 11_000 : 5000);
    const endedUs = clock.monoUs();
    end.abort();
    await until(watching);
    assert.equal(clock.monoUs(), endedUs);
  });
}

for (const behindMs of [0, 5000]) {
  const what = behindMs > 0
    ? "waits for its answer behind what isn't read yet"
    : "gives it up else";
  Deno.test(`watch() of a server that owes an answer: ${what}`, async () => {
    const { clock, wait, pass, until } = fakeTime();
    const end = new AbortController();
    let silent = 0;
    const connection = { behindMs, probe: () => new Promise(() => {}) } as unknown as Connection;
    const watching = watch({
      ...{ clock, wait, signal: end.signal },
      silentMs: () => 1000,
      everyMs: 100,
      connection: () => connection,
      receivedUs: () => clock.monoUs(),
      onAnswer: () => assert.fail("it answers nothing"),
      onSilent: () => silent++,
    });
    await pass(1600);
    end.abort();
    await until(watching);
    assert.equal(silent, behindMs > 0 ? 0 : 1);
  });
}

import assert from "node:assert/strict";
import type { Connection, Reading } from "../../lib/bus/driver.ts";
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

const FLOWING: Reading = { behindMs: 0, isFlowing: true };

interface Story {
  forMs: number;
  reading?: Reading;
  /** Until when something is received. */
  untilUs?: number;
  /** How long an answer takes, where there is one. */
  answerMs?: number;
}

/** How often a server is given up that owes an answer. */
async function givenUp(
  { forMs, reading, untilUs = Infinity, answerMs = Infinity }: Story,
): Promise<number> {
  const { clock, wait, pass, until } = fakeTime();
  const end = new AbortController();
  let silent = 0;
  const probe = () => answerMs < Infinity ? wait(answerMs, end.signal) : new Promise(() => {});
  const connection = { probe, reading } as unknown as Connection;
  const watching = watch({
    ...{ clock, wait, signal: end.signal },
    silentMs: () => 1000,
    everyMs: 100,
    connection: () => connection,
    receivedUs: () => Math.min(clock.monoUs(), untilUs),
    onAnswer() {},
    onSilent: () => silent++,
  });
  await pass(forMs);
  end.abort();
  await until(watching);
  return silent;
}

Deno.test("watch() gives up a server that owes an answer, though it brings something", async () => {
  assert.equal(await givenUp({ forMs: 1600, reading: { behindMs: 0, isFlowing: false } }), 1);
});

Deno.test("watch() gives up a server of whose reads nothing is known", async () => {
  assert.equal(await givenUp({ forMs: 1600 }), 1);
});

Deno.test("watch() waits for an answer behind what isn't read yet", async () => {
  assert.equal(await givenUp({ forMs: 60_000, reading: { behindMs: 5000, isFlowing: true } }), 0);
});

Deno.test("watch() waits for an answer behind what flows, for half a minute", async () => {
  const after = (forMs: number) => givenUp({ forMs, reading: FLOWING });
  assert.deepEqual([await after(30_000), await after(32_500)], [0, 1]);
});

Deno.test("watch() waits on where answers come behind what flows, each of them late", async () => {
  assert.equal(await givenUp({ forMs: 100_000, reading: FLOWING, answerMs: 3000 }), 0);
});

Deno.test("watch() gives up a server that flowed, once nothing of it has come for two seconds", async () => {
  const after = (forMs: number) => givenUp({ forMs, reading: FLOWING, untilUs: 5e6 });
  assert.deepEqual([await after(6900), await after(7100)], [0, 1]);
});

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

/** How often a server is given up that owes an answer, in so many milliseconds of what it brings meanwhile. */
async function givenUp(
  forMs: number,
  owing: Partial<Connection>,
  receivedUs: (nowUs: number) => number = (nowUs) => nowUs,
): Promise<number> {
  const { clock, wait, pass, until } = fakeTime();
  const end = new AbortController();
  let silent = 0;
  const connection = { probe: () => new Promise(() => {}), ...owing } as unknown as Connection;
  const watching = watch({
    ...{ clock, wait, signal: end.signal },
    silentMs: () => 1000,
    everyMs: 100,
    connection: () => connection,
    receivedUs: () => receivedUs(clock.monoUs()),
    onAnswer: () => assert.fail("it answers nothing"),
    onSilent: () => silent++,
  });
  await pass(forMs);
  end.abort();
  await until(watching);
  return silent;
}

Deno.test("watch() gives up a server that owes an answer, though it brings something", async () => {
  assert.equal(await givenUp(1600, { behindMs: 0, isFlowing: false }), 1);
});

Deno.test("watch() waits for an answer behind what isn't read yet", async () => {
  assert.equal(await givenUp(60_000, { behindMs: 5000 }), 0);
});

Deno.test("watch() waits for an answer behind what flows, for half a minute", async () => {
  const owing = { behindMs: 0, isFlowing: true };
  assert.deepEqual([await givenUp(30_000, owing), await givenUp(32_500, owing)], [0, 1]);
});

Deno.test("watch() gives up a server that flowed, once nothing of it has come for two seconds", async () => {
  const owing = { behindMs: 0, isFlowing: true };
  const receivedUs = (nowUs: number) => Math.min(nowUs, 5e6);
  const givenUpBy = (ms: number) => givenUp(ms, owing, receivedUs);
  assert.deepEqual([await givenUpBy(6900), await givenUpBy(7100)], [0, 1]);
});

Deno.test("watch() waits on where answers come from behind what flows, each of them late", async () => {
  const { clock, wait, pass, until } = fakeTime();
  const end = new AbortController();
  const probe = () => wait(3000, end.signal);
  const connection = { probe, behindMs: 0, isFlowing: true } as unknown as Connection;
  const watching = watch({
    ...{ clock, wait, signal: end.signal },
    silentMs: () => 1000,
    everyMs: 100,
    connection: () => connection,
    receivedUs: () => clock.monoUs(),
    onAnswer() {},
    onSilent: () => assert.fail("it answers"),
  });
  await pass(100_000);
  end.abort();
  await until(watching);
});

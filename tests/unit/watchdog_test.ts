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

interface Story {
  forMs: number;
  behindMs?: number;
  isFlowing?: boolean;
  silentMs?: number;
  /** Until when something is read. */
  untilUs?: number;
  /** How long an answer takes, where there is one. */
  answerMs?: number;
  /** When another connection takes the place of the first. */
  otherFromUs?: number;
}

/** How often a server is given up that owes an answer. */
async function givenUp(story: Story): Promise<number> {
  const { forMs, behindMs = 0, isFlowing = false, silentMs = 1000 } = story;
  const { untilUs = Infinity, answerMs = Infinity, otherFromUs = Infinity } = story;
  const { clock, wait, pass, until } = fakeTime();
  const end = new AbortController();
  let silent = 0;
  const receivedUs = () => clock.monoUs() < untilUs ? clock.monoUs() : untilUs;
  const reading: Reading = {
    ...{ behindMs, isFlowing },
    get readUs() {
      return receivedUs();
    },
  };
  const probe = () => answerMs < Infinity ? wait(answerMs, end.signal) : new Promise(() => {});
  const [first, other] = [1, 2].map(() => ({ probe, reading }) as unknown as Connection);
  const watching = watch({
    ...{ clock, wait, signal: end.signal },
    silentMs: () => silentMs,
    everyMs: 100,
    connection: () => clock.monoUs() < otherFromUs ? first : other,
    receivedUs,
    onAnswer() {},
    onSilent: () => silent++,
  });
  await pass(forMs);
  end.abort();
  await until(watching);
  return silent;
}

Deno.test("watch() gives up a server that owes an answer, though it brings something", async () => {
  assert.equal(await givenUp({ forMs: 1600 }), 1);
});

Deno.test("watch() waits for an answer behind what isn't read yet", async () => {
  assert.equal(await givenUp({ forMs: 60_000, behindMs: 5000, isFlowing: true }), 0);
});

Deno.test("watch() waits for an answer behind what flows, for half a minute", async () => {
  const after = (forMs: number) => givenUp({ forMs, isFlowing: true });
  assert.deepEqual([await after(29_900), await after(30_100)], [0, 1]);
});

Deno.test("watch() waits for half a minute of each connection that flows", async () => {
  assert.equal(await givenUp({ forMs: 49_000, isFlowing: true, otherFromUs: 20e6 }), 0);
});

Deno.test("watch() waits on where answers come behind what flows, each of them late", async () => {
  assert.equal(await givenUp({ forMs: 100_000, isFlowing: true, answerMs: 3000 }), 0);
});

Deno.test("watch() gives up a server that flowed, once nothing of it has come for two seconds", async () => {
  const after = (forMs: number) => givenUp({ forMs, isFlowing: true, untilUs: 5e6 });
  assert.deepEqual([await after(6900), await after(7100)], [0, 1]);
});

Deno.test("watch() gives up a server that flowed, once nothing of it has come for as long as it has for an answer", async () => {
  const after = (forMs: number) =>
    givenUp({ forMs, isFlowing: true, silentMs: 4000, untilUs: 1e6 });
  assert.deepEqual([await after(5900), await after(6100)], [0, 1]);
});

Deno.test("watch() gives up a server of which nothing was ever read", async () => {
  assert.equal(await givenUp({ forMs: 1100, isFlowing: true, untilUs: -Infinity }), 1);
});

import assert from "node:assert/strict";
import { type MonoUs, systemClock as clock } from "../../lib/time/clock.ts";
import { exactSleeper } from "../../lib/time/exact_sleeper.ts";
import { EARLY_US, type Sleeper, timerSleeper } from "../../lib/time/sleeper.ts";
import { timeout } from "../../lib/time/wait.ts";
import { permissionsOf, startApp } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { deadline } from "../support/deadline.ts";
import { broker, needsRun } from "../support/nats_server.ts";

const after = (us: number) => clock.monoUs() + us as MonoUs;

async function worker(): Promise<Sleeper> {
  const ready = Promise.withResolvers<void>();
  const sleeper = exactSleeper(clock, { onReady: ready.resolve });
  await deadline(10_000, "worker", ready.promise);
  return sleeper;
}

const KINDS: [string, () => Promise<Sleeper>][] = [
  ["timerSleeper()", () => Promise.resolve(timerSleeper(clock))],
  ["exactSleeper()", worker],
];

for (const [name, open] of KINDS) {
  Deno.test(`${name} never wakes more than ${EARLY_US} µs early`, async () => {
    using sleeper = await open();
    for (const us of [0, 100, 1_234, 3_000, 10_000]) {
      const dueUs = after(us);
      await deadline(10_000, "waking", sleeper.until(dueUs));
      assert.ok(clock.monoUs() >= dueUs - EARLY_US, `${dueUs - clock.monoUs()} µs early`);
    }
  });

  Deno.test(`${name} doesn't wait for a moment that is over`, async () => {
    using sleeper = await open();
    await deadline(10_000, "waking", sleeper.until(after(-1_000_000)));
  });

  Deno.test(`${name} wakes as soon as the signal aborts`, async () => {
    using sleeper = await open();
    const end = new AbortController();
    const sleeping = sleeper.until(after(3600e6), end.signal);
    end.abort();
    await deadline(10_000, "waking", sleeping);
  });

  Deno.test(`${name} doesn't wait where the signal has aborted`, async () => {
    using sleeper = await open();
    await deadline(10_000, "waking", sleeper.until(after(3600e6), AbortSignal.abort()));
  });

  Deno.test(`${name} sleeps again after the signal of another sleep aborted`, async () => {
    using sleeper = await open();
    const end = new AbortController();
    const sleeping = sleeper.until(after(3600e6), end.signal);
    end.abort();
    await deadline(10_000, "waking", sleeping);
    const dueUs = after(5_000);
    await deadline(10_000, "waking", sleeper.until(dueUs));
    assert.ok(clock.monoUs() >= dueUs - EARLY_US);
  });
}

/** Wakes at equal distances from a moment on; how late that was at least, which a busy machine adds nothing to. */
async function lateUs(sleeper: Sleeper, everyUs: number, fromUs: MonoUs, times: number) {
  const late: number[] = [];
  for (let beat = 1; beat <= times; beat++) {
    const dueUs = fromUs + beat * everyUs as MonoUs;
    await deadline(10_000, "waking", sleeper.until(dueUs));
    late.push(clock.monoUs() - dueUs);
  }
  return Math.min(...late);
}

Deno.test("exactSleeper() is not a half distance late after a moment off its grid", async () => {
  using sleeper = await worker();
  await lateUs(sleeper, 2_000, after(0), 60); // until the thread goes on by itself
  const [everyUs, times] = [20_000, 9];
  const startUs = after(0);
  const onGridUs = await lateUs(sleeper, everyUs, startUs, times);
  // Over already: the thread is not asked for it, and goes on with the grid before it.
  const dueUs = startUs + (times + 0.5) * everyUs as MonoUs;
  while (clock.monoUs() < dueUs);
  await sleeper.until(dueUs);
  const offGridUs = await lateUs(sleeper, everyUs, dueUs, times);
  const moreUs = offGridUs - onGridUs;
  assert.ok(moreUs < everyUs / 4 + Math.max(onGridUs, 0), `${moreUs} µs later than before`);
});

Deno.test("exactSleeper() misses no wake-up where moments come faster than it can follow", async () => {
  const ready = Promise.withResolvers<void>();
  const fallbacks: string[] = [];
  using sleeper = exactSleeper(clock, {
    onReady: ready.resolve,
    onFallback: (reason) => void fallbacks.push(reason),
  });
  await deadline(10_000, "thread", ready.promise);
  for (let beat = 0; beat < 5_000; beat++) {
    await deadline(10_000, "waking", sleeper.until(after(50 + beat % 200)));
  }
  assert.deepEqual(fallbacks, []);
});

Deno.test("exactSleeper() wakes whoever sleeps when it is disposed of", async () => {
  const sleeper = await worker();
  const sleeping = sleeper.until(after(3600e6));
  sleeper[Symbol.dispose]();
  await deadline(10_000, "waking", sleeping);
});

/** A sleeper whose thread runs something else, and what is said of it. */
function withThread(source: string) {
  const ready = Promise.withResolvers<void>();
  const fallback = Promise.withResolvers<string>();
  const sleeper = exactSleeper(clock, {
    source,
    onReady: ready.resolve,
    onFallback: fallback.resolve,
  });
  return { sleeper, ready: ready.promise, fallback: fallback.promise };
}

async function stillSleeps(sleeper: Sleeper) {
  const dueUs = after(5_000);
  await deadline(10_000, "waking", sleeper.until(dueUs));
  assert.ok(clock.monoUs() >= dueUs - EARLY_US);
}

Deno.test("exactSleeper() reports a thread that does not start, and goes on with a timer", async () => {
  const { sleeper, fallback } = withThread("throw new Error('no thread')");
  using _sleeper = sleeper;
  await stillSleeps(sleeper);
  assert.match(await deadline(10_000, "fallback", fallback), /no thread/);
  await stillSleeps(sleeper);
});

Deno.test("exactSleeper() reports a thread that cannot wake this one, and goes on with a timer", async () => {
  const { sleeper, fallback } = withThread("self.postMessage('started')");
  using _sleeper = sleeper;
  await stillSleeps(sleeper);
  assert.equal(
    await deadline(10_000, "fallback", fallback),
    "the timer thread cannot wake the main thread",
  );
  await stillSleeps(sleeper);
});

const DIES_SILENTLY = `self.onmessage = ({ data: { state } }) => {
  Atomics.add(state, 1, 1);
  Atomics.notify(state, 1);
  self.close();
};`;

Deno.test("exactSleeper() doesn't hang where its thread dies, and goes on with a timer", async () => {
  const { sleeper, ready, fallback } = withThread(DIES_SILENTLY);
  using _sleeper = sleeper;
  await deadline(10_000, "thread", ready);
  await stillSleeps(sleeper);
  assert.equal(await deadline(10_000, "fallback", fallback), "the timer thread has died");
  await stillSleeps(sleeper);
});

Deno.test("exactSleeper() asks its thread for nothing that is nearer than waking takes", async () => {
  const { sleeper, ready, fallback } = withThread(DIES_SILENTLY);
  using _sleeper = sleeper;
  await deadline(10_000, "thread", ready);
  let said: string | undefined;
  fallback.then((reason) => said = reason);
  let turns = 0;
  for (let beat = 0; beat < 50; beat++) {
    setImmediate(() => turns++);
    await deadline(10_000, "waking", sleeper.until(after(100)));
  }
  assert.equal(said, undefined);
  assert.equal(turns, 50); // others had theirs
});

Deno.test("exactSleeper() goes on where the thread that is to wake it fails meanwhile", async () => {
  const { sleeper, ready, fallback } = withThread(
    DIES_SILENTLY.replace("self.close()", "setTimeout(() => { throw new Error('broken') }, 100)"),
  );
  using _sleeper = sleeper;
  await deadline(10_000, "thread", ready);
  const dueUs = after(300_000);
  await deadline(10_000, "waking", sleeper.until(dueUs));
  assert.ok(clock.monoUs() >= dueUs - EARLY_US);
  assert.match(await fallback, /broken/);
});

Deno.test("exactSleeper() says nothing when it is disposed of before its thread has started", async () => {
  const { sleeper, fallback } = withThread("self.postMessage('started')");
  sleeper[Symbol.dispose]();
  const said = await Promise.race([fallback, timeout(0)]);
  assert.equal(said, undefined);
});

Deno.test(
  "app1 ticks with a plain timer, and reports it, where V8 wakes no thread",
  needsRun,
  async () => {
    await using server = await broker();
    using peer = await barePeer(server.address, ["app1_tick"]);
    const permissions = ["--v8-flags=--single-threaded", ...permissionsOf("app1")];
    await using app = startApp("app1.ts", ["--server", server.address], { permissions });
    await app.err.find("event", ({ text }) => text.includes("using a plain timer"));
    const ticks = peer.messages.items.length;
    await peer.messages.reach(ticks + 10, "ticks");
  },
);

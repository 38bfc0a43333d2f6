/** Ten minutes without a server, in no real time, with all statistics on: nothing grows. */

import assert from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import { link } from "../../lib/bus/link.ts";
import { exchange } from "../../lib/exchange.ts";
import { readExpectation } from "../../lib/expect.ts";
import { Feed } from "../../lib/live/feed.ts";
import { IntervalRule } from "../../lib/rule/interval_rule.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import { turn } from "../../lib/time/wait.ts";
import { type FakeTime, fakeTime } from "../support/fake_time.ts";
import { MemoryBus } from "../support/memory_driver.ts";

const SERVER = "a:1";
const EVERY_US = 1e6;
/** Of what is allotted lazily, by us or by the engine. Of 54,000 slots, ten bytes of each would be more. */
const MAX_BYTES = 2 ** 19;

/** What is held weakly, as signals are, goes only in turns of its own. */
async function usedBytes(): Promise<number> {
  v8.setFlagsFromString("--expose-gc");
  const gc = vm.runInNewContext("gc");
  for (let n = 0; n < 5; n++) {
    gc();
    await turn();
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** An app with every consumer of its statistics there is. */
function start(time: FakeTime, memory: MemoryBus, name: string, peer: string, intervalUs: number) {
  const { clock, wait, sleeper } = time;
  const end = new AbortController();
  const run = name.padEnd(8, "0");
  const startUs = clock.monoUs();
  const recorder = new Recorder({ run, intervalUs, lossTimeoutUs: 1e6, everyUs: EVERY_US });
  // What it keeps to be looked at fills up to its own bound, as its own test shows: nobody looks here.
  const feed = new Feed(clock);
  recorder.follow(feed, startUs);
  const [shown, judged] = [EVERY_US, EVERY_US].map((us) => recorder.intervals(us, startUs));
  const rule = new IntervalRule([readExpectation("loss<50%")], { expectEveryUs: EVERY_US });
  const summary = () => summaryOf({ name, startUs, recorder, clock, ended: false });
  const bus = link(memory, {
    ...{ servers: [SERVER], clock, wait, republish: true },
    onRoundTrip: (us) => recorder.roundTrip(us),
    onEvent: (event) => recorder.bus(event, clock.monoUs()),
  });
  const running = exchange(bus, {
    ...{ run, publish: `${name}_tick`, subscribe: `${peer}_tick`, intervalUs, recorder },
    report: { tick() {}, event: (event) => feed.event(event) },
    ...{ clock, wait, sleeper, signal: end.signal },
  });
  return {
    summary,
    look() {
      const nowUs = clock.monoUs();
      shown.next(nowUs);
      rule.judge(judged.next(nowUs), summary());
    },
    async end() {
      end.abort();
      await running;
      await bus[Symbol.asyncDispose]();
    },
  };
}

Deno.test("ten minutes of outage take no more memory than one, with ticks that have no word yet", async () => {
  const time = fakeTime();
  const memory = new MemoryBus(time.wait);
  const app = start(time, memory, "app1", "app2", 10_000);
  const peer = start(time, memory, "app2", "app1", EVERY_US);
  async function pass(seconds: number) {
    for (let second = 0; second < seconds; second++) {
      await time.pass(1000);
      for (const each of [app, peer]) each.look();
    }
  }
  await pass(10);
  memory.roundTripMs = 200;
  await time.pass(150);
  memory.kill(SERVER);
  await pass(60);
  const { fates } = app.summary().schedule;
  assert.equal(fates!.pending, 15);
  const early = await usedBytes();
  await pass(540);
  const grown = await usedBytes() - early;
  const { unsent, fates: still } = app.summary().schedule;
  assert.ok(unsent > 59_000, `${unsent} not sent`);
  assert.deepEqual(still, fates);
  assert.ok(grown < MAX_BYTES, `grown by ${grown} bytes`);
  console.log(`${grown} bytes more after ten minutes than after one`);
  await time.until(Promise.all([app.end(), peer.end()]));
  const { sent, fates: last } = app.summary().schedule;
  assert.equal(last!.unconfirmed, 15);
  assert.equal(sent, last!.acknowledged + last!.unconfirmed);
});

/** What waits for an offset: in its order, and as it came. */

import assert from "node:assert/strict";
import { Era } from "../../lib/stats/delay/era.ts";
import type { Sample } from "../../lib/stats/delay/sample.ts";
import { WaitingSamples } from "../../lib/stats/delay/waiting.ts";
import type { Follower } from "../../lib/stats/interval/kept.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { EPOCH_US } from "../support/simulation.ts";

const era = new Era();

function sample(seq: number): Sample {
  return {
    ...{ seq, era, dtUs: 300.5 - seq, atUs: 1.8e15 + seq, monoUs: seq * 0.25 as MonoUs },
    ...{ duringStall: seq % 2 > 0, stale: seq % 3 > 0 },
  };
}

function seqs(samples: Sample[]): number[] {
  return samples.map(({ seq }) => seq);
}

Deno.test("what waits comes out as it went in, the oldest first", () => {
  const waiting = new WaitingSamples(era, 20);
  const all = Array.from({ length: 20 }, (_, seq) => sample(seq));
  for (const each of all) assert.equal(waiting.push(each, false), undefined);
  assert.deepEqual(waiting.all(), all);
  assert.ok(waiting.all().every((each) => each.era === era));
  assert.deepEqual(waiting.takeAll(), all);
  assert.deepEqual([waiting.length, waiting.all()], [0, []]);
});

Deno.test("where no more may wait, the oldest gives way to the newest", () => {
  const waiting = new WaitingSamples(era, 3);
  const gone = [0, 1, 2, 3, 4].map((seq) => waiting.push(sample(seq), false)?.seq);
  assert.deepEqual(gone, [undefined, undefined, undefined, 0, 1]);
  assert.deepEqual([waiting.length, seqs(waiting.all())], [3, [2, 3, 4]]);
});

for (const keepsFrom of [0, 1, 7, 8, 9, 20, 100]) {
  Deno.test(`the order of what waits holds where some are kept elsewhere from tick ${keepsFrom} on`, () => {
    const waiting = new WaitingSamples(era, 8);
    const expected: number[] = [];
    for (let seq = 0; seq < 100; seq++) {
      const gone = waiting.push(sample(seq), seq >= keepsFrom && seq % 5 < 2);
      expected.push(seq);
      assert.equal(gone?.seq, expected.length > 8 ? expected.shift() : undefined);
      assert.deepEqual(seqs(waiting.all()), expected);
      if (seq % 31 === 30) assert.deepEqual(seqs(waiting.takeAll()), expected.splice(0));
    }
  });
}

Deno.test("of a tick that is kept elsewhere the same object comes out, so that the delay can be found in it", () => {
  const waiting = new WaitingSamples(era, 8);
  const all = Array.from({ length: 12 }, (_, seq) => sample(seq));
  const gone = all.map((each) => waiting.push(each, each.seq % 2 === 0));
  for (const each of [...gone.slice(8) as Sample[], ...waiting.takeAll()]) {
    each.delay = { delayUs: each.seq, boundUs: 1 };
  }
  for (const { seq, delay } of all) {
    assert.equal(delay?.delayUs, seq % 2 === 0 ? seq : undefined, `tick ${seq}`);
  }
});

const OURS = "aaaaaaaa";
const TICKS = 100;

/** A peer that echoes only its last forty ticks; a millisecond either way. */
function receiveAll(recorder: Recorder, onTick: (n: number) => void) {
  for (let n = 0; n < TICKS; n++) {
    onTick(n);
    const [monoUs, wallUs] = [n * 10_000 as MonoUs, EPOCH_US + n * 10_000 as WallUs];
    recorder.about({ wallUs, monoUs, seq: n });
    const ours = { run: OURS, seq: n, signUs: wallUs };
    const echo = n >= TICKS - 40 ? { ...ours, realUs: wallUs + 1000 as WallUs } : undefined;
    recorder.received({
      ...{ subject: "peer", signUs: wallUs + 1000 as WallUs, realUs: wallUs + 2000 as WallUs },
      monoUs: monoUs + 2000 as MonoUs,
      header: { run: "bbbbbbbb", seq: n, timerErrorUs: 0, unsent: 0, skipped: 0, echo },
    });
  }
}

for (const joins of [1, 30]) {
  for (const keeps of [true, false]) {
    const how = keeps ? "finds each delay in what it keeps" : "keeps nothing, and no delay is lost";
    Deno.test(`who follows a peer from tick ${joins} on ${how}`, () => {
      const recorder = new Recorder({ run: OURS, intervalUs: 10_000, lossTimeoutUs: 1e6 });
      const followed: Sample[] = [];
      const follower: Follower = {
        received() {},
        sampled: (sample) => followed.push(sample) > 0 && keeps,
        givenUp() {},
        forgotten() {},
      };
      receiveAll(recorder, (n) => {
        const consumer = { follow: () => follower };
        if (n === joins) recorder.peers.get("peer")!.followers.add(consumer, n * 10_000 as MonoUs);
      });
      const peer = recorder.peers.get("peer")!.statistics(TICKS * 10_000 as MonoUs);
      assert.deepEqual([peer.delay?.count, peer.unplaced], [TICKS, 0]);
      assert.equal(followed.length, TICKS - joins);
      const placed = followed.filter(({ delay }) => delay).length;
      assert.equal(placed === TICKS - joins, keeps, `${placed}`);
    });
  }
}

/** What waits for an offset: in its order, and as it came. */

import assert from "node:assert/strict";
import { Era } from "../../lib/stats/delay/era.ts";
import type { Sample } from "../../lib/stats/delay/sample.ts";
import type { MonoUs } from "../../lib/time/clock.ts";

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
  const { waiting } = new Era();
  const all = Array.from({ length: 20 }, (_, seq) => sample(seq));
  all.forEach((each) => waiting.push(each, false));
  assert.deepEqual(waiting.all().map((each) => ({ ...each, era })), all);
  assert.deepEqual(seqs([waiting.shift(), waiting.shift()]), [0, 1]);
  assert.deepEqual([waiting.length, seqs(waiting.all())], [18, seqs(all.slice(2))]);
});

Deno.test("the order of what waits holds while it goes in and out, and where more room is taken in between", () => {
  const { waiting } = new Era();
  let next = 0;
  let oldest = 0;
  const expected: number[] = [];
  for (let round = 1; round < 60; round++) {
    for (let n = 0; n < round % 23; n++) {
      expected.push(next);
      waiting.push(sample(next++), n % 5 === 0);
    }
    for (let n = 0; n < round % 17 && expected.length > 0; n++) {
      assert.equal(waiting.shift().seq, expected.shift());
      oldest++;
    }
    assert.deepEqual(seqs(waiting.all()), expected);
  }
  assert.ok(oldest > 300 && expected.length > 64, `${oldest} gone, ${expected.length} wait`);
  assert.deepEqual(seqs(waiting.takeAll()), expected);
  assert.deepEqual([waiting.length, waiting.all()], [0, []]);
});

Deno.test("who follows a tick that waits finds the delay in the one that he has", () => {
  const { waiting } = new Era();
  const followed = Array.from({ length: 40 }, (_, seq) => sample(seq));
  for (const each of followed) waiting.push(each, each.seq % 2 === 0);
  waiting.shift();
  waiting.push(sample(40), false);
  const all = waiting.takeAll();
  for (const each of all) {
    assert.equal(followed.includes(each), each.seq % 2 === 0 && each.seq < 40, `${each.seq}`);
  }
});

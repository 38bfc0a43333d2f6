/** What is kept sparsely, beside the same kept plainly, at random. */

import assert from "node:assert/strict";
import { SparseCounts } from "../../lib/stats/delay/counts.ts";
import { Variation } from "../../lib/stats/delay/variation.ts";
import { SeenWindow } from "../../lib/stats/sequence/window.ts";
import { type Random, seeded } from "../support/simulation.ts";

const whole = (random: Random, below: number) => Math.floor(random() * below);

Deno.test("SparseCounts has what a plain array has, and finds the n-th of all", () => {
  const random = seeded(1);
  for (const range of [3, 100, 40_000, 390_000]) {
    const counts = new SparseCounts();
    const plain = new Map<number, number>();
    for (let n = 0; n < 300; n++) {
      const index = whole(random, range);
      const count = random() < 0.02 ? 2 ** 33 : 1 + whole(random, 3);
      counts.add(index, count);
      plain.set(index, (plain.get(index) ?? 0) + count);
    }
    const sorted = [...plain].toSorted(([a], [b]) => a - b);
    assert.deepEqual([...counts], sorted);
    assert.equal(counts.total, sorted.reduce((sum, [, count]) => sum + count, 0));
    let before = 0;
    for (const [index, count] of sorted) {
      assert.equal(counts.indexOf(before + 1), index);
      assert.equal(counts.indexOf(before += count), index);
    }
    counts.clear();
    assert.deepEqual([[...counts], counts.total], [[], 0]);
  }
});

for (
  const [what, range, adds, most] of [
    ["of more indices than a list takes", 5000, 4000, 1],
    ["of more than a list's cell takes", 20, 4000, 100],
    ["at indices that no list's cell takes", 2 ** 20, 500, 1],
  ] as const
) {
  Deno.test(`SparseCounts has counts ${what}`, () => {
    const random = seeded(2);
    const counts = new SparseCounts();
    const plain = new Map<number, number>();
    for (let n = 0; n < adds; n++) {
      const index = whole(random, range);
      const count = 1 + whole(random, most);
      counts.add(index, count);
      plain.set(index, (plain.get(index) ?? 0) + count);
    }
    assert.ok(plain.size > 1024 || plain.values().some((count) => count > 8191) || range > 2 ** 19);
    assert.deepEqual([...counts], [...plain].toSorted(([a], [b]) => a - b));
  });
}

Deno.test("SeenWindow knows what has come, be there gaps from the start, later, or never", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = seeded(seed);
    const window = new SeenWindow();
    const seen = new Set<number>();
    const first = whole(random, 50);
    let highest = first;
    window.see(first);
    seen.add(first);
    for (let n = 0; n < 3000; n++) {
      const kind = random();
      // None are missing in the first quarter of most.
      const jump = kind < 0.02 && (n > 700 || seed % 4 === 0) ? 1 + whole(random, 9000) : 0;
      if (kind > 0.9) {
        const seq = Math.max(first, highest - whole(random, 200));
        window.see(seq);
        seen.add(seq);
        continue;
      }
      const seq = highest + 1 + jump;
      if (jump > 0) window.miss(highest + 1, seq);
      window.see(seq);
      seen.add(highest = seq);
    }
    for (let seq = Math.max(first, highest - 16_383); seq <= highest; seq++) {
      assert.equal(window.has(seq), seen.has(seq), `${seq}`);
    }
    assert.equal(window.has(highest - 16_384), undefined);
  }
});

Deno.test("Variation has the pairs that a record of all numbers has", () => {
  for (let seed = 0; seed < 50; seed++) {
    const random = seeded(seed);
    // Each comes up to so many places later, or never.
    const apart = [1, 5, 100][seed % 3];
    const order = Array.from({ length: 2000 }, (_, seq) => ({ seq, at: seq + random() * apart }))
      .filter(() => random() > 0.1).toSorted((a, b) => a.at - b.at);
    const variation = new Variation();
    const dtUs = new Map<number, number>();
    let [pairs, sum, max] = [0, 0, 0];
    for (const { seq } of order) {
      const us = whole(random, 10_000);
      for (const other of [dtUs.get(seq - 1), dtUs.get(seq + 1)]) {
        if (other === undefined) continue;
        pairs++;
        sum += Math.abs(us - other);
        max = Math.max(max, Math.abs(us - other));
      }
      dtUs.set(seq, us);
      variation.record(us, seq);
    }
    const told = variation.statistics();
    assert.deepEqual([told.pairs, told.ipdvMaxUs], [pairs, max]);
    assert.ok(Math.abs(told.ipdvMeanUs - sum / pairs) < 1e-6);
  }
});

import assert from "node:assert/strict";
import { PagedCounts } from "../../lib/stats/delay/paged_counts.ts";
import { seeded } from "../support/simulation.ts";

Deno.test("PagedCounts finds the n-th in whatever order it is asked, also after more was counted", () => {
  const random = seeded(26);
  const below = (most: number) => Math.floor(random() * most);
  const counts = new PagedCounts();
  const all: number[] = [];
  for (let round = 0; round < 200; round++) {
    const index = below(random() < 0.5 ? 40 : 5000);
    const count = 1 + below(3);
    counts.add(index, count);
    all.push(...Array(count).fill(index));
    all.sort((a, b) => a - b);
    for (let asked = 0; asked < 6; asked++) {
      const nth = 1 + below(all.length);
      assert.equal(counts.indexOf(nth), all[nth - 1], `${nth} of ${all.length}`);
    }
    assert.deepEqual([1, all.length].map((nth) => counts.indexOf(nth)), [all[0], all.at(-1)]);
    assert.ok(Number.isNaN(counts.indexOf(all.length + 1)));
  }
});

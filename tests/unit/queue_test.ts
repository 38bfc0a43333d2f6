import assert from "node:assert/strict";
import { BoundedQueue } from "../../lib/queue.ts";

Deno.test("BoundedQueue gives what was added, in order, and knows how many wait", () => {
  const queue = new BoundedQueue<number>(10_000);
  const taken: number[] = [];
  for (let n = 0; n < 5000; n++) {
    assert.equal(queue.push(n), undefined);
    if (n % 3 === 0) taken.push(...queue.take(2));
    assert.equal(queue.length + taken.length, n + 1);
  }
  taken.push(...queue.take(Infinity));
  assert.deepEqual(taken, Array.from({ length: 5000 }, (_, n) => n));
  assert.deepEqual([queue.length, queue.take(5)], [0, []]);
});

Deno.test("BoundedQueue drops the oldest beyond its limit, and hands it back", () => {
  const queue = new BoundedQueue<number>(3);
  const dropped: unknown[] = [];
  for (let n = 0; n < 1000; n++) dropped.push(queue.push(n));
  assert.deepEqual(dropped.slice(0, 5), [undefined, undefined, undefined, 0, 1]);
  assert.deepEqual(queue.take(10), [997, 998, 999]);
});

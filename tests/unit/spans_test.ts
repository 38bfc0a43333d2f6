import assert from "node:assert/strict";
import { coveredUs, Spans } from "../../lib/stats/spans.ts";

function spans(...all: [fromUs: number, toUs?: number][]): Spans {
  const made = new Spans();
  for (const [fromUs, toUs] of all) {
    made.open(fromUs);
    if (toUs !== undefined) made.close(toUs);
  }
  return made;
}

Deno.test("within() gives what spans cover of a stretch, in order", () => {
  const three = spans([0, 10], [20, 30], [40]);
  assert.deepEqual(three.within(5, 45), [
    { fromUs: 5, toUs: 10 },
    { fromUs: 20, toUs: 30 },
    { fromUs: 40, toUs: 45 },
  ]);
  assert.deepEqual(three.within(10, 20), []);
  assert.deepEqual(three.within(12, 25), [{ fromUs: 20, toUs: 25 }]);
  assert.deepEqual(three.within(50, 60), [{ fromUs: 50, toUs: 60 }]);
  assert.deepEqual(spans().within(0, 1), []);
});

Deno.test("coveredUs() counts once what several cover", () => {
  const [a, b] = [spans([0, 10], [20, 30]), spans([5, 25])];
  assert.equal(coveredUs(a.within(0, 30), b.within(0, 30)), 30);
  assert.equal(coveredUs(), 0);
});

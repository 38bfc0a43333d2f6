/** One frame after the other, however long one takes. */

import assert from "node:assert/strict";
import { redraw } from "../../../lib/live/redraw.ts";

Deno.test("redraw() draws at once, again after a while, and sooner when it is asked to", async () => {
  const drawn = [0, 1, 2].map(() => Promise.withResolvers<number>());
  let count = 0;
  await using drawing = redraw(() => {
    drawn[count++]?.resolve(performance.now());
    return Promise.resolve();
  });
  const firstMs = await drawn[0].promise;
  const secondMs = await drawn[1].promise;
  assert.ok(secondMs - firstMs > 490, `${secondMs - firstMs} ms apart`);
  drawing.soon(); // too soon after the second one
  await new Promise((resolve) => setTimeout(resolve, 260));
  drawing.soon();
  await drawn[2].promise;
});

Deno.test("redraw() begins no frame before the last one is done, and ends after it", async () => {
  const frame = Promise.withResolvers<void>();
  let [begun, isEnded] = [0, false];
  const drawing = redraw(() => {
    begun++;
    return frame.promise;
  });
  const ended = drawing[Symbol.asyncDispose]().then(() => isEnded = true);
  drawing.soon();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual([begun, isEnded], [1, false]);
  frame.resolve();
  await ended;
  assert.equal(begun, 1);
});

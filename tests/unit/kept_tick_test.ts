import assert from "node:assert/strict";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { KeptTick } from "../../lib/stats/peer/kept_tick.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";

function tickAt(us: number, seq?: number, more = {}): ReceivedTick {
  const times = { signUs: us as WallUs, realUs: us + 2 as WallUs, monoUs: us + 3 as MonoUs };
  if (seq === undefined) return { subject: "a", ...times };
  const header = { run: "aaaa", seq, timerErrorUs: 7, unsent: seq + 1, skipped: seq + 2, ...more };
  return { subject: "a", ...times, header };
}

const told = ({ signUs, realUs, monoUs, header }: KeptTick) => [signUs, realUs, monoUs, header];

Deno.test("KeptTick leaves a tick that was received as it is, and keeps the next one beside it", () => {
  const first = tickAt(10, 0);
  const kept = KeptTick.over(first, tickAt(20, 1));
  assert.deepEqual(first, tickAt(10, 0));
  const header = { run: "aaaa", seq: 1, unsent: 2, skipped: 3, steps: undefined, last: undefined };
  assert.deepEqual(told(kept), [20, 22, 23, header]);
});

Deno.test("KeptTick has nothing left of the tick before", () => {
  let kept = KeptTick.over(undefined, tickAt(10, 0, { run: "bbbb", steps: 1, last: true }));
  const before = kept;
  kept = KeptTick.over(kept, tickAt(20, 1));
  assert.equal(kept, before);
  const header = { run: "aaaa", seq: 1, unsent: 2, skipped: 3, steps: undefined, last: undefined };
  assert.deepEqual(told(kept), [20, 22, 23, header]);
  assert.equal(kept.nth, 2);
  assert.equal(KeptTick.over(kept, tickAt(30)).header, undefined);
  assert.equal(KeptTick.over(kept, tickAt(40, 2)).header?.seq, 2);
});

/** What a screen keeps of the last minutes. */

import assert from "node:assert/strict";
import { Recent } from "../../../lib/live/recent.ts";
import { Era } from "../../../lib/stats/delay/era.ts";
import type { Sample } from "../../../lib/stats/delay/sample.ts";
import type { MonoUs, WallUs } from "../../../lib/time/clock.ts";

const S = 1e6;
const era = new Era();
const at = (s: number) => s * S as MonoUs;

function placed(delayUs: number, monoUs: MonoUs): Sample {
  const flags = { duringStall: false, stale: false };
  const delay = { delayUs, boundUs: 1 };
  return { dtUs: delayUs, seq: 1, atUs: monoUs, monoUs, ...flags, era, delay };
}

function counts(recent: Recent, count: number, now: MonoUs) {
  return recent.chartOf("a", count, now)!.columns.map((column) => column?.count);
}

Deno.test("columns of two seconds end with the one that is being filled", () => {
  const recent = new Recent(at(100));
  const follower = recent.follow("a");
  for (const s of [104.1, 105.9, 106, 109]) follower.sampled(placed(500, at(s)));
  // What arrives may be taken in 0.2 s later: until then the column before is the last one.
  assert.deepEqual(counts(recent, 6, at(110.1)), [undefined, undefined, undefined, 2, 1, 1]);
  assert.deepEqual(counts(recent, 6, at(110.3)), [undefined, undefined, 2, 1, 1, 0]);
  assert.deepEqual(counts(recent, 3, at(120.3)), [0, 0, 0]);
  assert.equal(recent.chartOf("b", 6, at(110)), undefined);
});

Deno.test("as many columns are kept as the widest screen shows", () => {
  const recent = new Recent(at(0));
  const follower = recent.follow("a");
  for (let s = 1; s < 1000; s += 2) follower.sampled(placed(500, at(s)));
  const kept = counts(recent, 250, at(1000));
  assert.deepEqual(kept.filter((count) => count === 1).length, 200);
  assert.deepEqual(kept.slice(0, 50), Array(50).fill(undefined));
});

Deno.test("the last twenty outages are kept", () => {
  const recent = new Recent(at(0));
  const counts = { missing: 0, unsent: 0, skipped: 0 };
  for (let n = 0; n < 25; n++) {
    const [startUs, endUs] = [n as WallUs, n as WallUs];
    const outage = { startUs, endUs, lengthUs: 1, ...counts, cause: "unknown" } as const;
    recent.event({ type: "outage", subject: "a", ...outage });
  }
  recent.event({ type: "stall", forMs: 5 });
  assert.deepEqual(
    recent.outages.map(({ startUs }) => startUs),
    Array.from({ length: 20 }, (_, n) => n + 5),
  );
});

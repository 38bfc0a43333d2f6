/** The account of a path: what is known at both ends. */

import assert from "node:assert/strict";
import { pathOf } from "../../../lib/mesh/path.ts";
import type { ScheduleStatistics } from "../../../lib/stats/schedule.ts";
import { delayFigures, peerFigures } from "../../support/statistics.ts";

/** 1000 slots: 900 sent, 60 unsent, 40 skipped. */
const schedule: ScheduleStatistics = {
  ...{ run: "bbbbbbbb", intervalUs: 10_000, slots: 1000, sent: 900, unsent: 60, skipped: 40 },
  ...{ timerError: delayFigures(), stalls: 0, longestStallUs: 0 },
};
/** From slot 10 to slot 799: 790 = 700 + 20 + 50 + 20. */
const { sequence } = peerFigures();
const peer = peerFigures({
  sequence: {
    ...sequence,
    ...{ slots: 790, received: 700, lost: 20, pending: 0, unsent: 50, skipped: 20 },
  },
});
const reception = { peer, firstSeq: 10, last: { seq: 799, unsent: 50, skipped: 20 } };
const sum = ({ before, received, lost, unsent, skipped, pending }: ReturnType<typeof pathOf>) =>
  before + received + lost + unsent + skipped + pending;

Deno.test("pathOf() counts what was sent after the last tick received as lost, at the end", () => {
  // 200 slots after it: 10 unsent, 20 skipped, 170 sent.
  const path = pathOf({ from: 0, to: 1, schedule, reception, underWay: 0 });
  const { slots, before, received, lost, unsent, skipped, pending } = path;
  assert.deepEqual([slots, before, received, lost, unsent, skipped, pending], [
    ...[1000, 10, 700, 190, 60, 40, 0],
  ]);
  assert.equal(sum(path), 1000);
  assert.equal(path.peer!.sequence.lost, 190);
});

Deno.test("pathOf() takes so many of those for being under way, before the end", () => {
  const path = pathOf({ from: 0, to: 1, schedule, reception, underWay: 120 });
  assert.deepEqual([path.lost, path.pending], [70, 120]);
  assert.equal(sum(path), 1000);
});

Deno.test("pathOf() has all lost that was sent where nothing was ever received", () => {
  const path = pathOf({ from: 0, to: 1, schedule, underWay: 0 });
  assert.deepEqual([path.received, path.lost, path.unsent, path.skipped], [0, 900, 60, 40]);
  assert.equal(path.peer, undefined);
  assert.equal(sum(path), 1000);
});

Deno.test("pathOf() adds nothing to what was received to its last slot", () => {
  const all = { peer, firstSeq: 10, last: { seq: 999, unsent: 60, skipped: 40 } };
  const path = pathOf({ from: 0, to: 1, schedule, reception: all, underWay: 0 });
  assert.deepEqual([path.lost, path.pending], [20, 0]);
});

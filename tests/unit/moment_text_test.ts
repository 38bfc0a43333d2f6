import assert from "node:assert/strict";
import { intervalText, snapshotText } from "../../lib/report/text/moment.ts";
import { delayFigures, peerFigures, summary } from "../support/statistics.ts";

Deno.test("snapshotText() is one line", () => {
  assert.equal(
    snapshotText(summary()),
    "app1 1 min 40 s: sent 9970, 10 not sent, 20 missed; " +
      "app2_tick received 9950, lost 13, 2 outages, delay p50 0.300, max 3.000 ms",
  );
  assert.match(snapshotText(summary({ peers: [] })), /; no ticks received$/);
});

Deno.test("snapshotText() has ten peers, and counts the others", () => {
  const peers = Array.from({ length: 12 }, (_, n) => peerFigures({ subject: `tick.${n}` }));
  const text = snapshotText(summary({ peers }));
  assert.match(text, /tick\.9 .*; and 2 more peers$/);
  assert.ok(!text.includes("\n"));
});

const INTERVAL = {
  ...{ subject: "app2_tick", of: "delay", lengthUs: 1e6, longestGapUs: 10_000 } as const,
  dt: delayFigures(),
  ...{ received: 100, lost: 2, unread: 0, unsent: 0, skipped: 0 },
};

Deno.test("intervalText() is one line", () => {
  assert.equal(
    intervalText({ ...INTERVAL, statistics: delayFigures() }),
    "app2_tick: received 100, lost 2, delay p50 0.300, p99 0.900, max 3.000 ms",
  );
});

Deno.test("intervalText() says what was not sent, missed, and why, where there is any of it", () => {
  const interval = { ...INTERVAL, unsent: 7, skipped: 3, statistics: delayFigures() };
  assert.match(
    intervalText(interval, "peer's connection lost"),
    /, lost 2, 7 not sent, 3 missed, outage \(peer's connection lost\), delay /,
  );
});

Deno.test("intervalText() says nothing of losses where they aren't known", () => {
  const interval = { ...INTERVAL, lost: 0, isUncounted: true, statistics: delayFigures() } as const;
  assert.match(intervalText(interval), /^app2_tick: received 100, delay p50 /);
});

Deno.test("intervalText() has no delays of an interval without ticks", () => {
  const text = intervalText({ ...INTERVAL, received: 0, statistics: delayFigures({ count: 0 }) });
  assert.equal(text, "app2_tick: received 0, lost 2");
});

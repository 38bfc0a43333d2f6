import assert from "node:assert/strict";
import { intervalText, intervalTexts, snapshotText } from "../../lib/report/text/moment.ts";
import { delayFigures, intervalFigures, peerFigures, summary } from "../support/statistics.ts";

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

Deno.test("intervalText() is one line", () => {
  assert.equal(
    intervalText(intervalFigures()),
    "app2_tick: received 100, lost 2, delay p50 0.300, p99 0.900, max 3.000 ms",
  );
});

Deno.test("intervalText() says what was not sent, missed, and why, where there is any of it", () => {
  const interval = intervalFigures({ unsent: 7, skipped: 3 });
  assert.match(
    intervalText(interval, "peer's connection lost"),
    /, lost 2, 7 not sent, 3 missed, outage \(peer's connection lost\), delay /,
  );
});

Deno.test("intervalText() says nothing of losses where they aren't known", () => {
  const interval = intervalFigures({ lost: 0, isUncounted: true });
  assert.match(intervalText(interval), /^app2_tick: received 100, delay p50 /);
});

Deno.test("intervalText() has no delays of an interval without ticks", () => {
  const statistics = delayFigures({ count: 0 });
  const text = intervalText(intervalFigures({ received: 0, statistics }));
  assert.equal(text, "app2_tick: received 0, lost 2");
});

Deno.test("intervalTexts() has a line for each of a few peers", () => {
  const all = ["a", "b"].map((subject) => intervalFigures({ subject }));
  const texts = intervalTexts(
    [...all, ...all],
    (subject) => subject === "a" ? "unknown" : undefined,
  );
  assert.deepEqual(texts.map((text) => text.slice(0, 2)), ["a:", "b:", "a:", "b:"]);
  assert.match(texts[0], /outage \(unknown\)/);
});

Deno.test("intervalTexts() names the worst of many peers, and sums the others up", () => {
  const all = Array.from({ length: 1000 }, (_, n) =>
    intervalFigures({
      subject: `tick.${n}`,
      ...{ received: 100 - n % 2, lost: n === 500 ? 9 : n % 2, unsent: n === 0 ? 7 : 0 },
      longestGapUs: n,
    }));
  const texts = intervalTexts([...all, ...all], () => undefined);
  assert.equal(texts.length, 32);
  assert.match(texts[0], /^tick\.500: received 100, lost 9, /);
  assert.match(texts[1], /^tick\.999: received 99, lost 1, /);
  // 1,000 peers received 99,500 and lost 509; of those named, 1 received 100 and lost 9, and 14 99 and 1 each.
  assert.equal(texts[15], "985 more peers: received 98014, lost 486, 7 not sent");
  assert.deepEqual(texts.slice(16), texts.slice(0, 16));
});

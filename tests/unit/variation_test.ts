import assert from "node:assert/strict";
import { Variation } from "../../lib/stats/delay/variation.ts";

/** Ticks as sequence number and dt in µs, in the order in which they arrive. */
function variationOf(ticks: [seq: number | undefined, dtUs: number][]): Variation {
  const variation = new Variation();
  for (const [seq, dtUs] of ticks) variation.record(dtUs, seq);
  return variation;
}

Deno.test("Variation is not known before there is a second tick", () => {
  assert.deepEqual(variationOf([[0, 500]]).statistics(), {
    jitterUs: NaN,
    pairs: 0,
    ipdvMeanUs: NaN,
    ipdvMaxUs: NaN,
  });
});

Deno.test("Variation gives the jitter of RFC 3550 §6.4.1", () => {
  // |D| = 160, 320, 0: J = 160/16 = 10; 10 + (320 - 10)/16 = 29.375; 29.375 - 29.375/16 = 27.5390625
  const ticks: [number, number][] = [[0, 1000], [1, 1160], [2, 840], [3, 840]];
  const jitters = ticks.map((_, n) => variationOf(ticks.slice(0, n + 1)).statistics().jitterUs);
  assert.deepEqual(jitters, [NaN, 10, 29.375, 27.539_062_5]);
});

Deno.test("Variation has the same jitter whatever is added to dt", () => {
  const ticks: [number, number][] = [[0, 1000], [1, 1160], [2, 840], [3, 840]];
  const shifted = ticks.map(([seq, dtUs]): [number, number] => [seq, dtUs - 3600e6]);
  assert.deepEqual(variationOf(shifted).statistics(), variationOf(ticks).statistics());
});

Deno.test("Variation takes the jitter in the order of arrival, and the IPDV in that of sending", () => {
  // dt by number: 100, 150, 130, 190. Arrival 0, 2, 1, 3: |D| = 30, 20, 40
  const { jitterUs, pairs, ipdvMeanUs, ipdvMaxUs } = variationOf([
    [0, 100],
    [2, 130],
    [1, 150],
    [3, 190],
  ]).statistics();
  const first = 30 / 16;
  const second = first + (20 - first) / 16;
  assert.equal(jitterUs, second + (40 - second) / 16);
  // |IPDV| = |150 - 100|, |130 - 150|, |190 - 130| (RFC 3393)
  assert.equal(pairs, 3);
  assert.ok(Math.abs(ipdvMeanUs - (50 + 20 + 60) / 3) < 1e-9);
  assert.equal(ipdvMaxUs, 60);
});

Deno.test("Variation makes no pair across a number that isn't there", () => {
  const { pairs, ipdvMaxUs, jitterUs } = variationOf([[0, 100], [1, 110], [3, 900], [4, 905]])
    .statistics();
  assert.deepEqual([pairs, ipdvMaxUs], [2, 10]);
  assert.ok(jitterUs > 40); // in arrival order, 900 does come after 110
});

Deno.test("Variation counts each pair once, however late its first half comes", () => {
  const ticks: [number, number][] = [];
  for (let seq = 1; seq < 1000; seq++) ticks.push([seq, 100]);
  const { pairs, ipdvMaxUs } = variationOf([...ticks, [0, 400]]).statistics();
  assert.deepEqual([pairs, ipdvMaxUs], [999, 300]);
});

Deno.test("Variation makes no pair of numbers that only share a place in its window", () => {
  const { pairs } = variationOf([[0, 100], [16_385, 200], [32_768, 300]]).statistics();
  assert.equal(pairs, 0);
});

Deno.test("Variation counts ticks without a number for the jitter only", () => {
  const { jitterUs, pairs } = variationOf([[undefined, 100], [undefined, 260]]).statistics();
  assert.deepEqual([jitterUs, pairs], [10, 0]);
});

Deno.test("Variation.restart() makes no change of what comes before and after", () => {
  const variation = variationOf([[0, 1000], [1, 1160]]);
  variation.restart();
  variation.record(-3600e6, 2);
  assert.deepEqual(variation.statistics(), {
    jitterUs: 10,
    pairs: 1,
    ipdvMeanUs: 160,
    ipdvMaxUs: 160,
  });
  variation.record(-3600e6 + 16, 3);
  assert.equal(variation.statistics().jitterUs, 10 + (16 - 10) / 16);
  assert.equal(variation.statistics().pairs, 2);
});

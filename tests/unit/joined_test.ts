/** Distributions that are added up after they were written. */

import assert from "node:assert/strict";
import encoding from "hdr-histogram-js/dist/encoding.js";
import { hdrText, readHdr } from "../../lib/stats/delay/hdr.ts";
import { DelayHistogram } from "../../lib/stats/delay/histogram.ts";
import { type Joined, JoinedSums } from "../../lib/stats/joined.ts";
import { normal, seeded } from "../support/simulation.ts";

function histogramOf(values: Iterable<number>): DelayHistogram {
  const histogram = new DelayHistogram();
  let seq = 0;
  for (const us of values) histogram.record(us, seq, 1_000_000 + seq++);
  return histogram;
}

function joinedOf(values: Iterable<number>): Joined {
  const sums = new JoinedSums();
  sums.of.delay.add(histogramOf(values));
  return sums.joined;
}

/** As a file has it. */
const throughJson = (joined: Joined): Joined => JSON.parse(JSON.stringify(joined));

const lognormal = (seed: number, count: number, scaleUs: number, fromUs = 0) => {
  const random = seeded(seed);
  return Array.from(
    { length: count },
    () => Math.round(fromUs + scaleUs * Math.exp(normal(random))),
  );
};

Deno.test("two written histograms of five and three values add up to that of all eight", () => {
  const [a, b] = [[20, 90, 40, 50, 100], [-30, 60, 100]];
  const sums = new JoinedSums();
  for (const values of [a, b]) sums.add(throughJson(joinedOf(values)));
  const { count, minUs, meanUs, deviationUs, percentilesUs, max } = sums.of.delay.statistics([
    ...[12.5, 50, 75, 99],
  ]);
  // Of the two of 100 µs the one that was seen first.
  assert.deepEqual([count, minUs, max.us, max.seq], [8, -30, 100, 2]);
  assert.equal(meanUs, 53.75); // 430 / 8
  // √((33.75² + 36.25² + 13.75² + 3.75² + 46.25² + 83.75² + 6.25² + 46.25²) / 7)
  assert.ok(Math.abs(deviationUs - 44.701_390_198_9) < 1e-9, String(deviationUs));
  assert.deepEqual(percentilesUs, { 12.5: -30, 50: 50, 75: 90, 99: 100 });
});

for (
  const [name, parts] of Object.entries({
    "of delays": [lognormal(1, 20_000, 300), lognormal(2, 20_000, 900), [5, 4_000_000]],
    "an hour off, to either side": [
      lognormal(3, 5000, 300, 3600e6),
      lognormal(4, 5000, 300, -3600e6),
    ],
    "of a clock that is at 0": [lognormal(5, 5000, 300, 1.795e15), lognormal(6, 500, 70, 1.795e15)],
    "with values beyond all buckets": [[0, 1, 2, 2 ** 36 + 2e6], [3, 2 ** 40]],
    "of which the later one has the lower base": [lognormal(7, 999, 4000, 1e6), [-1e6, 17, 2e7]],
  })
) {
  Deno.test(`written histograms ${name} add up to what one has that counted all of it`, () => {
    const sums = new JoinedSums();
    for (const part of parts) sums.add(throughJson(joinedOf(part)));
    const one = histogramOf(parts.flat());
    const percents = Array.from({ length: 200 }, (_, n) => (n + 1) / 2);
    const [joined, whole] = [sums.of.delay.statistics(percents), one.statistics(percents)];
    assert.deepEqual(joined.percentilesUs, whole.percentilesUs);
    assert.deepEqual([joined.count, joined.minUs, joined.max.us, joined.beyond], [
      ...[whole.count, whole.minUs, whole.max.us, whole.beyond],
    ]);
    for (const moment of ["meanUs", "deviationUs"] as const) {
      // A double resolves 0.25 µs where a clock that is at 0 is.
      assert.ok(Math.abs(joined[moment] - whole[moment]) < 0.5, moment);
    }
    // Whoever reads the written one anew has all of it.
    const again = new JoinedSums();
    again.add(throughJson(sums.joined));
    assert.deepEqual(again.joined.delay!.hdr, sums.joined.delay!.hdr);
  });
}

Deno.test("what is written is what HdrHistogram's own library reads", () => {
  const { baseUs, hdr, statistics } = joinedOf(lognormal(8, 10_000, 300, -5000)).delay!;
  const read = encoding.decodeFromCompressedBase64(hdr, 64);
  assert.equal(read.totalCount, 10_000);
  assert.equal(read.getValueAtPercentile(99) + baseUs, statistics.percentilesUs[99]);
});

Deno.test("values above each one's minimum are added up as each one's percentiles say", () => {
  const sum = new DelayHistogram();
  const [a, b] = [[1000, 1003, 1009], [70, 70, 75]].map(histogramOf);
  sum.addMoved(a, -1000);
  sum.addMoved(b, -70);
  const { count, minUs, meanUs, percentilesUs, max } = sum.statistics([34, 50, 67, 84, 99]);
  assert.deepEqual([count, minUs, meanUs, max.us], [6, 0, 17 / 6, 9]); // 0 3 9 0 0 5
  assert.deepEqual(percentilesUs, { 34: 0, 50: 0, 67: 5, 84: 9, 99: 9 });
});

Deno.test("a histogram of fewer digits that is moved alone has the percentiles it had", () => {
  const coarse = new DelayHistogram(3);
  for (const us of lognormal(9, 5000, 20_000)) coarse.record(us);
  const sum = new DelayHistogram();
  sum.addMoved(coarse, -coarse.minUs);
  for (const percent of [1, 50, 90, 99, 99.9, 100]) {
    const [moved, own] = [sum.percentileUs(percent), coarse.percentileUs(percent) - coarse.minUs];
    assert.ok(moved >= own && moved - own <= own / 10_000 + 1, `p${percent}: ${moved}, ${own}`);
  }
});

Deno.test("values of fewer digits are added as the largest that they may be, as a percentile is", () => {
  const coarse = new DelayHistogram(2);
  for (const us of lognormal(10, 5000, 20_000)) coarse.record(us);
  const sum = new DelayHistogram();
  sum.add(coarse);
  for (const percent of [1, 50, 90, 99, 99.9, 100]) {
    const [whole, own] = [sum.percentileUs(percent), coarse.percentileUs(percent)];
    assert.ok(whole >= own && whole - own <= own / 10_000 + 1, `p${percent}: ${whole}, ${own}`);
  }
});

Deno.test("readHdr() takes nothing that isn't whole, or would take memory or time without end", async () => {
  const good = hdrText({ digits: 4, counted: [[5, 3], [70, 1]] });
  assert.deepEqual(readHdr(good), { digits: 4, counted: [[5, 3], [70, 1]] });
  const bytes = Uint8Array.fromBase64(good);
  const zeros = async (length: number) => {
    const stream = new Blob([new Uint8Array(length)]).stream()
      .pipeThrough(new CompressionStream("deflate"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    const head = new DataView(new ArrayBuffer(8));
    head.setInt32(0, 0x1c849314);
    head.setInt32(4, packed.length);
    return new Uint8Array([...new Uint8Array(head.buffer), ...packed]).toBase64();
  };
  const bad = {
    "nothing": "",
    "no base64": "HISTFAAA?",
    "cut off": bytes.subarray(0, -3).toBase64(),
    "another cookie": new Uint8Array([...bytes.subarray(0, 3), 3, ...bytes.subarray(4)]).toBase64(),
    "five digits": hdrText({ digits: 5 as 4, counted: [[5, 3]] }),
    "out of range": hdrText({ digits: 4, counted: [[2 ** 45, 3]] }),
    "a bomb": await zeros(50_000_000),
    "zeros": await zeros(1000),
  };
  for (const [name, text] of Object.entries(bad)) {
    assert.throws(() => readHdr(text), SyntaxError, name);
  }
});

Deno.test("a histogram that has other counts than are stated is refused", () => {
  const { delay } = joinedOf([1, 2, 3]);
  delay!.statistics.count++;
  assert.throws(() => new JoinedSums().add({ delay }), /doesn't add up/);
});

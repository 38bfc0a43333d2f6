import assert from "node:assert/strict";
import { slotsWithin } from "../../lib/time/metronome.ts";
import { durationText, readDurationUs } from "../../lib/text/duration.ts";

Deno.test("readDurationUs() reads every unit", () => {
  const units = ["500us", "500µs", "10ms", "2s", "1m", "3h"].map(readDurationUs);
  assert.deepEqual(units, [500, 500, 10_000, 2_000_000, 60_000_000, 10_800_000_000]);
});

Deno.test("readDurationUs() reads decimals", () => {
  assert.equal(readDurationUs("1.5s"), 1_500_000);
  assert.equal(readDurationUs("0.25ms"), 250);
});

Deno.test("readDurationUs() is exact for every duration of two decimals below 100 s", () => {
  for (let n = 1; n < 10_000; n++) {
    const written = `${Math.floor(n / 100)}.${String(n % 100).padStart(2, "0")}s`;
    assert.equal(readDurationUs(written), n * 10_000, written);
    assert.equal(slotsWithin(readDurationUs(written), 10_000), n, written);
  }
});

Deno.test("readDurationUs() reads less than a microsecond, and any number of digits", () => {
  assert.equal(readDurationUs("0.5us"), 0.5);
  assert.equal(readDurationUs("1.0000005s"), 1_000_000.5);
  assert.equal(readDurationUs(`1.${"0".repeat(100)}ms`), 1000);
});

for (
  const written of [
    "",
    "10",
    "ms",
    "10 ms",
    " 10ms",
    "10ms ",
    "-10ms",
    "1e3ms",
    "10MS",
    ".5s",
    "1.s",
    "1s2ms",
    "10 parsecs",
  ]
) {
  Deno.test(`readDurationUs() refuses ${JSON.stringify(written)} and quotes it`, () => {
    assert.throws(
      () => readDurationUs(written),
      (error: Error) =>
        error instanceof SyntaxError && error.message.includes(JSON.stringify(written)),
    );
  });
}

for (
  const [ms, text] of [
    [0, "0 µs"],
    [0.25, "250 µs"],
    [1, "1 ms"],
    [70.6, "71 ms"],
    [3_240, "3.2 s"],
    [125_000, "2 min 5 s"],
    [3_600_000, "1 h 0 min"],
    [5_430_000, "1 h 30 min"],
  ] as const
) {
  Deno.test(`durationText() writes ${ms} ms as ${text}`, () => {
    assert.equal(durationText(ms), text);
  });
}

for (
  const [ms, text] of [
    [0.9996, "1 ms"],
    [999.6, "1.0 s"],
    [59_960, "1 min 0 s"],
    [3_599_600, "1 h 0 min"],
  ] as const
) {
  Deno.test(`durationText() takes the larger unit where ${ms} ms is rounded up to it`, () => {
    assert.equal(durationText(ms), text);
  });
}

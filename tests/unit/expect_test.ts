import assert from "node:assert/strict";
import type { DelayStatistics } from "../../lib/stats/delay/histogram.ts";
import {
  type Expectation,
  type JudgeOptions,
  outcomesOf,
  percentsOf,
  readExpectation,
} from "../../lib/expect.ts";
import { delayFigures, peerFigures, summary } from "../support/statistics.ts";
import type { PeerStatistics } from "../../lib/stats/peer/statistics.ts";
import type { Summary } from "../../lib/stats/summary.ts";

interface Failure {
  written: string;
  subject?: string;
  /** The statistic, as a person reads it, or why there is none. */
  value: string;
}

/** Those that don't hold. */
function failuresOf(
  expectations: Expectation[],
  summary: Summary,
  options: JudgeOptions = {},
): Failure[] {
  return outcomesOf(expectations, summary, options).filter(({ ok }) => !ok)
    .map(({ written, subject, found, open }) => {
      const value = open === undefined ? found : `${found} (${open})`;
      return subject === undefined ? { written, value } : { written, subject, value };
    });
}

/** Whether an expectation holds for a peer. */
function holds(written: string, peer: Partial<PeerStatistics> = {}): boolean {
  const expectation = readExpectation(written);
  const failures = failuresOf([expectation], summary({ peers: [peerFigures(peer)] }));
  return failures.length === 0;
}

/** What a failed expectation says of the statistic. */
function valueOf(written: string, peer: Partial<PeerStatistics> = {}): string {
  const [failure] = failuresOf(
    [readExpectation(written)],
    summary({ peers: [peerFigures(peer)] }),
  );
  return failure.value;
}

for (
  const [metric, value, text] of [
    // tests/statistics.ts holds the statistics; each one differs.
    ["min", "0.1ms", "0.100 ms"],
    ["mean", "0.35ms", "0.350 ms"],
    ["p50", "0.3ms", "0.300 ms"],
    ["p90", "0.5ms", "0.500 ms"],
    ["p99", "0.9ms", "0.900 ms"],
    ["p99.9", "1.9ms", "1.900 ms"],
    ["p99.99", "2.9ms", "2.900 ms"],
    ["max", "3ms", "3.000 ms"],
    ["jitter", "120us", "0.120 ms"],
    ["gap", "340ms", "340.000 ms"],
    ["offset", "250ms", "250.000 ms"],
    ["drift", "21.5", "21.50 ppm"],
    ["rate", "99.5", "99.500 /s"],
    ["received", "9950", "9950"],
    ["loss", "13", "13"],
    ["late", "4", "4"],
    ["duplicate", "5", "5"],
    ["reordered", "6", "6"],
    ["unsent", "20", "20"],
    ["skipped", "17", "17"],
  ]
) {
  Deno.test(`an expectation of ${metric} is held against its statistic`, () => {
    assert.ok(holds(`${metric}=${value}`));
    assert.ok(holds(`${metric}<=${value}`));
    assert.ok(holds(`${metric}>=${value}`));
    assert.ok(!holds(`${metric}<${value}`));
    assert.ok(!holds(`${metric}>${value}`));
    assert.ok(valueOf(`${metric}>${value}`).startsWith(text));
  });
}

for (
  const [operator, below, equal, above] of [
    ["<", true, false, false],
    ["<=", true, true, false],
    ["=", false, true, false],
    [">=", false, true, true],
    [">", false, false, true],
  ] as const
) {
  Deno.test(`an expectation with ${operator} holds below, at and above its bound as it says`, () => {
    const heldOf = (ratePerS: number) => holds(`rate${operator}100`, { ratePerS });
    assert.deepEqual([heldOf(99), heldOf(100), heldOf(101)], [below, equal, above]);
  });
}

for (const written of ["p99<5ms", " p99 < 5ms ", "p99  <  5000us", "p99<0.005s", "p99<5000µs"]) {
  Deno.test(`readExpectation() reads ${JSON.stringify(written)}`, () => {
    const { metric, operator, bound } = readExpectation(written);
    assert.deepEqual([metric, operator, bound], ["p99", "<", 5000]);
  });
}

for (
  const [written, quoted] of [
    ["", '""'],
    ["p99", '"p99"'],
    ["p99<", '"p99<"'],
    ["<5ms", '"<5ms"'],
    ["p99<5", '"5"'], // a time needs its unit
    ["p99<5 ms", '"p99<5 ms"'],
    ["p99<5parsecs", '"5parsecs"'],
    ["p99<-5ms", '"-5ms"'],
    ["p99==5ms", '"=5ms"'],
    ["p99<>5ms", '">5ms"'],
    ["p99!=5ms", '"p99!=5ms"'],
    ["p0<5ms", '"p0"'],
    ["p100<5ms", '"p100"'],
    ["dt.p9.99999<5ms", '"dt.p9.99999"'],
    ["rtt.p95<5ms", '"rtt.p95"'],
    ["P99<5ms", '"P99<5ms"'],
    ["constructor<5ms", '"constructor"'],
    ["__proto__<5", '"__proto__<5"'],
    ["loss=0ms", '"0ms"'],
    ["loss=none", '"none"'],
    ["rate>=99.9%", '"99.9%"'],
    ["rate>=Infinity", '"Infinity"'],
    ["rate>=1e3", '"1e3"'],
    ["drift<5ppm", '"5ppm"'],
  ]
) {
  Deno.test(`readExpectation() can't read ${JSON.stringify(written)}, and quotes ${quoted}`, () => {
    assert.throws(() => readExpectation(written), (error) => {
      assert.ok(error instanceof SyntaxError);
      assert.ok(error.message.includes(quoted), error.message);
      return true;
    });
  });
}

Deno.test("failuresOf() names each expectation that failed, with its peer and its value", () => {
  const expectations = ["p99<5ms", "loss=0", "max<1ms"].map(readExpectation);
  assert.deepEqual(failuresOf(expectations, summary({ peers: [peerFigures()] })), [
    { written: "loss=0", subject: "app2_tick", value: "13" },
    { written: "max<1ms", subject: "app2_tick", value: "3.000 ms" },
  ]);
});

Deno.test("failuresOf() holds every peer to each expectation", () => {
  const peers = [peerFigures(), peerFigures({ subject: "app3_tick", ratePerS: 12 })];
  assert.deepEqual(failuresOf([readExpectation(" rate >= 99 ")], summary({ peers })), [
    { written: "rate >= 99", subject: "app3_tick", value: "12.000 /s" },
  ]);
});

Deno.test("failuresOf() fails every expectation where nothing was received", () => {
  const expectations = ["loss=0", "gap<1s"].map(readExpectation);
  assert.deepEqual(failuresOf(expectations, summary({ peers: [] })), [
    { written: "loss=0", value: "nothing was received" },
    { written: "gap<1s", value: "nothing was received" },
  ]);
});

Deno.test("failuresOf() has nothing to say where nothing was expected", () => {
  assert.deepEqual(failuresOf([], summary({ peers: [] })), []);
});

Deno.test("an expectation of a delay fails where no offset is known, and dt has a name of its own", () => {
  const dt = delayFigures({ minUs: -250_300, max: { us: 250_300, seq: 3, atUs: 0 } });
  const peer = { dt, delay: undefined, delayRange: undefined, clock: undefined };
  for (const written of ["max=250.3ms", "p99<5ms", "min<1h"]) {
    assert.equal(valueOf(written, peer), "n/a (no clock offset known)");
  }
  assert.equal(valueOf("p99<5ms", { ...peer, run: undefined }), "n/a (the peer sends no header)");
  assert.ok(holds("dt.max=250.3ms", peer));
  assert.ok(holds("dt.p99<5ms", peer));
  assert.ok(holds("dt.min<1us", peer));
});

for (const name of ["min", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "max"]) {
  Deno.test(`dt.${name} and pdv.${name} are of dt and of PDV`, () => {
    const statistics = delayFigures({
      minUs: 7,
      meanUs: 7,
      percentilesUs: { 50: 7, 90: 7, 99: 7, 99.9: 7, 99.99: 7 },
      max: { us: 7, seq: 1, atUs: 0 },
    });
    assert.ok(holds(`dt.${name}=7us`, { dt: statistics }));
    assert.ok(holds(`pdv.${name}=7us`, { pdv: statistics }));
    assert.ok(!holds(`pdv.${name}<1h`, { pdv: undefined }));
  });
}

Deno.test("what one tick proves nothing of fails an expectation, either way", () => {
  const { outages } = peerFigures();
  const one: Partial<PeerStatistics> = {
    variation: { jitterUs: NaN, pairs: 0, ipdvMeanUs: NaN, ipdvMaxUs: NaN },
    outages: { ...outages, longestOfOthersUs: NaN },
    ratePerS: NaN,
  };
  for (const written of ["jitter<1h", "gap<1h", "rate>=0", "rate<1000", "jitter>0us"]) {
    assert.equal(valueOf(written, one), "n/a (needs two ticks)");
  }
});

Deno.test("outcomesOf() says of each expectation what was wanted and found, and whether it holds", () => {
  const expectations = ["p99<5ms", "loss=0"].map(readExpectation);
  assert.deepEqual(outcomesOf(expectations, summary({ peers: [peerFigures()] })), [
    { written: "p99<5ms", subject: "app2_tick", ok: true, wanted: "< 5.000 ms", found: "0.900 ms" },
    { written: "loss=0", subject: "app2_tick", ok: false, wanted: "= 0", found: "13" },
  ]);
  assert.deepEqual(outcomesOf(expectations.slice(0, 1), summary({ peers: [] })), [
    { written: "p99<5ms", ok: false, wanted: "< 5.000 ms", found: "nothing was received" },
  ]);
});

for (
  const [written, open] of [
    // p99 is 0.9 ms, and by the clock's bound 0.76 to 1.04 ms; the max 3 ms, 2.86 to 3.14 ms.
    ["p99<1ms", true],
    ["p99<1.05ms", false],
    ["p99>0.8ms", true],
    ["p99>0.7ms", false],
    ["p99=0.9ms", true],
    ["p99<0.8ms", true],
    ["p99<0.7ms", false],
    ["max<=3.1ms", true],
    ["max<=3.2ms", false],
    // 0.1 ms ± 0.14 ms, but no delay is negative.
    ["min<0.2ms", true],
    ["min>=0us", false],
    // 250 ms ± 0.14 ms
    ["offset<250.1ms", true],
    ["offset<250.2ms", false],
    // What needs no offset
    ["dt.p99<1ms", false],
    ["loss=0", false],
  ] as const
) {
  Deno.test(`the verdict on ${written} is ${open ? "" : "not "}left open by the clock's bound`, () => {
    const bounded = peerFigures({
      delayRange: {
        maxBoundUs: 140,
        percentilesUs: {
          50: [160, 440],
          90: [360, 640],
          99: [760, 1040],
          99.9: [1760, 2040],
          99.99: [2760, 3040],
        },
        maxUs: [2860, 3140],
      },
    });
    const judged = (sure: boolean) =>
      outcomesOf([readExpectation(written)], summary({ peers: [bounded] }), { sure })[0];
    assert.equal(judged(false).open !== undefined, open);
    assert.equal(judged(true).ok, judged(false).ok && !open);
  });
}

Deno.test("an open verdict says what the statistic may be, also where it fails for that", () => {
  const peer = peerFigures({ clock: { offsetUs: -1000, boundUs: 140, roundTripUs: 280 } });
  const [outcome] = outcomesOf([readExpectation("offset<1.1ms")], summary({ peers: [peer] }));
  assert.deepEqual([outcome.ok, outcome.open], [true, "by the clock's bound 0.860 ms to 1.140 ms"]);
  const failures = failuresOf([readExpectation("offset<1.1ms")], summary({ peers: [peer] }), {
    sure: true,
  });
  assert.deepEqual(failures, [{
    written: "offset<1.1ms",
    subject: "app2_tick",
    value: "1.000 ms (by the clock's bound 0.860 ms to 1.140 ms)",
  }]);
});

Deno.test("an expectation of a gap counts the one that is open at the end", () => {
  const outages = { count: 0, totalUs: 0, longestOfOthersUs: 2e6, longestOnes: [], openUs: 2e6 };
  assert.ok(holds("gap=2s", { outages }));
  assert.ok(!holds("gap<250ms", { outages }));
});

Deno.test("an expectation of a gap is held against the longest silence, but for our own stalls", () => {
  const longest = {
    ...peerFigures().outages.longest!,
    lengthUs: 2e6,
    cause: "local stall",
  } as const;
  assert.ok(holds("gap=15ms", {
    outages: { count: 1, totalUs: 2e6, longest, longestOfOthersUs: 15_000, longestOnes: [] },
  }));
});

Deno.test("an expectation of the offset or the drift takes either sign", () => {
  assert.ok(!holds("offset<1ms", { clock: { offsetUs: -5000, boundUs: 1, roundTripUs: 2 } }));
  assert.ok(!holds("drift<1", { drift: { state: "known", ppm: -50 } }));
});

for (const metric of ["loss", "late", "duplicate", "reordered", "unsent", "skipped"]) {
  Deno.test(`an expectation of ${metric} fails for a bare peer, which can't tell`, () => {
    const bare = { run: undefined, bare: 100 };
    assert.ok(!holds(`${metric}=0`, bare));
    assert.equal(valueOf(`${metric}>=0`, bare), "n/a (the peer sends no header)");
  });
}

Deno.test("an expectation of what is not known fails with either operator", () => {
  const unknown: Partial<PeerStatistics> = {
    clock: undefined,
    drift: { state: "unknown", why: "needs 30 s of data, has 2 s" },
  };
  for (const written of ["offset<1h", "offset>0us"]) {
    assert.equal(valueOf(written, unknown), "n/a (the peer echoed none of our ticks)");
  }
  for (const written of ["drift<1000", "drift>=0"]) {
    assert.equal(valueOf(written, unknown), "n/a (needs 30 s of data, has 2 s)");
  }
});

Deno.test("an expectation of received counts a bare peer's ticks", () => {
  const sequence = { ...peerFigures().sequence, received: 0 };
  assert.ok(holds("received=100", { run: undefined, bare: 100, sequence }));
});

Deno.test("an expectation of a delay fails where no tick has one", () => {
  const none: DelayStatistics = delayFigures({
    count: 0,
    minUs: Infinity,
    meanUs: 0,
    percentilesUs: { 50: NaN, 90: NaN, 99: NaN, 99.9: NaN, 99.99: NaN },
    max: { us: -Infinity, seq: -1, atUs: 0 },
  });
  for (const metric of ["min", "mean", "p50", "p99.99", "max"]) {
    const written = [`${metric}<1h`, `${metric}>0us`];
    for (const each of [...written, ...written.map((name) => `dt.${name}`)]) {
      assert.ok(!holds(each, { dt: none, delay: undefined }), each);
    }
  }
});

for (
  const [written, isHeld, found] of [
    // 13 of 9963 that were sent.
    ["loss<0.14%", true, "0.130 %"],
    ["loss<0.13%", false, "0.130 %"],
    ["outages=2", true, "2"],
    ["outage<=460ms", true, "460.000 ms"],
    ["outage<460ms", false, "460.000 ms"],
    ["reconnects=5", true, "5"],
  ] as const
) {
  Deno.test(`an expectation of ${written} ${isHeld ? "holds" : "fails"} for ${found}`, () => {
    const [outcome] = outcomesOf([readExpectation(written)], summary());
    assert.deepEqual([outcome.ok, outcome.found], [isHeld, found]);
  });
}

Deno.test("readExpectation() knows no part of what isn't counted of what was sent", () => {
  assert.throws(() => readExpectation("rate>99%"), /invalid value "99%": rate is a number/);
  assert.throws(() => readExpectation("late<1%"), /invalid value "1%": late is a count/);
});

Deno.test("any percentile can be expected, and is computed for that", () => {
  const written = ["p95<5ms", "dt.p99.95<5ms", "pdv.p5<5ms", "p99.90<5ms", "loss=0"];
  const expectations = written.map(readExpectation);
  assert.deepEqual(percentsOf(expectations), [95, 99.95, 5, 99.9]);
  const of = (us: number) => delayFigures({ percentilesUs: { 95: us, 99.95: us + 1, 5: us + 2 } });
  const peer = peerFigures({ delay: of(100), dt: of(200), pdv: of(300) });
  const found = outcomesOf(expectations.slice(0, 3), summary({ peers: [peer] }));
  assert.deepEqual(found.map(({ found }) => found), ["0.100 ms", "0.201 ms", "0.302 ms"]);
});

Deno.test("the clock's bound leaves any percentile of the delay open that is near it", () => {
  const delay = delayFigures({ percentilesUs: { 95: 700 } });
  const delayRange: PeerStatistics["delayRange"] = {
    maxBoundUs: 140,
    percentilesUs: { 95: [560, 840] },
    maxUs: [2860, 3140],
  };
  const peer = peerFigures({ delay, delayRange });
  const judged = (written: string) =>
    outcomesOf([readExpectation(written)], summary({ peers: [peer] }), { sure: true })[0];
  assert.deepEqual([judged("p95<0.83ms").ok, judged("p95<0.85ms").ok], [false, true]);
});

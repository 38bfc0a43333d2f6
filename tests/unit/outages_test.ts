import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { minOutageUs, type Outage, Outages, Spans } from "../../lib/stats/outages.ts";
import type { LocalFaults } from "../../lib/stats/local_faults.ts";
import type { ReceivedTick } from "../../lib/tick.ts";
import { EPOCH_US, simulate, type SimulatedApp } from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;

/** A tick that arrives at a moment; a bare one, where it has no number. */
function tickAt(
  atUs: number,
  seq?: number,
  { run = "aaaaaaaa", unsent = 0, skipped = 0, last = false } = {},
): ReceivedTick {
  return {
    subject: "app2_tick",
    signUs: EPOCH_US + atUs as WallUs,
    realUs: EPOCH_US + atUs as WallUs,
    monoUs: atUs as MonoUs,
    header: seq === undefined ? undefined : { run, seq, timerErrorUs: 0, unsent, skipped, last },
  };
}

const FAULTLESS: LocalFaults = { stalledUs: () => 0, disconnectedUs: () => 0 };

function gapOf(
  last: ReceivedTick,
  next: ReceivedTick,
  local: Partial<LocalFaults> = {},
): Outage | undefined {
  return new Outages().between(last, next, 10 * MS, { ...FAULTLESS, ...local });
}

Deno.test("Outages.between() tells start, end and length, and the slots between", () => {
  assert.deepEqual(gapOf(tickAt(2 * S, 200), tickAt(3 * S, 300)), {
    startUs: EPOCH_US + 2 * S,
    endUs: EPOCH_US + 3 * S,
    lengthUs: S,
    missing: 99,
    unsent: 0,
    skipped: 0,
    cause: "lost on the way",
  });
});

Deno.test("Outages.between() takes the length from the monotonic clock", () => {
  const next = { ...tickAt(3 * S, 300), realUs: EPOCH_US + 3600 * S as WallUs };
  assert.equal(gapOf(tickAt(2 * S, 200), next)?.lengthUs, S);
});

const second = { last: tickAt(S, 100), next: tickAt(2 * S, 200) };
const CAUSES: [
  what: string,
  last: ReceivedTick,
  next: ReceivedTick,
  local: Partial<LocalFaults>,
  Outage["cause"],
][] = [
  ["more than half of it is a stall of our own", second.last, second.next, {
    stalledUs: () => 501 * MS,
  }, "local stall"],
  ["only half of it is a stall of our own", second.last, second.next, {
    stalledUs: () => 500 * MS,
  }, "lost on the way"],
  [
    "we had no connection",
    second.last,
    second.next,
    { disconnectedUs: () => 10 },
    "local connection lost",
  ],
  [
    "the peer had none",
    tickAt(S, 100),
    tickAt(2 * S, 200, { unsent: 99 }),
    {},
    "peer's connection lost",
  ],
  ["neither had one", tickAt(S, 100), tickAt(2 * S, 200, { unsent: 99 }), {
    disconnectedUs: () => 10,
  }, "both connections lost"],
  [
    "the peer skipped them",
    tickAt(S, 100),
    tickAt(2 * S, 200, { skipped: 99 }),
    {},
    "peer stalled",
  ],
  [
    "the peer skipped less than half of them",
    tickAt(S, 100),
    tickAt(2 * S, 200, { skipped: 49 }),
    {},
    "lost on the way",
  ],
  [
    "there is a new run",
    tickAt(S, 100),
    tickAt(2 * S, 0, { run: "bbbbbbbb" }),
    {},
    "peer restarted",
  ],
  [
    "there is a new run, and the one before ended",
    tickAt(S, 100, { last: true }),
    tickAt(2 * S, 0, {
      run: "bbbbbbbb",
    }),
    {},
    "peer ended",
  ],
  ["none is missing", tickAt(S, 100), tickAt(2 * S, 101), {}, "held up on the way"],
  ["an old tick ends it", tickAt(S, 100), tickAt(2 * S, 90), {}, "held up on the way"],
  ["the peer is a bare one", tickAt(S), tickAt(2 * S), {}, "unknown"],
  ["the peer is a bare one, and we had no connection", tickAt(S), tickAt(2 * S), {
    disconnectedUs: () => S,
  }, "local connection lost"],
];

for (const [what, last, next, local, cause] of CAUSES) {
  Deno.test(`Outages.between() knows the cause where ${what}: ${cause}`, () => {
    const outage = gapOf(last, next, local);
    assert.equal(outage?.cause, cause);
    assert.equal(outage.lengthUs, S);
  });
}

Deno.test("Outages.between() counts what was unsent and skipped in the gap only", () => {
  const last = tickAt(S, 100, { unsent: 7, skipped: 20 });
  const outage = gapOf(last, tickAt(2 * S, 200, { unsent: 47, skipped: 30 }));
  assert.deepEqual([outage?.missing, outage?.unsent, outage?.skipped], [99, 40, 10]);
});

Deno.test("Outages.between() calls no silence below 100 ms a gap", () => {
  const outages = new Outages();
  const between = (us: number) => outages.between(tickAt(0, 0), tickAt(us, 1), 10 * MS, FAULTLESS);
  assert.equal(between(99_999), undefined);
  assert.equal(outages.count, 0);
  assert.ok(between(100_000));
  assert.deepEqual([outages.count, outages.totalUs], [1, 100_000]);
});

Deno.test("leastGapUs() is ten intervals of a slow peer", () => {
  assert.equal(minOutageUs(10 * MS), 100 * MS);
  assert.equal(minOutageUs(MS), 100 * MS);
  assert.equal(minOutageUs(S), 10 * S);
});

Deno.test("Outages knows the longest silence, be it a gap or not", () => {
  const outages = new Outages();
  const times = [0, 10, 35, 45, 345, 355, 555].map((ms) => ms * MS);
  times.slice(1).forEach((us, n) => {
    outages.between(tickAt(times[n], n), tickAt(us, n + 1), 10 * MS, FAULTLESS);
    const longestMs = Math.max(...times.slice(1, n + 2).map((to, m) => to - times[m])) / MS;
    assert.equal(outages.longest?.lengthUs, longestMs * MS);
  });
  assert.deepEqual([outages.count, outages.totalUs], [2, 500 * MS]);
  assert.equal(outages.longest?.startUs, EPOCH_US + 45 * MS);
});

Deno.test("Gaps keeps the longest silence that is no stall of our own", () => {
  const outages = new Outages();
  const stalled = { ...FAULTLESS, stalledUs: (fromUs: number, toUs: number) => toUs - fromUs };
  const between = (us: number, local: LocalFaults) =>
    outages.between(tickAt(0, 0), tickAt(us, 1), 10 * MS, local);
  between(30 * MS, FAULTLESS);
  between(40 * MS, stalled);
  between(500 * MS, stalled);
  assert.deepEqual([outages.longestOfOthersUs, outages.longest?.lengthUs], [30 * MS, 500 * MS]);
  between(300 * MS, FAULTLESS);
  assert.deepEqual([outages.longestOfOthersUs, outages.longest?.lengthUs], [300 * MS, 500 * MS]);
  assert.equal(outages.count, 2);
});

Deno.test("Spans.overlapUs() is what they cover of a stretch", () => {
  const spans = new Spans();
  spans.open(100);
  spans.close(200);
  spans.open(300);
  assert.equal(spans.overlapUs(0, 1000), 800); // the second one is open
  spans.close(350);
  assert.equal(spans.overlapUs(0, 1000), 150);
  assert.equal(spans.overlapUs(150, 310), 60);
  assert.equal(spans.overlapUs(200, 300), 0);
});

Deno.test("Spans.close() without an open one changes nothing", () => {
  const spans = new Spans();
  spans.close(50);
  spans.open(100);
  spans.close(200);
  spans.close(900);
  assert.equal(spans.overlapUs(0, 1000), 100);
});

Deno.test("Spans.open() twice leaves no span open for ever", () => {
  const spans = new Spans();
  spans.open(100);
  spans.open(200);
  spans.close(300);
  assert.equal(spans.overlapUs(0, 1000), 200);
  assert.equal(spans.overlapUs(400, 500), 0);
});

Deno.test("Spans forgets the oldest of many", () => {
  const spans = new Spans();
  for (let n = 0; n < 10_000; n++) {
    spans.open(n * 100);
    spans.close(n * 100 + 10);
  }
  assert.equal(spans.overlapUs(999_000, 1_000_000), 100);
  assert.ok(spans.overlapUs(0, 1_000_000) <= 1000);
});

const SECOND = { fromUs: 3.005 * S, toUs: 4.005 * S };
const inIt = (atUs: number) => atUs >= SECOND.fromUs && atUs < SECOND.toUs;

/** What one app receives of a second in which it receives nothing. */
const DARK_SECONDS: Record<
  string,
  {
    hearer?: SimulatedApp;
    teller?: SimulatedApp;
    unsent?: number;
    skipped?: number;
    missing?: number;
  }
> = {
  "local stall": { hearer: { stalls: [SECOND] }, missing: 0 },
  "local connection lost": { hearer: { disconnected: [SECOND] } },
  "peer's connection lost": { teller: { disconnected: [SECOND] }, unsent: 100 },
  "both connections lost": {
    hearer: { disconnected: [SECOND] },
    teller: { disconnected: [SECOND] },
    unsent: 100,
  },
  "peer stalled": { teller: { stalls: [SECOND] }, skipped: 99 },
  "lost on the way": { teller: { wayUs: (_, atUs) => inIt(atUs) ? [] : [300] } },
  "held up on the way": {
    teller: { wayUs: (_, atUs) => [inIt(atUs) ? SECOND.toUs - atUs : 300] },
    missing: 0,
  },
};

for (
  const [cause, { hearer, teller, unsent = 0, skipped = 0, missing = 100 }] of Object.entries(
    DARK_SECONDS,
  )
) {
  Deno.test(`an outage of a second is told once, in full and as ${cause}`, () => {
    const { app1 } = simulate({ seed: 7, seconds: 8, app1: hearer, app2: teller });
    const outages = app1.events.filter(({ type }) => type === "outage");
    assert.equal(outages.length, 1);
    const { lengthUs, startUs, endUs, ...outage } = outages[0] as unknown as Outage;
    assert.ok(Math.abs(lengthUs - S) <= 15 * MS, `${lengthUs} µs long`);
    assert.ok(Math.abs(endUs - startUs - lengthUs) <= 1); // wall time is in whole µs
    assert.ok(Math.abs(startUs - EPOCH_US - SECOND.fromUs) <= 15 * MS);
    assert.equal(outage.cause, cause);
    assert.deepEqual([outage.unsent, outage.skipped], [unsent, skipped]);
    // A slot may be under way when it begins, or when it ends.
    assert.ok(Math.abs(outage.missing - missing) <= 1, `${outage.missing} missing`);
    const { outages: statistics, sequence } = app1.recorder.peers.get("app2_tick")!
      .statistics(app1.monoUs(8 * S));
    assert.deepEqual([statistics.count, statistics.totalUs], [1, lengthUs]);
    assert.equal(statistics.longest?.cause, cause);
    assert.equal(statistics.openUs, undefined);
    const lost = outage.missing - unsent - skipped;
    assert.deepEqual(
      [sequence.lost, sequence.unsent, sequence.skipped],
      [lost, unsent, skipped],
    );
  });
}

for (const stall of ["own", "peer's"]) {
  Deno.test(`a short ${stall} stall within an outage of a second of both ways is not taken for its cause`, () => {
    const stalls = [{ fromUs: 3.4 * S, toUs: 3.6 * S }];
    const wayUs = (_: unknown, atUs: number) => inIt(atUs) ? [] : [300];
    const { app1 } = simulate({
      seed: 7,
      seconds: 8,
      app1: { stalls: stall === "own" ? stalls : [], wayUs },
      app2: { stalls: stall === "own" ? [] : stalls, wayUs },
    });
    const outage = app1.events.find(({ type }) => type === "outage") as unknown as Outage;
    assert.equal(outage.cause, "lost on the way");
  });
}

Deno.test("a peer that is silent at the end leaves an open gap", () => {
  const { app1 } = simulate({
    seed: 7,
    seconds: 8,
    app2: { wayUs: (_, atUs) => atUs < 6 * S ? [300] : [] },
  });
  const { outages } = app1.recorder.peers.get("app2_tick")!.statistics(app1.monoUs(8 * S));
  assert.equal(outages.count, 0);
  assert.ok(Math.abs(outages.openUs! - 2 * S) <= 15 * MS);
  assert.equal(app1.events.filter(({ type }) => type === "no ticks").length, 1);
});

Deno.test("a peer that said its last tick leaves no open gap and is not called silent", () => {
  const { app1 } = simulate({ seed: 7, seconds: 8, app2: { endUs: 5 * S } });
  const { outages } = app1.recorder.peers.get("app2_tick")!.statistics(app1.monoUs(8 * S));
  assert.deepEqual([outages.count, outages.openUs], [0, undefined]);
  assert.deepEqual(app1.events.map(({ type }) => type), ["receiving", "peer ended"]);
});

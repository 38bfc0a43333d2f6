import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { minOutageUs, type Outage, stretchBetween, stretchSince } from "../../lib/stats/outages.ts";
import { OutageWatch } from "../../lib/stats/peer/outage_watch.ts";
import { Senders } from "../../lib/stats/peer/senders.ts";
import { coveredUs, Spans } from "../../lib/stats/spans.ts";
import type { PeerEvent } from "../../lib/stats/events.ts";
import { type LocalFaults, OwnFaults } from "../../lib/stats/local_faults.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { EPOCH_US, seeded, simulate, type SimulatedApp } from "../support/simulation.ts";

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

const FAULTLESS: LocalFaults = {
  ...{ stalledUs: () => 0, disconnectedUs: () => 0, deniedUs: () => 0 },
  isUnread: () => false,
  serverAt: () => undefined,
};

function gapOf(last: ReceivedTick, next: ReceivedTick, local: Partial<LocalFaults> = {}): Outage {
  return stretchBetween(last, next, { ...FAULTLESS, ...local });
}

/** The outages of a peer whose ticks arrive at these moments. */
function watchOf(timesUs: number[], local: Partial<LocalFaults> = {}) {
  const events: PeerEvent[] = [];
  const [first, ...others] = timesUs.map((atUs, seq) => tickAt(atUs, seq));
  const sender = new Senders(first, 10 * MS).current;
  const watch = new OutageWatch({
    ...{ subject: "app2_tick", local: { ...FAULTLESS, ...local } },
    report: (event) => void events.push(event),
  });
  for (const tick of others) {
    watch.end(tick, sender);
    sender.last = sender.newest = tick;
  }
  const at = (nowUs: number) => watch.statistics(sender, nowUs as MonoUs);
  return { events, watch, sender, at, statistics: at(timesUs.at(-1)!) };
}

Deno.test("stretchBetween() tells start, end and length, and the slots between", () => {
  assert.deepEqual(gapOf(tickAt(2 * S, 200), tickAt(3 * S, 300)), {
    startUs: EPOCH_US + 2 * S,
    endUs: EPOCH_US + 3 * S,
    lengthUs: S,
    missing: 99,
    seq: 201,
    unsent: 0,
    skipped: 0,
    cause: "lost on the way",
  });
});

Deno.test("stretchBetween() takes the length from the monotonic clock", () => {
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
    { disconnectedUs: () => 980 * MS },
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
    disconnectedUs: () => 980 * MS,
  }, "both connections lost"],
  ["the server had withdrawn our right to subscribe", tickAt(S, 100), tickAt(2 * S, 200), {
    deniedUs: () => 970 * MS,
  }, "subscribe denied"],
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
  Deno.test(`stretchBetween() knows the cause where ${what}: ${cause}`, () => {
    const outage = gapOf(last, next, local);
    assert.equal(outage?.cause, cause);
    assert.equal(outage.lengthUs, S);
  });
}

Deno.test("stretchBetween() counts what was unsent and skipped in the gap only", () => {
  const last = tickAt(S, 100, { unsent: 7, skipped: 20 });
  const outage = gapOf(last, tickAt(2 * S, 200, { unsent: 47, skipped: 30 }));
  assert.deepEqual([outage?.missing, outage?.unsent, outage?.skipped], [99, 40, 10]);
});

Deno.test("stretchBetween() names what explains a tenth of it or more, by their shares", () => {
  // Of 1 s we had no connection for 300 ms; of the 99 slots 20 are unsent, 5 skipped, and the others lost.
  const outage = gapOf(tickAt(S, 100), tickAt(2 * S, 200, { unsent: 20, skipped: 5 }), {
    disconnectedUs: () => 300 * MS,
  });
  assert.equal(outage.cause, "lost on the way");
  assert.deepEqual(outage.causes, [
    { cause: "lost on the way", us: 650 * MS },
    { cause: "both connections lost", us: 200 * MS },
    { cause: "local connection lost", us: 100 * MS },
  ]);
});

Deno.test("stretchSince() knows the end of a peer that said so, and else what of ourselves explains it", () => {
  const since = (last: ReceivedTick, local: Partial<LocalFaults> = {}) =>
    stretchSince(last, 12 * S as MonoUs, { ...FAULTLESS, ...local });
  const ended = since(tickAt(2 * S, 200, { last: true }));
  assert.deepEqual(ended, {
    startUs: EPOCH_US + 2 * S,
    endUs: EPOCH_US + 12 * S,
    lengthUs: 10 * S,
    missing: 0,
    unsent: 0,
    skipped: 0,
    cause: "peer ended",
    isOpen: true,
    isUncounted: true,
  });
  assert.equal(since(tickAt(2 * S, 200)).cause, "unknown");
  assert.equal(
    since(tickAt(2 * S, 200), { disconnectedUs: () => 9 * S }).cause,
    "local connection lost",
  );
});

Deno.test("OutageWatch calls no stretch below 100 ms an outage", () => {
  assert.equal(watchOf([0, 99_999]).statistics.count, 0);
  const { count, totalUs } = watchOf([0, 100_000]).statistics;
  assert.deepEqual([count, totalUs], [1, 100_000]);
});

Deno.test("OutageWatch has the outage that lasts in its count, its total and its longest", () => {
  const { at } = watchOf([0, 300 * MS, 310 * MS]);
  assert.deepEqual([at(409 * MS).count, at(409 * MS).openUs], [1, undefined]);
  const { count, totalUs, longest, longestOfOthersUs, openUs, longestOnes } = at(1310 * MS);
  assert.deepEqual([count, totalUs, longestOfOthersUs, openUs], [2, 1300 * MS, S, S]);
  assert.deepEqual([longest?.lengthUs, longest?.isOpen], [S, true]);
  assert.deepEqual(longestOnes.map(({ lengthUs }) => lengthUs), [300 * MS, S]);
  assert.deepEqual(at(310 * MS).count, 1);
});

Deno.test("OutageWatch keeps the ten longest outages, in the order of their time", () => {
  const times = [0];
  for (let n = 1; n <= 20; n++) times.push(times.at(-1)! + 100 * MS + (n * 7) % 20 * MS);
  const { longestOnes, count } = watchOf(times).statistics;
  assert.equal(count, 20);
  const lengths = Array.from({ length: 20 }, (_, n) => 100 + ((n + 1) * 7) % 20);
  const expected = lengths.filter((ms) => ms >= 110);
  assert.deepEqual(longestOnes.map(({ lengthUs }) => lengthUs / MS), expected);
});

Deno.test("OutageWatch reports no ticks after a second of them, but not where we stood still", () => {
  for (const [stalledUs, reported] of [[0, 1], [200 * MS, 0]]) {
    const { watch, sender, events } = watchOf([0, 10 * MS], { stalledUs: () => stalledUs });
    watch.check(sender, 1.1 * S as MonoUs);
    assert.equal(events.length, reported);
  }
});

Deno.test("minOutageUs() is ten intervals of a slow peer", () => {
  assert.equal(minOutageUs(10 * MS), 100 * MS);
  assert.equal(minOutageUs(MS), 100 * MS);
  assert.equal(minOutageUs(S), 10 * S);
});

Deno.test("OutageWatch knows the longest stretch, be it an outage or not", () => {
  const times = [0, 10, 35, 45, 345, 355, 555].map((ms) => ms * MS);
  for (let n = 2; n <= times.length; n++) {
    const longestUs = Math.max(...times.slice(1, n).map((to, m) => to - times[m]));
    assert.equal(watchOf(times.slice(0, n)).statistics.longest?.lengthUs, longestUs);
  }
  const { count, totalUs, longest } = watchOf(times).statistics;
  assert.deepEqual([count, totalUs, longest?.startUs], [2, 500 * MS, EPOCH_US + 45 * MS]);
});

Deno.test("OutageWatch keeps the longest stretch that is no stall of our own", () => {
  // Stalled are the stretches that end at 70 ms and at 570 ms; of the last one the half that isn't counts.
  const stalledUs = (fromUs: number, toUs: number) =>
    toUs === 70 * MS || toUs === 570 * MS ? toUs - fromUs : toUs === 1570 * MS ? 600 * MS : 0;
  const { statistics, at } = watchOf([0, 30, 70, 570, 1570].map((ms) => ms * MS), { stalledUs });
  assert.deepEqual([statistics.longestOfOthersUs, statistics.longest?.lengthUs], [400 * MS, S]);
  assert.equal(at(1570 * MS).count, 2);
});

Deno.test("Spans.within() is what they cover of a stretch", () => {
  const spans = new Spans();
  spans.open(100);
  spans.close(200);
  spans.open(300);
  assert.equal(coveredUs(spans.within(0, 1000)), 800); // the second one is open
  spans.close(350);
  assert.equal(coveredUs(spans.within(0, 1000)), 150);
  assert.equal(coveredUs(spans.within(150, 310)), 60);
  assert.equal(coveredUs(spans.within(200, 300)), 0);
});

Deno.test("Spans.close() without an open one changes nothing", () => {
  const spans = new Spans();
  spans.close(50);
  spans.open(100);
  spans.close(200);
  spans.close(900);
  assert.equal(coveredUs(spans.within(0, 1000)), 100);
});

Deno.test("Spans.open() twice leaves no span open for ever", () => {
  const spans = new Spans();
  spans.open(100);
  spans.open(200);
  spans.close(300);
  assert.equal(coveredUs(spans.within(0, 1000)), 200);
  assert.equal(coveredUs(spans.within(400, 500)), 0);
});

Deno.test("Spans forgets the oldest of many", () => {
  const spans = new Spans();
  for (let n = 0; n < 10_000; n++) {
    spans.open(n * 100);
    spans.close(n * 100 + 10);
  }
  assert.equal(coveredUs(spans.within(999_000, 1_000_000)), 100);
  assert.ok(coveredUs(spans.within(0, 1_000_000)) <= 1000);
});

Deno.test("coveredUs() counts a moment of several spans once", () => {
  const spans = (...all: [fromUs: number, toUs: number][]) =>
    all.map(([fromUs, toUs]) => ({ fromUs, toUs }));
  assert.equal(coveredUs(), 0);
  assert.equal(coveredUs(spans([0, 10], [20, 30]), spans([5, 12], [22, 25])), 22);
  assert.equal(coveredUs(spans([0, 100]), spans([10, 20]), spans([90, 110])), 110);
});

const SPANS = {
  /** 1.2 to 1.6 s, 1.4 to 2.4 s and 2 to 2.9 s of a stretch from 1 to 3 s. */
  stalled: [{ fromUs: 1.2 * S, toUs: 1.6 * S }],
  disconnected: [1.4 * S, 2.4 * S],
  denied: [2 * S, 2.9 * S],
} as const;

Deno.test("of what overlaps, a moment is a stall of our own first, then a lost connection, then a denial", () => {
  const faults = new OwnFaults((fromUs, toUs) =>
    SPANS.stalled.filter((span) => span.fromUs < toUs && span.toUs > fromUs)
  );
  const at = (us: number) => us as MonoUs;
  const denied = { operation: "subscribe", subject: "app2_tick" } as const;
  faults.follow({ type: "disconnected", server: "a:1" }, at(SPANS.disconnected[0]));
  faults.follow({ type: "denied", ...denied }, at(SPANS.denied[0]));
  faults.follow({ type: "reconnected", server: "a:1", afterMs: 1000 }, at(SPANS.disconnected[1]));
  faults.follow({ type: "allowed", ...denied }, at(SPANS.denied[1]));
  const local: Partial<LocalFaults> = {
    stalledUs: (...between) => faults.stalledUs(...between),
    disconnectedUs: (...between) => faults.disconnectedUs(...between),
    deniedUs: (...between) => faults.deniedUs(...between),
  };
  // 400 + 800 + 500 ms, and 300 ms are left.
  const shares = [
    { cause: "local connection lost", us: 800 * MS },
    { cause: "subscribe denied", us: 500 * MS },
    { cause: "local stall", us: 400 * MS },
    { cause: "lost on the way", us: 300 * MS },
  ];
  assert.deepEqual(gapOf(tickAt(S, 100), tickAt(3 * S, 300), local).causes, shares);
  // The peer sent nothing in 1.8 s of it: 0.8 s of those as it had no connection either, and 0.3 s that are left.
  const unsent = gapOf(tickAt(S, 100), tickAt(3 * S, 300, { unsent: 180 }), local);
  assert.deepEqual(unsent.causes, [
    { cause: "both connections lost", us: 800 * MS },
    shares[1],
    shares[2],
    { cause: "peer's connection lost", us: 300 * MS },
  ]);
});

Deno.test("the causes of an outage never add up to more than it", () => {
  const random = seeded(3);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  for (let n = 0; n < 2000; n++) {
    const spans = () => {
      const [a, b] = [upTo(4 * S), upTo(4 * S)];
      return { fromUs: Math.min(a, b), toUs: Math.max(a, b) };
    };
    const faults = new OwnFaults((fromUs, toUs) => {
      const { fromUs: from, toUs: to } = stall;
      const span = { fromUs: Math.max(from, fromUs), toUs: Math.min(to, toUs) };
      return span.fromUs < span.toUs ? [span] : [];
    });
    const [stall, lost, denied] = [spans(), spans(), spans()];
    const at = (us: number) => us as MonoUs;
    faults.follow({ type: "disconnected", server: "a:1" }, at(lost.fromUs));
    faults.follow({ type: "reconnected", server: "a:1", afterMs: 0 }, at(lost.toUs));
    const operation = { operation: "subscribe", subject: "app2_tick" } as const;
    faults.follow({ type: "denied", ...operation }, at(denied.fromUs));
    faults.follow({ type: "allowed", ...operation }, at(denied.toUs));
    const unsent = upTo(199);
    const skipped = upTo(199 - unsent);
    const { causes = [], lengthUs } = gapOf(
      tickAt(S, 100),
      tickAt(3 * S, 300, { unsent, skipped }),
      {
        stalledUs: (...between) => faults.stalledUs(...between),
        disconnectedUs: (...between) => faults.disconnectedUs(...between),
        deniedUs: (...between) => faults.deniedUs(...between),
      },
    );
    const sumUs = causes.reduce((sum, { us }) => sum + us, 0);
    assert.ok(sumUs <= lengthUs, `${sumUs} of ${lengthUs}: ${JSON.stringify(causes)}`);
  }
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
  Deno.test(`a dark second is told once, in full and as ${cause}`, () => {
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
  Deno.test(`a short ${stall} stall within a dark second of both ways is not taken for its cause`, () => {
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

Deno.test("a peer that is killed is out until the end of our run, and its rate runs on until then", () => {
  const { app1 } = simulate({
    seed: 7,
    seconds: 20,
    app2: { wayUs: (_, atUs) => atUs < 10 * S ? [300] : [] },
  });
  const { outages, ratePerS, endedUs } = app1.recorder.peers.get("app2_tick")!
    .statistics(app1.monoUs(20 * S));
  assert.equal(outages.count, 1);
  assert.ok(Math.abs(outages.openUs! - 10 * S) <= 15 * MS);
  assert.deepEqual([outages.totalUs, outages.longest?.lengthUs], [outages.openUs, outages.openUs]);
  assert.equal(outages.longest?.cause, "unknown");
  assert.ok(Math.abs(ratePerS - 50) < 0.1, `${ratePerS}`);
  assert.equal(endedUs, undefined);
  assert.equal(app1.events.filter(({ type }) => type === "no ticks").length, 1);
  const events = app1.recorder.end(app1.monoUs(20 * S));
  assert.deepEqual(events.map(({ type }) => type), ["outage"]);
});

Deno.test("a peer that said its last tick is out from then on, as it ended, and is not called silent", () => {
  const { app1 } = simulate({ seed: 7, seconds: 13, app2: { endUs: 3 * S } });
  const peer = app1.recorder.peers.get("app2_tick")!;
  const { outages, endedUs, ratePerS } = peer.statistics(app1.monoUs(13 * S));
  assert.deepEqual([outages.count, outages.longest?.cause], [1, "peer ended"]);
  assert.ok(Math.abs(outages.longestOfOthersUs - 10 * S) <= 15 * MS);
  assert.equal(endedUs, outages.openUs);
  assert.ok(Math.abs(ratePerS - 300 / 13) < 0.1, `${ratePerS}`);
  assert.deepEqual(app1.events.map(({ type }) => type), ["receiving", "peer ended"]);
});

Deno.test("a peer that ended just before us was not out, and its rate is what it was", () => {
  const { app1 } = simulate({ seed: 7, seconds: 3.05, app2: { endUs: 3 * S } });
  const { outages, endedUs, ratePerS } = app1.recorder.peers.get("app2_tick")!
    .statistics(app1.monoUs(3.05 * S));
  assert.deepEqual([outages.count, outages.openUs], [0, undefined]);
  assert.ok(endedUs! > 50 * MS && endedUs! < 70 * MS);
  assert.ok(Math.abs(ratePerS - 100) < 0.1, `${ratePerS}`);
});

Deno.test("one tick proves neither a rate nor a gap nor a jitter, also where none comes after it", () => {
  const { app1 } = simulate({
    seed: 7,
    seconds: 3,
    app2: { wayUs: (_, __, seq) => seq === 5 ? [300] : [] },
  });
  const { outages, ratePerS, variation } = app1.recorder.peers.get("app2_tick")!
    .statistics(app1.monoUs(3 * S));
  assert.deepEqual(
    [outages.longestOfOthersUs, ratePerS, variation.jitterUs, variation.ipdvMaxUs],
    [NaN, NaN, NaN, NaN],
  );
  assert.equal(outages.count, 1);
});

Deno.test("an outage while the server denied us to subscribe is called that", () => {
  const { app1 } = simulate({
    seed: 7,
    seconds: 4,
    app2: { wayUs: (_, atUs) => atUs < 2 * S ? [300] : [] },
  });
  const { recorder } = app1;
  const denied = { operation: "subscribe", subject: "app2_tick" } as const;
  recorder.bus({ type: "denied", ...denied }, app1.monoUs(2 * S));
  const [first] =
    recorder.peers.get("app2_tick")!.statistics(app1.monoUs(4 * S)).outages.longestOnes;
  assert.equal(first.cause, "subscribe denied");
  recorder.bus({ type: "allowed", ...denied }, app1.monoUs(2.1 * S));
  const [second] =
    recorder.peers.get("app2_tick")!.statistics(app1.monoUs(4 * S)).outages.longestOnes;
  assert.equal(second.cause, "unknown");
});

Deno.test("stretchBetween() puts down to ourselves what we did not read in time", () => {
  const outage = gapOf(tickAt(2 * S, 200), tickAt(3 * S, 300), { isUnread: () => true });
  assert.deepEqual([outage.cause, outage.missing, outage.isUnread], ["not read in time", 99, true]);
  // What was not sent was not there to be read.
  const unsent = gapOf(tickAt(2 * S, 200), tickAt(3 * S, 300, { unsent: 99 }), {
    isUnread: () => true,
  });
  assert.equal(unsent.isUnread, undefined);
});

/** Statistics interval by interval, and summaries: who looks, how often and when changes nothing for anybody. */

import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { IntervalStatistics } from "../../lib/stats/peer/statistics.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import type { TickHeader } from "../../lib/wire.ts";
import {
  EPOCH_US,
  loopbackUs,
  simulate,
  type Simulated,
  type SimulatedApp,
} from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;
const H = 3600 * S;

function tickAt(
  atUs: number,
  seq: number,
  { dtUs = 300, bare = false, ...header }: { dtUs?: number; bare?: boolean } & Partial<TickHeader> =
    {},
): ReceivedTick {
  const counts = { timerErrorUs: 0, unsent: 0, skipped: 0 };
  return {
    subject: "app2_tick",
    signUs: EPOCH_US + atUs - dtUs as WallUs,
    realUs: EPOCH_US + atUs as WallUs,
    monoUs: atUs as MonoUs,
    header: bare ? undefined : { run: "bbbbbbbb", seq, ...counts, ...header },
  };
}

function setup() {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10 * MS, lossTimeoutUs: S });
  return { recorder, cursor: recorder.intervals(S, 0 as MonoUs) };
}

Deno.test("an interval holds what arrived in it, however late that is taken in", () => {
  const { recorder, cursor } = setup();
  // At 100 ticks a second, taken in ten at a time, as ticks linger for 100 ms.
  const waiting: ReceivedTick[] = [];
  const shown: IntervalStatistics[] = [];
  for (let seq = 0; seq < 1000; seq++) {
    waiting.push(tickAt(seq * 10 * MS + 5 * MS, seq));
    if (waiting.length === 11) waiting.splice(0).forEach((tick) => recorder.received(tick));
    if (seq % 100 === 37) shown.push(...cursor.next(seq * 10 * MS - 200 * MS as MonoUs));
  }
  assert.equal(shown.length, 9);
  assert.deepEqual(shown.map(({ received }) => received), Array(9).fill(100));
  assert.deepEqual(shown.map(({ statistics }) => statistics.count), Array(9).fill(100));
});

Deno.test("at 100 ticks a second every interval but the first and the last holds 99 to 101", () => {
  const lines: IntervalStatistics[] = [];
  let cursor: ReturnType<Recorder["intervals"]> | undefined;
  const { app1 } = simulate({
    seed: 11,
    seconds: 60,
    onHeard(app, atUs) {
      if (app.subject !== "app1_tick") return;
      cursor ??= app.recorder.intervals(S, app.monoUs(0));
      lines.push(...cursor.next(app.monoUs(atUs - 200 * MS)));
    },
  });
  lines.push(...cursor!.rest(app1.monoUs(60 * S)));
  assert.ok(lines.length >= 60);
  for (const { received } of lines.slice(1, -1)) assert.ok(received >= 99 && received <= 101);
  // The very first tick came before the cursor was there.
  assert.equal(lines.reduce((sum, { received }) => sum + received, 0), 5999);
});

Deno.test("an interval with nothing in it is there, and has no mean", () => {
  const { recorder, cursor } = setup();
  recorder.received(tickAt(500 * MS, 0));
  recorder.received(tickAt(2500 * MS, 1));
  const taken = cursor.next(4 * S as MonoUs);
  assert.deepEqual(taken.map(({ received }) => received), [1, 0, 1, 0]);
  assert.deepEqual(taken.map(({ lengthUs }) => lengthUs), [S, S, S, S]);
  assert.deepEqual(taken.map(({ statistics }) => statistics.meanUs), [300, NaN, 300, NaN]);
});

Deno.test("an interval has what was given up in it: lost, unsent and skipped", () => {
  const { recorder, cursor } = setup();
  recorder.received(tickAt(0, 0));
  recorder.received(tickAt(900 * MS, 90, { unsent: 40, skipped: 9 })); // 89 are missing
  recorder.check(1.8 * S as MonoUs);
  recorder.check(2.2 * S as MonoUs);
  const counts = cursor.next(3 * S as MonoUs)
    .map(({ received, lost, unsent, skipped }) => [received, lost, unsent, skipped]);
  assert.deepEqual(counts, [[2, 0, 0, 0], [0, 0, 0, 0], [0, 40, 40, 9]]);
});

Deno.test("two who ask at different times have the same totals, and neither disturbs the other", () => {
  const way: SimulatedApp = {
    wayUs: (random, _, seq) =>
      seq % 37 === 5 ? [] : seq % 41 === 6 ? [300, 900] : [
        loopbackUs(random) + (random() < 0.01 ? 40 * MS : 0),
      ],
  };
  const totals = [300 * MS, 1100 * MS, undefined].map((otherUs) => {
    const recorded: IntervalStatistics[] = [];
    let cursor: ReturnType<Recorder["intervals"]> | undefined;
    let other: typeof cursor;
    const others: IntervalStatistics[] = [];
    const { app1 } = simulate({
      seed: 12,
      seconds: 20,
      app2: way,
      onHeard(app, atUs) {
        if (app.subject !== "app1_tick") return;
        cursor ??= app.recorder.intervals(700 * MS, app.monoUs(0));
        recorded.push(...cursor.next(app.monoUs(atUs - 200 * MS)));
        if (otherUs === undefined) return;
        other ??= app.recorder.intervals(otherUs, app.monoUs(0));
        others.push(...other.next(app.monoUs(atUs - 200 * MS)));
      },
    });
    app1.recorder.end(app1.monoUs(20 * S));
    recorded.push(...cursor!.rest(app1.monoUs(20 * S)));
    others.push(...other?.rest(app1.monoUs(20 * S)) ?? []);
    return { recorded, others };
  });
  const sumOf = (intervals: IntervalStatistics[]) =>
    intervals.reduce(
      (sum, { received, lost, statistics }) => [
        sum[0] + received,
        sum[1] + lost,
        sum[2] + statistics.count,
        Math.max(sum[3], statistics.max.us),
      ],
      [0, 0, 0, 0],
    );
  const [received, lost] = sumOf(totals[0].recorded);
  assert.equal(received + lost, 1999); // the very first tick came before the cursors were there
  assert.deepEqual(sumOf(totals[0].others), sumOf(totals[0].recorded));
  assert.deepEqual(sumOf(totals[1].others), sumOf(totals[1].recorded));
  assert.deepEqual(totals[0].recorded, totals[2].recorded);
});

Deno.test("one who asks after an hour has few intervals, the last of them long, and all that was in it", () => {
  const { recorder, cursor } = setup();
  recorder.received(tickAt(0, 0));
  recorder.received(tickAt(H, 1));
  const taken = cursor.next(2 * H as MonoUs);
  assert.ok(taken.length <= 8);
  assert.equal(taken.reduce((sum, { lengthUs }) => sum + lengthUs, 0), 2 * H);
  assert.equal(taken.reduce((sum, { received }) => sum + received, 0), 2);
});

Deno.test("a cursor that is disposed of costs a peer nothing any more, and leaves others theirs", () => {
  const { recorder, cursor } = setup();
  const other = recorder.intervals(S, 0 as MonoUs);
  recorder.received(tickAt(0, 0));
  cursor[Symbol.dispose]();
  recorder.received(tickAt(10 * MS, 1));
  assert.equal(other.next(S as MonoUs)[0].received, 2);
  assert.equal(cursor.next(S as MonoUs)[0].received, 1);
});

Deno.test("an interval counts a bare peer's ticks", () => {
  const { recorder, cursor } = setup();
  for (let n = 0; n < 10; n++) recorder.received(tickAt(n * 100 * MS, n, { bare: true }));
  for (let n = 0; n < 7; n++) recorder.received(tickAt(S + n * 100 * MS, n, { bare: true }));
  const intervals = cursor.next(3 * S as MonoUs);
  assert.deepEqual(intervals.map(({ received }) => received), [10, 7, 0]);
  assert.deepEqual(intervals.map(({ isUncounted }) => isUncounted), [true, true, true]);
});

Deno.test("an interval with a header in it knows what was lost, and so does an empty one after it", () => {
  const { recorder, cursor } = setup();
  recorder.received(tickAt(0, 0, { bare: true }));
  recorder.received(tickAt(10 * MS, 1));
  const intervals = cursor.next(2 * S as MonoUs);
  assert.deepEqual(intervals.map(({ isUncounted }) => isUncounted), [undefined, undefined]);
});

Deno.test("a clock's step is in no interval's dt", () => {
  const { recorder, cursor } = setup();
  for (let seq = 0; seq < 100; seq++) {
    const step = seq < 50 ? {} : { dtUs: 300 + H, steps: 1 };
    recorder.received(tickAt(seq * 10 * MS, seq, step));
  }
  const [{ statistics, received, of }] = cursor.next(S as MonoUs);
  assert.deepEqual([received, of], [100, "dt"]);
  assert.deepEqual([statistics.minUs, statistics.max.us], [300 + H, 300 + H]);
});

for (
  const [what, app2] of [
    ["a step of the peer's clock", { steps: [{ atUs: 10.4 * S, byUs: H }] }],
    ["a step of the peer's clock back", { steps: [{ atUs: 10.4 * S, byUs: -H }] }],
  ] as [string, SimulatedApp][]
) {
  Deno.test(`no interval misses a tick's delay after ${what}`, () => {
    const lines: IntervalStatistics[] = [];
    let cursor: ReturnType<Recorder["intervals"]> | undefined;
    simulate({
      seed: 13,
      seconds: 20,
      app2,
      onHeard(app, atUs) {
        if (app.subject !== "app1_tick") return;
        cursor ??= app.recorder.intervals(S, app.monoUs(0));
        lines.push(...cursor.next(app.monoUs(atUs - 200 * MS)));
      },
    });
    for (const { of, received, statistics } of lines.slice(1)) {
      // One may be under way when it steps: it is stamped by the clock of before.
      assert.ok(received - statistics.count <= 1, `${statistics.count} of ${received}`);
      assert.equal(of, "delay");
      assert.ok(statistics.max.us < 6 * MS, `${statistics.max.us} µs`);
    }
  });
}

/** Everything that is known of an app, at a moment of its own. */
function summaryAt(app: Simulated, atUs: number, ended: boolean) {
  const clock = { wallUs: () => app.wallUs(atUs), monoUs: () => app.monoUs(atUs) };
  return summaryOf({ name: "app1", startUs: app.monoUs(0), recorder: app.recorder, clock, ended });
}

for (const ended of [false, true]) {
  Deno.test(`a summary ${ended ? "as of the end" : ""} after every tick changes none that comes later`, () => {
    const faults: { app1: SimulatedApp; app2: SimulatedApp } = {
      app1: { stalls: [{ fromUs: 2 * S, toUs: 2.3 * S }] },
      app2: {
        shiftUs: 250 * MS,
        steps: [{ atUs: 4 * S, byUs: -S }],
        disconnected: [{ fromUs: 3 * S, toUs: 3.4 * S }],
        wayUs: (random, _, seq) =>
          seq % 50 === 3 ? [] : seq % 50 === 7 ? [300, 500] : seq % 50 === 9 ? [15 * MS] : [
            loopbackUs(random),
          ],
      },
    };
    const options = { seed: 349, seconds: 6, ...faults };
    const plain = simulate(options);
    const looked = simulate({
      ...options,
      onHeard: (app, atUs) => void summaryAt(app, atUs, ended),
    });
    for (const name of ["app1", "app2"] as const) {
      assert.deepEqual(summaryAt(looked[name], 6 * S, true), summaryAt(plain[name], 6 * S, true));
      assert.deepEqual(looked[name].events, plain[name].events);
    }
  });
}

Deno.test("a summary as of the end has what would be given up, and leaves it pending", () => {
  const { recorder } = setup();
  for (const [seq, header] of [[0, {}], [4, {}], [10, { unsent: 2 }]] as const) {
    recorder.received(tickAt(seq * 10 * MS, seq, header));
  }
  const peer = recorder.peers.get("app2_tick")!;
  const before = peer.statistics(S as MonoUs).sequence;
  const { lost, unsent, pending, bursts, longestBurst } =
    peer.statistics(S as MonoUs, true).sequence;
  assert.deepEqual([lost, unsent, pending, bursts], [6, 2, 0, 2]);
  assert.deepEqual(longestBurst, { run: "bbbbbbbb", seq: 1, length: 3 });
  assert.deepEqual(peer.statistics(S as MonoUs).sequence, before);
  assert.equal(before.pending, 8);
});

Deno.test("Recorder.end() reports what is given up at the end as lost", () => {
  const { recorder } = setup();
  for (const seq of [0, 4, 10]) recorder.received(tickAt(seq * 10 * MS, seq));
  const lost = recorder.end(200 * MS as MonoUs).filter(({ type }) => type === "lost");
  assert.deepEqual(lost, [
    { type: "lost", subject: "app2_tick", run: "bbbbbbbb", seq: 1, length: 3 },
    { type: "lost", subject: "app2_tick", run: "bbbbbbbb", seq: 5, length: 5 },
  ]);
});

Deno.test("a run after a restart misses no tick in an interval, and the interval before it keeps its own", () => {
  const { recorder, cursor } = setup();
  let own = 0;
  const shown: IntervalStatistics[] = [];
  for (let n = 0; n < 400; n++) {
    const atUs = n * 10 * MS;
    const signUs = EPOCH_US + atUs as WallUs;
    recorder.about({ wallUs: signUs, monoUs: atUs as MonoUs, seq: own });
    // The second run, from 1.5 s on, has a clock that is an hour ahead; 300 µs there, and 300 µs back.
    const [run, aheadUs] = n < 150 ? ["bbbbbbbb", 0] : ["cccccccc", H];
    const echo = { run: "aaaaaaaa", seq: own++, signUs, realUs: signUs + 300 + aheadUs as WallUs };
    recorder.received(
      tickAt(atUs + 2300, n < 150 ? n : n - 150, { run, echo, dtUs: 300 - aheadUs }),
    );
    shown.push(...cursor.next(atUs - 200 * MS as MonoUs));
  }
  shown.push(...cursor.rest(4 * S as MonoUs));
  assert.deepEqual(shown.map(({ of }) => of), Array(4).fill("delay"));
  assert.deepEqual(shown.map(({ statistics }) => statistics.count), Array(4).fill(100));
  for (const { statistics } of shown) assert.ok(Math.abs(statistics.max.us - 300) < 50);
});

Deno.test("a tick that is stale right after a step is reported once the offset is known", () => {
  const { app1 } = simulate({
    seed: 14,
    seconds: 10,
    app2: {
      steps: [{ atUs: 5 * S, byUs: H }],
      wayUs: (_, atUs) => [atUs >= 5 * S && atUs < 5.3 * S ? 600 * MS : 300],
    },
  });
  const { stale, unplaced } = app1.recorder.peers.get("app2_tick")!.statistics(app1.monoUs(10 * S));
  // Thirty; one or two of them may be of before the step.
  assert.ok(stale + unplaced >= 29 && stale >= 20, `${stale} stale, ${unplaced} unplaced`);
  assert.ok(app1.events.some(({ type }) => type === "stale"));
});

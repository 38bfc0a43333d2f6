/** Every statistic of 300 generated histories against one worked out independently, from what is known to have happened. */

import assert from "node:assert/strict";
import type { MonoUs } from "../../lib/time/clock.ts";
import { PERCENTILES } from "../../lib/stats/delay/histogram.ts";
import type { IntervalCursor } from "../../lib/stats/interval/intervals.ts";
import type { IntervalStatistics, PeerStatistics } from "../../lib/stats/peer/statistics.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { SentTick } from "../../lib/tick.ts";
import { type History, historyOf, SECONDS } from "../support/histories.ts";
import {
  type Arrival,
  deviationOf,
  type Fate,
  firstCopies,
  ipdvOf,
  jitterOf,
  meanOf,
  percentileOf,
  sequenceOf,
  stretchesOf,
} from "../support/oracle.ts";
import { simulate, type Simulated, type SimulatedApp } from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;
const HISTORIES = 300;
const TIMEOUT_US = S;
const INTERVAL_US = 10 * MS;

interface Side {
  app: Simulated;
  local: SimulatedApp;
  peers: SimulatedApp;
  arrivals: Arrival[];
  /** By run, what became of each slot of the peer's. */
  fates: Map<string, Map<number, Fate>>;
  cursor: IntervalCursor;
  intervals: IntervalStatistics[];
  sent: SentTick[];
}

function observe(history: History): Side[] {
  const { app1 = {}, app2 = {} } = history;
  const sides = new Map<string, Side>();
  const sentAtUs = new Map<string, number>();
  const sent = new Map<string, SentTick[]>();
  const fates = new Map<string, Map<number, Fate>>();
  simulate({
    ...history,
    onStart(one, two) {
      for (const [app, local, peers] of [[one, app1, app2], [two, app2, app1]] as const) {
        const cursor = app.recorder.intervals(S, app.monoUs(0));
        const side = { app, local, peers, arrivals: [], fates, cursor, intervals: [], sent: [] };
        sides.set(app.run, side);
      }
    },
    onSent(_app, atUs, tick) {
      const { run, seq, sent: isSent } = tick;
      sentAtUs.set(`${run} ${seq}`, atUs);
      if (!sent.has(run)) sent.set(run, []);
      sent.get(run)!.push(tick);
      if (!fates.has(run)) fates.set(run, new Map());
      const of = fates.get(run)!;
      for (let skipped = of.size; skipped < seq; skipped++) of.set(skipped, "skipped");
      of.set(seq, isSent ? "sent" : "unsent");
    },
    onHeard(app, atUs, tick) {
      const { run, seq } = tick.header!;
      const { realUs, signUs, monoUs } = tick;
      const side = sides.get(app.run);
      const isHeld = side?.local.stalls?.some(({ toUs }) => atUs === toUs + 2) ?? false;
      const wayUs = atUs - sentAtUs.get(`${run} ${seq}`)!;
      const arrival = { tick, run, seq, monoUs, dtUs: realUs - signUs, wayUs, isHeld };
      side?.arrivals.push(arrival);
      side?.intervals.push(...side.cursor.next(app.monoUs(atUs - 200 * MS)));
    },
  });
  for (const [run, side] of sides) side.sent.push(...sent.get(run) ?? []);
  return [...sides.values()];
}

/** Within a microsecond, or a thousandth of what lies above the floor. */
function near(found: number, expected: number, floorUs: number, what: string) {
  const may = 1 + 0.001 * (expected - floorUs);
  assert.ok(Math.abs(found - expected) <= may, `${what}: ${found}, not ${expected}`);
}

/** The first copies, but for what is of a second before the first tick received: nobody can say of it what it is. */
function sampled(arrivals: Arrival[], of = arrivals): Arrival[] {
  return firstCopies(arrivals).filter(({ run, seq, monoUs }) => {
    const first = of.find((arrival) => arrival.run === run)!;
    return seq >= first.seq || monoUs - first.monoUs <= TIMEOUT_US;
  });
}

/** The arrivals that dt and its variation are of: since either clock stepped last, and by the clock of the run that is received last. */
function recent({ arrivals, local, peers, app }: Side, history: History): Arrival[] {
  const stepUs = Math.max(0, ...(local.steps ?? []).map(({ atUs }) => atUs));
  const steps = peers.steps?.length ?? 0;
  const runs = new Set(arrivals.map(({ run }) => run));
  const isOneClock = history.what.includes("same clock");
  return sampled(arrivals).filter(({ tick, monoUs, run }) => {
    if ((tick.header!.steps ?? 0) !== steps || monoUs < app.monoUs(stepUs)) return false;
    return runs.size === 1 || isOneClock || run === "33333333";
  });
}

function judge(history: History, side: Side) {
  const { app, arrivals, fates, local, peers } = side;
  const endUs = app.monoUs(SECONDS * S);
  const clock = { wallUs: () => app.wallUs(SECONDS * S), monoUs: () => endUs };
  const events = [...app.events, ...app.recorder.end(endUs)];
  const options = { name: "app", startUs: app.monoUs(0), recorder: app.recorder, clock };
  const { peers: [peer], schedule } = summaryOf({ ...options, ended: true });
  const runs = [...new Set(arrivals.map(({ run }) => run))];

  // Sequence numbers, run by run
  const accounts = runs.map((run) =>
    sequenceOf(arrivals.filter((arrival) => arrival.run === run), fates.get(run)!, TIMEOUT_US)
  );
  const sum = (of: (account: (typeof accounts)[number]) => number) =>
    accounts.reduce((total, account) => total + of(account), 0);
  const { sequence } = peer;
  for (
    const name of [
      ...["slots", "received", "lost", "unsent", "skipped", "late", "duplicate", "reordered"],
      "bursts",
    ] as ("slots" | "received" | "lost" | "bursts")[]
  ) assert.equal(sequence[name], sum((account) => account[name]), name);
  const longest = Math.max(...accounts.map(({ longestBurst }) => longestBurst));
  assert.equal(sequence.longestBurst?.length ?? 0, longest, "longest burst");
  const maxExtent = Math.max(...accounts.map(({ maxExtent }) => maxExtent));
  assert.equal(sequence.maxExtent, maxExtent, "extent");
  assert.deepEqual([sequence.pending, sequence.misreported], [0, 0]);
  assert.deepEqual([peer.runs, peer.senders, peer.bare], [runs.length, 1, 0]);
  assert.deepEqual([peer.unaccounted, peer.implausibleNumbers], [0, 0]);
  // A second copy that comes a second after its time may as well be a recording.
  const old = arrivals.filter(({ wayUs }) => wayUs > 0.9 * S);
  const mayBeReplayed = old.length - sampled(old, arrivals).length;
  assert.ok(peer.replayed <= mayBeReplayed, `replayed: ${peer.replayed}`);
  assert.equal(peer.implausibleTimes, 0);
  const lost = events.filter((event) => event.type === "lost");
  assert.equal(lost.reduce((total, { length }) => total + length, 0), sequence.lost, "lost events");

  // dt and its variation
  const timed = recent(side, history);
  const dts = timed.map(({ dtUs }) => dtUs);
  const { dt, variation } = peer;
  assert.equal(dt.count, dts.length, "dt count");
  assert.deepEqual([dt.minUs, dt.max.us], [Math.min(...dts), Math.max(...dts)]);
  near(dt.meanUs, meanOf(dts), dt.minUs, "mean");
  near(dt.deviationUs, deviationOf(dts), 0, "deviation");
  for (const percent of PERCENTILES) {
    near(dt.percentilesUs[percent], percentileOf(dts, percent), dt.minUs, `dt p${percent}`);
  }
  if (runs.length === 1 && !local.steps && !peers.steps) {
    assert.ok(Math.abs(variation.jitterUs - jitterOf(dts)) < 0.5001, "jitter");
    const changes = ipdvOf(timed);
    assert.equal(variation.pairs, changes.length, "IPDV pairs");
    assert.ok(Math.abs(variation.ipdvMeanUs - meanOf(changes)) < 0.5001, "IPDV mean");
    assert.equal(variation.ipdvMaxUs, Math.max(...changes));
  }

  // Where no clock moves, PDV is what dt is above its minimum, but for what a floor that follows clocks may rise.
  if (!history.what.some((each) => ["restart", "step", "skew", "slew"].includes(each))) {
    for (const percent of PERCENTILES) {
      const expected = percentileOf(dts, percent) - dt.minUs;
      const offUs = Math.abs(peer.pdv!.percentilesUs[percent] - expected);
      assert.ok(offUs <= 150 + 0.001 * expected, `PDV p${percent}: off by ${offUs}`);
    }
  }

  // The delay, within the bound that is stated of it, and the offset
  const copies = sampled(arrivals);
  const { delay, delayRange, unplaced, clock: offset } = peer;
  assert.equal(
    (delay?.count ?? 0) + unplaced,
    copies.length,
    "every tick is placed or said not to be",
  );
  if (delay && unplaced === 0) {
    for (const percent of PERCENTILES) {
      const trueUs = percentileOf(copies.map(({ wayUs }) => wayUs), percent);
      const [leastUs, mostUs] = delayRange!.percentilesUs[percent];
      const isWithin = trueUs >= leastUs - 2 && trueUs <= mostUs + 2;
      assert.ok(isWithin, `p${percent} of the delay: ${trueUs}, not ${leastUs} to ${mostUs}`);
    }
  }
  if (offset && runs.length === 1) {
    const other = app.run === "11111111" ? "22222222" : "11111111";
    const trueUs = wallOf(history, other) - app.wallUs(SECONDS * S);
    const offUs = Math.abs(offset.offsetUs - trueUs);
    assert.ok(offUs <= offset.boundUs + 1, `offset is off by ${offUs}, ± ${offset.boundUs}`);
  }
  // What is so near to 250 ms that the bound of the clock leaves it open may be stale or not.
  const boundUs = delayRange?.maxBoundUs ?? 0;
  const staleAbove = (us: number) => copies.filter(({ wayUs }) => wayUs > us).length;
  const isStale = peer.stale >= staleAbove(250 * MS + boundUs) - unplaced &&
    peer.stale <= staleAbove(250 * MS - boundUs);
  assert.ok(isStale, `stale: ${peer.stale}, not ${staleAbove(250 * MS)}`);

  // Outages: an interval is known to some hundredths, and so is what ten of them are.
  // A tick of the run before, behind the first one of the next, ends no outage of that.
  const inTurn = arrivals.filter(({ run }, n) =>
    run !== "22222222" || !arrivals.slice(0, n).some((before) => before.run === "33333333")
  );
  const stretches = stretchesOf(inTurn, endUs);
  const certain = stretches.filter((us) => us >= 103 * MS).length;
  const possible = stretches.filter((us) => us >= 100 * MS);
  const { outages } = peer;
  assert.ok(outages.count >= certain && outages.count <= possible.length, "outages");
  if (certain === possible.length) {
    assert.ok(
      Math.abs(outages.totalUs - possible.reduce((a, b) => a + b, 0)) < 1,
      "total of outages",
    );
  }
  assert.ok(
    Math.abs(
      (outages.longest?.lengthUs ?? 0) -
        Math.max(...stretches.slice(0, outages.openUs === undefined ? -1 : undefined)),
    ) < 1,
    "longest",
  );
  const told = events.filter(({ type }) => type === "outage").length;
  assert.equal(told, outages.count, "outage events");
  const untilUs = outages.openUs === undefined ? arrivals.at(-1)!.monoUs : endUs;
  const rate = (sequence.received - 1) / ((untilUs - arrivals[0].monoUs) / S);
  assert.ok(Math.abs(peer.ratePerS - rate) < 0.00051, `rate: ${peer.ratePerS}, not ${rate}`);

  // What came while we stood still, or just after that
  const held = copies.filter(({ isHeld }) => isHeld).length;
  const mayBe =
    copies.filter(({ monoUs }) =>
      local.stalls?.some(({ fromUs, toUs }) =>
        monoUs >= app.monoUs(fromUs) && monoUs <= app.monoUs(toUs) + 6 * MS + (toUs - fromUs) / 20
      )
    ).length;
  assert.ok(
    peer.duringStall >= held - unplaced && peer.duringStall <= mayBe,
    `during stalls: ${peer.duringStall}, not ${held} to ${mayBe}`,
  );

  judgeIntervals(side, peer, endUs);
  judgeSchedule(side, schedule);
}

/** Its wall clock at the end. */
function wallOf({ seed, seconds, app1, app2 }: History, run: string): number {
  const still = { endUs: 0 };
  const apps = simulate({
    seed,
    seconds: 0,
    app1: { ...app1, ...still },
    app2: { ...app2, ...still },
  });
  return (run === "11111111" ? apps.app1 : apps.app2).wallUs(seconds * S);
}

function judgeIntervals(
  { app, local, arrivals, intervals, cursor }: Side,
  { sequence, outages }: Pick<PeerStatistics, "sequence" | "outages">,
  endUs: MonoUs,
) {
  const { received, lost, unsent, skipped, late, duplicate, reordered } = sequence;
  intervals.push(...cursor.rest(endUs));
  const total = (name: "received" | "lost" | "unsent" | "skipped") =>
    intervals.reduce((sum, interval) => sum + interval[name], 0);
  assert.deepEqual(
    [total("received"), total("lost"), total("unsent"), total("skipped")],
    [received, lost, unsent, skipped],
    "sums of intervals",
  );
  const counted = (name: "late" | "duplicate" | "reordered" | "outages" | "outageUs") =>
    intervals.reduce((sum, { atEnd }) => sum + atEnd[name], 0);
  assert.deepEqual(
    [counted("late"), counted("duplicate"), counted("reordered"), counted("outages")],
    [late, duplicate, reordered, outages.count],
    "counts of intervals",
  );
  assert.ok(Math.abs(counted("outageUs") - outages.totalUs) < 1, "outages of intervals");
  // A stall of our own that an interval's end cuts may be most of what is on either side of it.
  const gapUs = Math.max(...intervals.map(({ longestOfOthersUs }) => longestOfOthersUs));
  if (local.stalls?.length) assert.ok(gapUs >= outages.longestOfOthersUs - 1, "gap of intervals");
  else assert.ok(Math.abs(gapUs - outages.longestOfOthersUs) < 1, "gap of intervals");
  const first = Math.floor((arrivals[0].monoUs - app.monoUs(0)) / S);
  intervals.forEach((interval, n) => {
    const fromUs = app.monoUs((first + n) * S);
    const came = arrivals.filter(({ monoUs }) =>
      monoUs >= fromUs && monoUs < fromUs + interval.lengthUs
    );
    // Copies and what is late are no ticks received; what counts as which is judged by the sums.
    const copies = firstCopies(came).length;
    assert.ok(
      interval.received <= copies &&
        interval.received >= copies - (came.length - interval.received) - 12,
      `interval ${first + n}: ${interval.received} of ${copies}`,
    );
  });
}

function judgeSchedule({ sent }: Side, schedule: ReturnType<typeof summaryOf>["schedule"]) {
  const last = sent.at(-1)!;
  assert.deepEqual(
    [schedule.slots, schedule.unsent, schedule.skipped],
    [last.seq + 1, last.unsent, last.skipped],
    "schedule",
  );
  assert.equal(schedule.sent, sent.filter(({ sent }) => sent).length);
  const errors = sent.filter(({ last, timerErrorUs }) => !last || timerErrorUs >= 0).map((
    { timerErrorUs },
  ) => timerErrorUs);
  const { timerError } = schedule;
  assert.deepEqual([timerError.count, timerError.minUs, timerError.max.us], [
    errors.length,
    Math.min(...errors),
    Math.max(...errors),
  ]);
  for (const percent of PERCENTILES) {
    near(
      timerError.percentilesUs[percent],
      percentileOf(errors, percent),
      timerError.minUs,
      `timer error p${percent}`,
    );
  }
  const stalls = sent.map((tick, n) =>
    tick.timerErrorUs + (tick.skipped - (sent[n - 1]?.skipped ?? 0)) * INTERVAL_US
  )
    .filter((us) => us >= 50 * MS);
  assert.deepEqual([schedule.stalls, schedule.longestStallUs], [
    stalls.length,
    Math.max(0, ...stalls),
  ]);
}

const PARTS = 10;
for (let part = 0; part < PARTS; part++) {
  const seeds = Array.from({ length: HISTORIES / PARTS }, (_, n) => part + n * PARTS);
  Deno.test(`every statistic is what happened, in histories ${part}, ${part + PARTS}, … ${seeds.at(-1)}`, () => {
    for (const seed of seeds) {
      const history = historyOf(seed);
      for (const side of observe(history)) {
        // The run that a restart ends is of no more interest: it doesn't know the end.
        if (history.next && side.app.run === "22222222") continue;
        try {
          judge(history, side);
        } catch (error) {
          const what = `history ${seed} (${
            history.what.join(", ")
          }), as seen by ${side.app.subject}`;
          throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
  });
}

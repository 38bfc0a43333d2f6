/** What several observers received, joined: as if one had received all of it. */

import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { readJsonLine } from "../../lib/html/stream/json_line.ts";
import { COUNTS, countsOf } from "../../lib/merge/counts.ts";
import { mergedJson } from "../../lib/merge/json.ts";
import { type Merged, Merger } from "../../lib/merge/merged.ts";
import { observerOf } from "../../lib/merge/observer.ts";
import { readMergeOptions } from "../../lib/merge/options.ts";
import { mergedText } from "../../lib/merge/text.ts";
import schema from "../../lib/report/schema.json" with { type: "json" };
import { summaryJson } from "../../lib/report/json.ts";
import { styleOf } from "../../lib/report/text/summary.ts";
import { joinedOf } from "../../lib/stats/joined.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { type Summary, summaryOf } from "../../lib/stats/summary.ts";
import { isPrintable } from "../../lib/text/printable.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { fakeClock } from "../support/fakes.ts";
import { EPOCH_US, seeded } from "../support/simulation.ts";
import { peerFigures, summary } from "../support/statistics.ts";

const S = 1e6;
const SENDERS = 40;
const TICKS = 200;

/** Who has received these senders: each late in its own way, with losses, copies, an outage, and clocks that are off. */
function observing(run: string, senders: number[]) {
  const recorder = new Recorder({ run, intervalUs: 10_000, lossTimeoutUs: S });
  for (const sender of senders) {
    const random = seeded(sender);
    for (let seq = 0; seq < TICKS; seq++) {
      const isLost = random() < 0.02 || (sender % 8 === 3 && seq > 100 && seq < 130);
      if (isLost) continue;
      const wayUs = Math.round(200 + 100 * sender * random());
      const monoUs = seq * 10_000 + wayUs as MonoUs;
      const realUs = EPOCH_US + monoUs as WallUs;
      const signUs = EPOCH_US + seq * 10_000 + (sender % 5 - 2) * 3600e6 as WallUs;
      const header = { run: `${sender}`.padStart(8, "0"), seq, timerErrorUs: 0, unsent: 0 };
      const tick = { subject: `tick.${sender}`, signUs, realUs, monoUs };
      for (let copies = random() < 0.03 ? 2 : 1; copies > 0; copies--) {
        recorder.received({ ...tick, header: { ...header, skipped: 0 } });
      }
    }
  }
  const clock = fakeClock({ monoUs: 2 * S });
  const statistics = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: true });
  return { statistics, joined: joinedOf(recorder, clock.monoUs()) };
}

type Observing = ReturnType<typeof observing>;

/** As it is in a file, and read again. */
function observer(file: string, { statistics, joined }: Observing, run = file) {
  const schedule = { ...statistics.schedule, run };
  const text = summaryJson(EPOCH_US, { ...statistics, schedule }, [], joined);
  return observerOf(file, readJsonLine({ number: 1, text, isLast: true }));
}

function merged(...observers: ReturnType<typeof observer>[]): Merged {
  const merger = new Merger();
  for (const each of observers) merger.add(each);
  return merger.merged;
}

const numbers = Array.from({ length: SENDERS }, (_, n) => n);
const share = (n: number) => numbers.filter((sender) => sender % 4 === n);

Deno.test("four observers joined are the one that received all of it, to the count and the bucket", () => {
  const four = merged(
    ...["a", "b", "c", "d"].map((file, n) => observer(file, observing(file, share(n)))),
  );
  const one = merged(observer("all", observing("all", numbers)));
  assert.equal(four.senders, SENDERS);
  const { counts } = four;
  assert.deepEqual(counts, one.counts);
  assert.ok(counts.lost > 100 && counts.duplicate > 100);
  assert.equal(
    counts.slots,
    counts.received + counts.lost + counts.unread + counts.pending + counts.unsent + counts.skipped,
  );
  assert.deepEqual(four.outages, one.outages);
  assert.equal(four.outages.count, SENDERS / 8);
  for (const kind of ["dt", "pdv"] as const) {
    const [sum, whole] = [four.joined[kind]!, one.joined[kind]!];
    assert.deepEqual([sum.hdr, sum.baseUs], [whole.hdr, whole.baseUs], kind);
    assert.equal(sum.statistics.count, counts.received);
    assert.deepEqual(sum.statistics.percentilesUs, whole.statistics.percentilesUs);
    assert.ok(Math.abs(sum.statistics.meanUs - whole.statistics.meanUs) < 1.5); // µs in JSON
    assert.equal(sum.statistics.max.us, whole.statistics.max.us);
  }
  assert.deepEqual(
    four.worst.map(({ subject }) => subject),
    one.worst.map(({ subject }) => subject),
  );
  assert.deepEqual(four.shared, { count: 0, senders: [] });
});

Deno.test("each number of a peer that is a count is added up", () => {
  const peer = peerFigures({ fromStore: 1, redelivered: 2, replayed: 3, duringStall: 5 });
  const counts = countsOf(peer);
  assert.deepEqual(Object.keys(counts), [...COUNTS]);
  assert.ok(COUNTS.every((name) => Number.isSafeInteger(counts[name])));
  // Neither a maximum, nor of a clock, nor how many senders or runs there were at once.
  const others = ["runs", "senders", "clockSteps", "clockContradictions", "maxExtent"];
  const known = [...Object.entries(peer), ...Object.entries(peer.sequence)]
    .filter(([name, value]) => Number.isInteger(value) && !/Us$|PerS$/.test(name))
    .map(([name]) => name);
  assert.deepEqual(
    known.filter((name) => !others.includes(name)).toSorted(),
    [...COUNTS].toSorted(),
  );
});

Deno.test("senders that an observer forgot are in all sums, their times too", () => {
  const observe = (run: string, forgetUs?: number) => {
    const recorder = new Recorder({ run, intervalUs: 10_000, lossTimeoutUs: S, forgetUs });
    const receive = (sender: number, seq: number) => {
      const [monoUs, signUs] = [seq * 10_000 + 300 + (seq * 7919) % 500, seq * 10_000];
      const header = { run: `0000000${sender}`, seq, timerErrorUs: 0, unsent: 0, skipped: 0 };
      recorder.received({
        ...{ subject: `tick.${sender}`, header, monoUs: monoUs as MonoUs },
        ...{ signUs: EPOCH_US + signUs as WallUs, realUs: EPOCH_US + monoUs as WallUs },
      });
    };
    for (let seq = 0; seq < 1000; seq++) {
      if (seq < 200 && seq !== 50) receive(1, seq);
      receive(2, seq);
      if (seq % 25 === 0) recorder.check(seq * 10_000 + 900 as MonoUs);
    }
    const clock = fakeClock({ monoUs: 10 * S });
    const statistics = summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: true });
    return { statistics, joined: joinedOf(recorder, clock.monoUs()) };
  };
  const [kept, forgot] = [
    merged(observer("a", observe("a"))),
    merged(observer("b", observe("b", 2 * S))),
  ];
  assert.deepEqual([kept.forgotten, forgot.forgotten], [0, 1]);
  assert.deepEqual([kept.senders, forgot.senders], [2, 2]);
  // How many had no delay is not among what is kept of it.
  assert.deepEqual({ ...forgot.counts, unplaced: kept.counts.unplaced }, kept.counts);
  assert.equal(forgot.counts.lost, 1);
  assert.equal(forgot.outages.count, kept.outages.count);
  for (const kind of ["dt", "pdv"] as const) {
    assert.deepEqual(forgot.joined[kind]!.hdr, kept.joined[kind]!.hdr);
  }
  assert.match(mergedText(forgot, styleOf({ colour: false })), /anomalies .* 1 forgotten/);
});

Deno.test("what observers left unread is added up, and said", () => {
  const leaving = (file: string, sender: number, due?: number) => {
    const { statistics, joined } = observing(file, [sender]);
    const leftUnread = due === undefined ? undefined : { peers: 1, due };
    return observer(file, { statistics: { ...statistics, leftUnread }, joined });
  };
  const all = merged(leaving("a", 1, 100), leaving("b", 2), leaving("c", 3, 50));
  const said =
    /^unread +up to 150 ticks after the last ones of 2 peers, not read and in no count$/m;
  assert.match(mergedText(all, styleOf({ colour: false })), said);
  const { observers } = JSON.parse(mergedJson(all));
  const told = observers.map(({ leftUnread }: { leftUnread?: object }) => leftUnread);
  assert.deepEqual(told, [{ peers: 1, due: 100 }, undefined, { peers: 1, due: 50 }]);
});

Deno.test("a sender that two observers received is told, by its run, whatever its subject is", () => {
  const { count, senders } = merged(
    observer("a", observing("a", [1, 2])),
    observer("b", observing("b", [2, 3])),
    observer("c", observing("c", [2])),
  ).shared;
  assert.equal(count, 1);
  assert.deepEqual(senders, [{ run: "00000002", subject: "tick.2", files: ["a", "b", "c"] }]);
});

Deno.test("more than a hundred such senders are counted, and a hundred are named", () => {
  const all = Array.from({ length: 120 }, (_, n) => n);
  const two = merged(observer("a", observing("a", all)), observer("b", observing("b", all)));
  assert.equal(two.senders, 120);
  assert.equal(two.shared.count, 120);
  assert.equal(two.shared.senders.length, 100);
});

Deno.test("the same observer is not taken twice: neither by its run, nor where it has none", () => {
  const same = () => observing("a", [1]);
  assert.throws(
    () => merged(observer("a", same(), "aaaaaaaa"), observer("b", same(), "aaaaaaaa")),
    /^UsageError: "b" and "a" are of the same observer \(run aaaaaaaa\)$/,
  );
  assert.throws(
    () => merged(observer("a", same(), ""), observer("b", same(), "")),
    /^UsageError: "b" and "a" are of the same observer$/,
  );
});

/** One observer, of statistics made by hand. */
function byHand(file: string, changed: Partial<Summary>, outcomes: { ok: boolean }[] = []) {
  const text = summaryJson(
    EPOCH_US + 100 * S,
    summary(changed),
    outcomes.map((each) => ({ written: "loss=0", wanted: "loss = 0", found: "3", ...each })),
    {},
  );
  return observerOf(file, readJsonLine({ number: 1, text, isLast: true }));
}

const ours = (run: string) => ({ ...summary().schedule, run });

Deno.test("a person sees loss, outages and the observers first, and each observer's outages", () => {
  const second = [peerFigures({ subject: "tick.1.b", run: "dddddddd" })];
  const text = mergedText(
    merged(
      byHand("a.json", { schedule: ours("aaaaaaaa") }),
      byHand("b.json", { name: "app2", schedule: ours("cccccccc"), peers: second }),
    ),
    styleOf({ colour: false }),
  );
  const lines = text.split("\n");
  assert.match(lines[0], /^--- 2 observers, 2 senders, 1 min 40 s -+ no thresholds ---$/);
  assert.equal(lines[0].length, 100);
  assert.match(
    lines[1],
    /^loss {7}26 of 19926 sent \(0\.13 %\), received 19900, 8 late, 10 duplicate,/,
  );
  assert.ok(
    text.includes("\noutages    4, longest 340 ms, total 920 ms, observers reconnected 10 times\n"),
  );
  assert.match(text, /\na\.json +1 min 40 s +1 +9950 +13 +0\.13 % +2 +460 ms +- +- +-\n/);
  assert.match(
    text,
    /\noutages of a\.json \(app1, run aaaaaaaa; from 2026-11-24T\S+Z, 1 min 40 s\)\n/,
  );
  assert.match(text, /\noutages of b\.json \(app2, run cccccccc; /);
  assert.match(
    text,
    /\n +\d\d:\d\d:\d\d\.\d+ +340 ms +8 +20 +5 +peer's connection lost +tick\.1\.b\n/,
  );
  for (const line of lines) assert.ok(line.length <= 100, line);
});

Deno.test("it fits a narrow screen, and nothing from outside reaches it raw", () => {
  const subject = "tick\u202e\x1b[31m.b";
  const peers = [peerFigures({ subject, run: "dddddddd" })];
  const all = merged(
    byHand("a\x1b[2J.json", { name: "\x1b]0;x\x07", schedule: ours("aaaaaaaa"), peers }),
    byHand("b.json", { schedule: ours("cccccccc"), peers }),
  );
  const text = mergedText(all, styleOf({ columns: 60, colour: false }));
  for (const line of [...text.split("\n"), mergedJson(all)]) assert.ok(isPrintable(line), line);
  assert.match(text, /\nshared {5}1 sender received by more than one/);
});

Deno.test("a threshold that failed with one of them is the verdict", () => {
  const failed = merged(
    byHand("a", { schedule: ours("aaaaaaaa") }, [{ ok: true }, { ok: true }]),
    byHand("b", { schedule: ours("bbbbbbbb") }, [{ ok: true }, { ok: false }]),
  );
  assert.deepEqual(failed.observers[1].thresholds, { judged: 2, failed: 1 });
  assert.match(
    mergedText(failed, styleOf({ colour: false })),
    /FAIL: thresholds of 1 of 2 observers/,
  );
  const none = merged(byHand("a", { peers: [] }));
  assert.match(mergedText(none, styleOf({ colour: false })), /FAIL: no ticks received/);
});

Deno.test("its JSON is as the schema says, in seconds, and holds all that was counted", () => {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, allowMatchingProperties: true })
    .addSchema(schema, "schema");
  const all = merged(
    observer("a", observing("a", [1, 3, 11])),
    observer("b", observing("b", [3, 4])),
    byHand("c", { schedule: ours("cccccccc") }, [{ ok: false }]),
  );
  const line = JSON.parse(mergedJson(all));
  assert.ok(ajv.validate("schema#/definitions/merged", line), ajv.errorsText());
  assert.ok(ajv.validate("schema", line));
  assert.deepEqual([line.v, line.type, line.senders, line.shared.count], [3, "merged", 5, 1]);
  assert.equal(line.observers[0].ran, 2);
  assert.equal(line.joined.dt.statistics.count, all.counts.received - 9950);
  assert.equal(line.outages.longestOnes[0].outage.length, 0.34);
});

Deno.test("a summary of before there were histograms to join is refused", () => {
  const text = summaryJson(EPOCH_US, summary(), []);
  assert.throws(
    () => observerOf("a.json", readJsonLine({ number: 1, text, isLast: true })),
    /^UsageError: "a\.json": its summary has no "joined" histograms/,
  );
});

Deno.test("files are given once each", () => {
  assert.deepEqual(readMergeOptions(["--json", "a", "b"]), {
    ...{ help: false, json: true, files: ["a", "b"] },
  });
  assert.throws(() => readMergeOptions(["a", "b", "a"]), /^UsageError: "a" is given twice$/);
  assert.throws(() => readMergeOptions([]), /^UsageError: expected the files/);
  assert.throws(() => readMergeOptions(["--what"]), /^UsageError: .*--what/);
});

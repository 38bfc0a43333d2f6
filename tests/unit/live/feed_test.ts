/** What a page and Prometheus are told of a recorder's ticks. */

import assert from "node:assert/strict";
import { readHttpAddress } from "../../../lib/cli/values.ts";
import { DelayBuckets } from "../../../lib/live/delay_buckets.ts";
import { Feed } from "../../../lib/live/feed.ts";
import { isOurs } from "../../../lib/live/server.ts";
import { viewOf } from "../../../lib/live/view.ts";
import { metricsText } from "../../../lib/report/prometheus.ts";
import { Era } from "../../../lib/stats/delay/era.ts";
import type { Sample } from "../../../lib/stats/delay/sample.ts";
import type { OutageCause } from "../../../lib/stats/outages.ts";
import { Recorder } from "../../../lib/stats/recorder.ts";
import { type Summary, summaryOf } from "../../../lib/stats/summary.ts";
import type { Clock, MonoUs, WallUs } from "../../../lib/time/clock.ts";

const clock: Clock = { monoUs: () => 0 as MonoUs, wallUs: () => 5e6 as WallUs };
const era = new Era();

function placed(delayUs: number, monoUs: number): Sample {
  const when = { atUs: monoUs, monoUs: monoUs as MonoUs };
  const flags = { duringStall: false, stale: false };
  return { dtUs: delayUs, seq: 1, ...when, ...flags, era, delay: { delayUs, boundUs: 1 } };
}

const rowsOf = (feed: Feed, nowUs: number) =>
  feed.take(nowUs as MonoUs).a.tiers[0].columns.map(([count, min, , , , max]) => [count, min, max]);

Deno.test("a column is sent once, when all that arrived in it has been taken in", () => {
  const feed = new Feed(clock);
  const follower = feed.follow("a");
  for (const [us, at] of [[500, 10_000], [700, 90_000], [900, 150_000]]) {
    follower.sampled(placed(us, at));
  }
  assert.deepEqual(rowsOf(feed, 350_000), []);
  assert.deepEqual(rowsOf(feed, 400_000), [[2, 0.5, 0.7]]);
  assert.deepEqual(rowsOf(feed, 450_000), []);
  assert.deepEqual(rowsOf(feed, 500_000), [[1, 0.9, 0.9]]);
  const [{ columns, isWhole }] = feed.taken().a.tiers;
  assert.deepEqual([columns.length, isWhole], [2, true]);
});

Deno.test("outages add up by what explains them; one that lasts is in none of the sums", () => {
  const feed = new Feed(clock);
  feed.follow("a");
  const outage = (lengthUs: number, cause: OutageCause, more = {}) => {
    const [startUs, endUs] = [0 as WallUs, lengthUs as WallUs];
    const counts = { missing: 0, unsent: 0, skipped: 0 };
    feed.event({
      ...{ type: "outage", subject: "a", startUs, endUs, lengthUs, ...counts },
      ...{ cause, ...more },
    });
  };
  outage(300, "peer stalled");
  outage(500, "peer stalled", {
    causes: [{ cause: "peer stalled", us: 400 }, { cause: "unknown", us: 100 }],
  });
  outage(900, "unknown", { isOpen: true });
  // What explains less than a tenth isn't named, and is counted with what explains most.
  outage(1000, "peer restarted", {
    causes: [{ cause: "peer restarted", us: 800 }, { cause: "local stall", us: 110 }],
  });
  const { outages, outageUs } = feed.totalsOf("a")!;
  assert.equal(outages, 3);
  assert.deepEqual([...outageUs], [
    ["peer stalled", 700],
    ["unknown", 100],
    ["peer restarted", 890],
    ["local stall", 110],
  ]);
});

Deno.test("the seventeenth peer has sums, and no plot", () => {
  const feed = new Feed(clock);
  for (let n = 0; n < 17; n++) feed.follow(String(n)).sampled(placed(100, 0));
  assert.equal(Object.keys(feed.taken()).length, 16);
  assert.equal(feed.totalsOf("16")!.delays.counts[1], 1);
});

Deno.test("DelayBuckets counts a delay in the first bound that isn't below it", () => {
  const buckets = new DelayBuckets();
  for (const us of [50, 51, 10e6, 10e6 + 1]) buckets.record(us);
  assert.deepEqual([buckets.counts[0], buckets.counts[1]], [1, 1]);
  assert.deepEqual(buckets.counts.slice(-2), [1, 1]);
  assert.equal(buckets.sumUs, 20_000_102);
});

Deno.test("metricsText() quotes what a subject may have, and leaves out what has no sample", () => {
  const schedule = { sent: 1, unsent: 0, skipped: 0, stalls: 0 };
  const reconnects = { lost: 0, unresponsive: 0, moved: 0 };
  const text = metricsText(
    {
      name: 'a"\\\n',
      ranMs: 1500,
      schedule,
      reconnects,
      peers: [],
      rejected: {},
    } as never as Summary,
    "1.2.3",
    { totalsOf: () => undefined, isNamed: () => true, delays: new DelayBuckets() },
  );
  assert.ok(text.includes('tick_info{name="a\\"\\\\\\\\u000a",version="1.2.3"} 1\n'), text);
  assert.ok(text.includes("tick_run_seconds 1.5\n"));
  assert.doesNotMatch(text, /tick_received|tick_delay|tick_server_rtt/);
});

Deno.test("metricsText() names a thousand peers, and sums all of them up with those that are gone", () => {
  const feed = new Feed(clock);
  const followers = Array.from({ length: 1002 }, (_, n) => feed.follow(String(n)));
  followers.forEach((follower) => follower.sampled(placed(100, 0)));
  const sequence = {
    ...{ received: 10, lost: 1, unread: 3, late: 0, duplicate: 0, reordered: 0, unsent: 2 },
  };
  const peerOf = (subject: string) => ({ subject, sequence, bare: 0, outages: {} });
  const schedule = { sent: 1, unsent: 0, skipped: 0, stalls: 0 };
  const textOf = (subjects: string[], forgotten?: unknown) =>
    metricsText(
      {
        ...{ name: "app1", ranMs: 1, schedule, reconnects: {}, rejected: {}, forgotten },
        peers: subjects.map(peerOf),
      } as never as Summary,
      "1.2.3",
      {
        totalsOf: (subject) => feed.totalsOf(subject),
        isNamed: (subject) => feed.isNamed(subject),
        delays: feed.delays,
      },
    );
  const subjects = followers.map((_, n) => String(n));
  const all = textOf(subjects);
  assert.equal(all.match(/^tick_received_total\{/gm)!.length, 1000);
  assert.doesNotMatch(all, /subject="100[01]"/);
  assert.match(all, /^tick_peers 1002$/m);
  assert.match(all, /^tick_all_received_total 10020$/m);
  assert.match(all, /^tick_all_unread_total 3006$/m);
  assert.match(all, /^tick_all_unread_total 3006$/m);
  assert.match(all, /^tick_all_delay_seconds_count 1002$/m);
  // A place that is given back is for the next one that comes, and nobody changes.
  followers[3].forgotten();
  feed.follow("new").sampled(placed(100, 0));
  const gone = { peers: 1, sequence, bare: 0, outages: { count: 0, totalUs: 0 } };
  const later = textOf([...subjects.filter((subject) => subject !== "3"), "new"], gone);
  assert.match(later, /^tick_received_total\{subject="new"\} 10$/m);
  assert.doesNotMatch(later, /subject="(3|100[01])"/);
  assert.match(later, /^tick_all_received_total 10030$/m);
  assert.match(later, /^tick_all_unread_total 3009$/m);
  assert.match(later, /^tick_all_unread_total 3009$/m);
  assert.match(later, /^tick_all_delay_seconds_count 1003$/m);
});

Deno.test("a page has numbers of 64 peers: the first ones, and the worst of the others", () => {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: 1e6 });
  for (let n = 0; n < 2000; n++) {
    for (const seq of n === 1999 ? [0, 10] : [0, 1]) {
      recorder.received({
        ...{ subject: String(n), signUs: seq * 10_000 as WallUs, realUs: seq * 10_000 as WallUs },
        monoUs: seq * 10_000 as MonoUs,
        header: { run: `r${n}`, seq, timerErrorUs: 0, unsent: 0, skipped: 0 },
      });
    }
  }
  recorder.end(2e6 as MonoUs);
  const facts = { name: "app1", startUs: 0, recorder, clock, ended: true };
  const { peers, text } = viewOf(summaryOf(facts), []);
  const subjects = peers.map(({ subject }) => subject);
  assert.equal(subjects.length, 64);
  assert.deepEqual(subjects.slice(0, 32), Array.from({ length: 32 }, (_, n) => String(n)));
  assert.equal(subjects[32], "1999");
  assert.ok(text.split("\n").length < 60, text);
});

Deno.test("isOurs() knows addresses, localhost and the host named, and no other name", () => {
  for (const host of ["127.0.0.1", "10.1.2.3:80", "[::1]:80", "localhost:1", "Tick.example:9"]) {
    assert.equal(isOurs(host, "tick.example"), true, host);
  }
  for (const host of ["", "evil.example", "tick.example.evil", "1.2.3.4.evil", "[evil]", "127.1"]) {
    assert.equal(isOurs(host, "tick.example"), false, host);
  }
});

Deno.test("readHttpAddress() is of this machine alone, unless a host is named", () => {
  assert.deepEqual(readHttpAddress("8080"), { hostname: "127.0.0.1", port: 8080 });
  assert.deepEqual(readHttpAddress("tick.example:0"), { hostname: "tick.example", port: 0 });
  assert.deepEqual(readHttpAddress("[::]:80"), { hostname: "::", port: 80 });
  for (const written of ["", "x", "65536", ":80", "a:b:80", "::1:80", "http://a:80", "a:80/x"]) {
    assert.throws(() => readHttpAddress(written), /invalid address .*: use PORT or HOST:PORT/);
  }
});

/** What a person reads of the statistics: each word and number, by hand. */

import assert from "node:assert/strict";
import type { Outcome } from "../../lib/expect.ts";
import { styleOf, summaryText } from "../../lib/report/text/summary.ts";
import { delayFigures, peerFigures, summary } from "../support/statistics.ts";
import { simulate } from "../support/simulation.ts";
import { type Summary, summaryOf } from "../../lib/stats/summary.ts";

const S = 1e6;

/** The row with a title and those that go on with it, without the title. */
function rowOf(text: string, title: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.startsWith(title));
  if (at < 0) return undefined;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !line.startsWith("           "));
  const more = rest.slice(0, end < 0 ? undefined : end);
  return [lines[at].slice(title.length), ...more].map((line) => line.trim()).join(" ");
}

const OUTCOMES: Outcome[] = [
  { written: "loss=0", subject: "app2_tick", ok: false, wanted: "= 0", found: "13" },
  { written: "p99<5ms", subject: "app2_tick", ok: true, wanted: "< 5.000 ms", found: "0.900 ms" },
];

Deno.test("summaryText() begins with the verdict, then loss, outages, and delay with its bound", () => {
  const lines = summaryText(summary(), OUTCOMES).split("\n");
  assert.match(
    lines[0],
    /^--- app1 receives app2_tick, 1 min 40 s at 10 ms -+ FAIL: 1 of 2 thresholds ---$/,
  );
  assert.equal(lines[0].length, 100);
  assert.equal(
    lines.slice(1, 3).join(" "),
    "loss       13 of 9963 sent (0.13 %), received 9950, 4 late, 5 duplicate, " +
      "6 reordered (by up to 2),            7 stale",
  );
  assert.match(
    lines[3],
    /^outages {4}2, longest 340 ms, total 460 ms, reconnected 5 times \(4 disconnects, 1 shutdown\)/,
  );
  // The widest that is left open of what is shown: 3000 - 2850.
  assert.equal(
    lines.find((line) => line.startsWith("delay")),
    "delay      p50 0.30   p99 0.90   max 3.00 ms   (one-way, clock offset removed, ± 0.15 ms)",
  );
});

Deno.test("summaryText() has each outage in a line, in the order of their time", () => {
  const { outages } = peerFigures();
  const [first, second] = outages.longestOnes;
  const longestOnes = [first, { ...second, via: ["a:1", "b:2"] as [string, string] }];
  const peers = [peerFigures({ outages: { ...outages, longestOnes } })];
  const lines = summaryText(summary({ peers })).split("\n");
  const at = lines.findIndex((line) => line.startsWith("outage "));
  assert.deepEqual(lines.slice(at, at + 3).map((line) => line.trim().split(/ {2,}/)), [
    ["outage", "start (UTC)", "length", "lost", "not sent", "missed", "cause", "via"],
    ["06:56:29.340", "340 ms", "8", "20", "5", "peer's connection lost", "-"],
    ["06:57:07.000", "120 ms", "5", "0", "0", "lost on the way", "a:1 -> b:2"],
  ]);
});

Deno.test("summaryText() has what there is no room for in an outage's line below it", () => {
  const lines = summaryText(summary(), [], styleOf({ columns: 80, colour: false })).split("\n");
  const at = lines.findIndex((line) => line.includes("06:57:07.000"));
  assert.match(lines[at], /lost on the way$/);
  assert.equal(lines[at + 1].trim(), "via 127.0.0.1:4222 -> 127.0.0.1:4223");
});

Deno.test("summaryText() counts the outages beyond the ten longest", () => {
  const { outages } = peerFigures();
  const peers = [peerFigures({ outages: { ...outages, count: 14 } })];
  assert.match(summaryText(summary({ peers })), /^ +and 12 more, shorter than these$/m);
});

Deno.test("summaryText() shows the causes of an outage that had several, with their share", () => {
  const { outages } = peerFigures();
  const causes = [
    { cause: "lost on the way", us: 200_000 },
    { cause: "local stall", us: 140_000 },
  ] as const;
  const longestOnes = [{ ...outages.longestOnes[0], causes: [...causes] }];
  const text = summaryText(
    summary({ peers: [peerFigures({ outages: { ...outages, longestOnes } })] }),
  );
  assert.match(text, /^ +of which lost on the way 200 ms, local stall 140 ms$/m);
});

Deno.test("summaryText() says that an outage lasts until the end, and what can't be known of it", () => {
  const { outages } = peerFigures();
  const open = {
    ...outages.longestOnes[0],
    ...{ cause: "unknown", isOpen: true, isUncounted: true } as const,
    ...{ missing: 0, unsent: 0, skipped: 0 },
  };
  const figures = { ...outages, longestOnes: [open], openUs: 3 * S };
  const text = summaryText(summary({ peers: [peerFigures({ outages: figures })] }));
  assert.match(rowOf(text, "outages")!, /no ticks in the last 3\.0 s/);
  assert.match(text, /340 ms +\? +\? +unknown \(until the end\)$/m);
});

Deno.test("summaryText() shows the loss runs as ranges, and where more than the lost is in one", () => {
  const text = summaryText(summary());
  assert.equal(rowOf(text, "loss runs"), "3: seq 17, seq 1234–1241, 4 of seq 5000–5028");
  const { sequence } = peerFigures();
  const peers = [peerFigures({ sequence: { ...sequence, bursts: 40 } })];
  assert.match(rowOf(summaryText(summary({ peers })), "loss runs")!, /, and 37 more$/);
});

Deno.test("summaryText() shows the distributions, the deviation of which is the same above the minimum", () => {
  const text = summaryText(summary());
  const cells = (title: string) => rowOf(text, title)?.split(/ +/);
  assert.deepEqual(cells("ms"), [
    ...["min", "mean", "stdev", "p50", "p90", "p99", "p99.9", "p99.99", "max"],
  ]);
  assert.deepEqual(rowOf(text, "delay  ")?.slice(0, 8), "p50 0.30");
  // 9955 ticks are too few for a p99.99.
  const lines = text.split("\n");
  const delay = lines.findLast((line) => line.startsWith("delay"))!;
  assert.deepEqual(delay.split(/ +/).slice(1), [
    ...["0.100", "0.350", "0.210", "0.300", "0.500", "0.900", "1.900", "-", "3.000"],
  ]);
  assert.deepEqual(cells("PDV"), [
    ...["0.000", "0.250", "0.200", "0.200", "0.400", "0.800", "1.800", "-", "2.900"],
  ]);
  assert.deepEqual(cells("dt (raw)"), [
    ...["-249.900", "-249.650", "0.210", "0.300", "0.500", "0.900", "1.900", "-", "3.000"],
  ]);
});

Deno.test("summaryText() shows jitter, the latest tick, the clock and the breakdown", () => {
  const text = summaryText(summary());
  assert.equal(
    rowOf(text, "jitter"),
    "0.120 ms (RFC 3550), IPDV mean 0.130, max 2.700 ms",
  );
  assert.equal(rowOf(text, "max at"), "seq 4711, 2026-11-24T06:57:04.110Z");
  assert.equal(
    rowOf(text, "clock"),
    "offset +250.000 ± 0.140 ms at the end, drift -21.50 ppm, RTT 0.280 ms",
  );
  // Half of 180 µs and half of 160 µs; of a p50 of 300 µs, 130 are left.
  assert.equal(
    rowOf(text, "breakdown"),
    "p50 0.300 ms = 0.090 peer to server + 0.080 server to us + 0.130 other " +
      "(half of each RTT to the server)",
  );
});

Deno.test("summaryText() says what of the delay is tick's own, at least", () => {
  assert.equal(
    rowOf(summaryText({ ...summary(), ownUs: 46 }), "breakdown"),
    "p50 0.300 ms = 0.090 peer to server + 0.080 server to us + 0.130 other " +
      "(half of each RTT to the server; at least 0.046 of the p50 is tick's own)",
  );
});

Deno.test("summaryText() names the server below the breakdown, and nothing of it reaches a terminal raw", () => {
  const lineOf = (server: Summary["server"]) =>
    summaryText({ ...summary(), server }).split("\n").find((line) => line.includes("our server"));
  const identity = { product: "nats-server 2.9.10", name: "n1", cluster: "c1" };
  assert.equal(
    lineOf({ address: "a:1", ...identity }),
    "           our server: a:1, n1, of cluster c1, nats-server 2.9.10",
  );
  // One that was given no name makes one up.
  assert.equal(
    lineOf({ address: "a:1", name: `N${"A2".repeat(27)}B` }),
    "           our server: a:1",
  );
  assert.equal(
    lineOf({ address: "a:1", name: "\x1b[2J", cluster: "\u202ec" }),
    "           our server: a:1, \\u001b[2J, of cluster \\u202ec",
  );
  assert.equal(lineOf(undefined), undefined);
});

Deno.test("summaryText() has our own side behind all that was received", () => {
  const text = summaryText(summary());
  assert.equal(
    rowOf(text, "sent"),
    "9970 of 10000 scheduled as run aaaaaaaa, 10 not sent (disconnected or refused), " +
      "20 missed (sender busy) " +
      "peer received 9989 of our ticks, as of seq 9991, 1 lost, 2 duplicate, 3 reordered",
  );
  assert.equal(
    rowOf(text, "timer error"),
    "p50 0.300  p99 0.900  max 3.000 ms, 1 stall, the longest 120 ms " +
      "(our scheduler, not the network)",
  );
  assert.ok(text.indexOf("\nsent") > text.indexOf("\nclock"));
});

Deno.test("summaryText() ends with every expectation: its outcome, what was wanted and what was found", () => {
  const lines = summaryText(summary(), OUTCOMES).split("\n");
  assert.deepEqual(lines.slice(-3).map((line) => line.trim().split(/ {2,}/)), [
    ["thresholds"],
    ["FAIL", "loss=0", "wanted = 0", "found 13"],
    ["ok", "p99<5ms", "wanted < 5.000 ms", "found 0.900 ms"],
  ]);
});

Deno.test("summaryText() says what leaves a verdict open", () => {
  const open = "by the clock's bound 0.160 ms to 5.440 ms";
  const text = summaryText(summary(), [{ ...OUTCOMES[1], open }]);
  assert.match(text, /^ {2}ok .*found 0\.900 ms \(by the clock's bound 0\.160 ms to 5\.440 ms\)$/m);
  assert.match(text.split("\n")[0], / ok: 1 of 1 thresholds ---$/);
});

Deno.test("summaryText() leaves out what would only hold zeros", () => {
  const { sequence } = peerFigures();
  const none = { ...sequence, lost: 0, late: 0, duplicate: 0, reordered: 0, unsent: 0, skipped: 0 };
  const quiet = peerFigures({
    ...{ sequence: { ...none, bursts: 0 }, lossRuns: [], stale: 0 },
    outages: {
      ...{ count: 0, totalUs: 0, longestOfOthersUs: 33_000, longestOnes: [] },
      longest: { ...peerFigures().outages.longest!, lengthUs: 33_000 },
    },
  });
  const reconnects = { lost: 0, unresponsive: 0, moved: 0 };
  const schedule = { ...summary().schedule, unsent: 0, skipped: 0, stalls: 0 };
  const text = summaryText(summary({ peers: [quiet], reconnects, schedule }));
  assert.equal(rowOf(text, "loss"), "0 of 9950 sent (0.00 %), received 9950");
  assert.equal(rowOf(text, "outages"), "none, longest gap 33 ms at 2026-11-24T06:56:29.340Z");
  for (const title of ["loss runs", "outage ", "anomalies", "peer ", "thresholds"]) {
    assert.equal(rowOf(text, title), undefined, title);
  }
  assert.doesNotMatch(text, /\b0 (late|duplicate|reordered|not sent|missed|stall|lost)/);
});

Deno.test("summaryText() says what is odd", () => {
  const text = summaryText(summary({
    clockSteps: 3,
    rejected: { empty: 1, "too long": 2, "local tick": 3, "too many subjects": 4, "not shown": 5 },
    peers: [peerFigures({
      ...{ runs: 3, clockSteps: 2, unplaced: 70, replayed: 4, endedUs: 10 * S },
      headerFaults: { "broken header": 5, "unknown header version": 6 },
    })],
  }));
  assert.equal(
    rowOf(text, "anomalies"),
    "4 duplicates from an earlier session, 5 without a usable header (broken header), " +
      "6 without a usable header (unknown header version)",
  );
  assert.match(rowOf(text, "clock")!, /clock stepped twice; dt covers the time since/);
  assert.match(rowOf(text, "clock")!, /70 ticks excluded \(no offset known\)/);
  assert.equal(
    rowOf(text, "session"),
    "run bbbbbbbb, 99.50 ticks/s, session 3, peer ended 10.0 s before us",
  );
  assert.equal(rowOf(text, "local clock"), "stepped 3 times");
  assert.equal(rowOf(text, "malformed"), "1 empty, 2 too long");
  assert.equal(
    rowOf(text, "excluded"),
    "3 local ticks, which are received too, 4 ticks on subjects beyond --peers",
  );
  assert.equal(rowOf(text, "not shown"), "5 ticks that came too fast; they are counted");
});

Deno.test("summaryText() says what a peer that sends no header leaves unknown", () => {
  const bare = peerFigures({ run: undefined, bare: 1000, clock: undefined, delay: undefined });
  const text = summaryText(summary({ peers: [bare] }));
  assert.match(rowOf(text, "loss")!, /^unknown, as the peer sends no header, received 1000/);
  assert.match(rowOf(text, "dt  ")!, /raw: clock offset included/);
  assert.equal(rowOf(text, "clock"), undefined);
  assert.equal(rowOf(text, "session"), "no header, 99.50 ticks/s");
});

Deno.test("summaryText() gives the reason where offset and drift are not known", () => {
  const peers = [peerFigures({ clock: undefined, delay: undefined, unplaced: 9955 })];
  assert.match(
    rowOf(summaryText(summary({ peers })), "clock")!,
    /^offset n\/a: the peer echoed none of our ticks/,
  );
  const why = "needs 30 s of data, has 2 s";
  const young = summary({ peers: [peerFigures({ drift: { state: "unknown", why } })] });
  assert.match(rowOf(summaryText(young), "clock")!, /drift n\/a \(needs 30 s of data, has 2 s\)/);
});

Deno.test("summaryText() says that nothing was received", () => {
  const text = summaryText(summary({ peers: [] }));
  assert.match(text.split("\n")[0], /FAIL: no ticks received ---$/);
  assert.equal(rowOf(text, "loss"), undefined);
});

const RULE: Outcome[] = [
  ...OUTCOMES,
  {
    ...{ written: "p99.99<123ms", subject: "app2_tick", ok: false },
    wanted: "< 123.000 ms in each 1.0 min",
    found: "failed in 12 of 600 intervals, worst 1234.567 ms, n/a in 3",
    open: "by the clock's bound 0.860 ms to 1.140 ms",
  },
];
const CAUSES = [
  { cause: "peer's connection lost", us: 200_000 },
  { cause: "local connection lost", us: 140_000 },
] as const;

Deno.test("summaryText() of a peer whose offset isn't known, or without a header, is no wider either", () => {
  const changed = { delay: undefined, delayRange: undefined, clock: undefined, unplaced: 12_345 };
  const cases = [changed, { ...changed, run: undefined, bare: 123_456, endedUs: 10 * S, runs: 12 }];
  for (let width = 60; width <= 200; width++) {
    for (const one of cases) {
      const peers = [peerFigures(one)];
      const text = summaryText(
        summary({ peers }),
        RULE,
        styleOf({ columns: width, colour: false }),
      );
      for (const line of text.split("\n")) {
        assert.ok(line.length <= width, `${line.length} of ${width}: ${line}`);
      }
    }
  }
});

for (const peers of [1, 2]) {
  Deno.test(`summaryText() of ${peers} is as wide as the screen at most, from 60 columns to 200`, () => {
    const peer = peerFigures();
    const [first, ...rest] = peer.outages.longestOnes;
    const longestOnes = [{ ...first, causes: [...CAUSES] }, ...rest];
    const one = { ...peer, outages: { ...peer.outages, longestOnes } };
    for (let width = 60; width <= 200; width++) {
      const text = summaryText(
        summary({ peers: [one, { ...one, subject: "app3_tick" }].slice(0, peers) }),
        RULE,
        styleOf({ columns: width, colour: false }),
      );
      for (const line of text.split("\n")) {
        assert.ok(line.length <= width, `${line.length} of ${width}: ${line}`);
      }
      assert.match(text, /^ms .*min .*p50 .*p99 .*max$/m);
      // Nothing of an outage is left out for that.
      for (const part of ["127.0.0.1:4222", "127.0.0.1:4223", "lost on the way", "12 of 600"]) {
        assert.ok(text.includes(part), `${part} at ${width}`);
      }
    }
  });
}

Deno.test("summaryText() says the same in colour", () => {
  // deno-lint-ignore no-control-regex
  const plain = (text: string) => text.replace(/\x1b\[\d+m/g, "");
  const coloured = summaryText(summary(), OUTCOMES, styleOf({ columns: 100, colour: true }));
  assert.ok(coloured.includes("\x1b[31mFAIL"));
  assert.ok(coloured.includes("\x1b[32mok"));
  assert.equal(plain(coloured), summaryText(summary(), OUTCOMES));
});

Deno.test("summaryText() has a line for each of several peers, the worst first, and the worst in detail", () => {
  const { sequence } = peerFigures();
  const peers = [
    peerFigures({ subject: "good", sequence: { ...sequence, lost: 0 } }),
    peerFigures({ subject: "bad", sequence: { ...sequence, lost: 500 } }),
    peerFigures({ subject: "so-so", delay: undefined }),
  ];
  const lines = summaryText(summary({ peers })).split("\n");
  assert.match(lines[0], /^--- app1 receives 3 peers, /);
  assert.deepEqual(lines.slice(2, 5).map((line) => line.split(/ {2,}/)[0]), [
    "bad",
    "so-so",
    "good",
  ]);
  assert.match(lines[2], /^bad +9950 +500 +4\.78 % +2 +460 ms +0\.30 +0\.90 +3\.00 +0\.15$/);
  assert.match(lines[3], / dt$/);
  assert.match(lines[5], /^all 3 +29850 +5\d\d +\d\.\d\d % +6 +1\.4 s +- +- +- +-$/);
  assert.ok(lines.includes("worst: bad"));
});

Deno.test("summaryText() puts a peer that failed an expectation before all others", () => {
  const { sequence } = peerFigures();
  const peers = [
    peerFigures({ subject: "lossy", sequence: { ...sequence, lost: 500 } }),
    peerFigures({ subject: "failed" }),
  ];
  const outcomes = [{ ...OUTCOMES[0], subject: "failed" }, { ...OUTCOMES[1], subject: "lossy" }];
  assert.ok(summaryText(summary({ peers }), outcomes).includes("worst: failed"));
});

Deno.test("summaryText() leaves none of 300 peers out unsaid, nor an expectation", () => {
  const peers = Array.from({ length: 300 }, (_, n) => peerFigures({ subject: `tick.${n}` }));
  const outcomes = peers.map(({ subject }, n) => ({ ...OUTCOMES[0], subject, ok: n >= 20 }));
  const text = summaryText(summary({ peers }), outcomes);
  assert.match(text, /^and 285 more peers/m);
  assert.equal(text.match(/^ {2}FAIL .* for tick\.\d+$/gm)?.length, 10);
  assert.match(text, /^ {2}FAIL .*wanted = 0 .*and for 10 more peers$/m);
  assert.match(text, /^ {2}ok .*wanted = 0 .*for 280 peers$/m);
  assert.ok(text.split("\n").length < 70);
});

Deno.test("summaryText() lets no subject speak to the terminal", () => {
  const subject = "tick.\x1b[31m\n--- app1: all is well ---";
  for (const peers of [[peerFigures({ subject })], [peerFigures({ subject }), peerFigures()]]) {
    const text = summaryText(summary({ peers }));
    assert.ok(!text.includes("\x1b"));
    assert.doesNotMatch(text, /^--- app1: all is well/m);
  }
});

Deno.test("summaryText() has no word of the machine in any cell", () => {
  const { app1 } = simulate({ seed: 2, seconds: 1 });
  const one = simulate({ seed: 2, seconds: 1, app2: { wayUs: (_, __, seq) => seq ? [] : [300] } });
  for (const app of [app1, one.app1]) {
    const clock = { wallUs: () => app.wallUs(S), monoUs: () => app.monoUs(S) };
    const { recorder } = app;
    const facts = { name: "app1", startUs: app.monoUs(0), recorder, clock, ended: true };
    assert.doesNotMatch(summaryText(summaryOf(facts)), /NaN|Infinity|undefined|null|-0\.00/);
  }
  const none = delayFigures({
    ...{ count: 0, minUs: Infinity, meanUs: NaN, deviationUs: NaN },
    percentilesUs: { 50: NaN, 90: NaN, 99: NaN, 99.9: NaN, 99.99: NaN },
    max: { us: -Infinity, seq: -1, atUs: 0 },
  });
  const untimed = peerFigures({ ...{ dt: none, delay: undefined, pdv: undefined }, ratePerS: NaN });
  const schedule = { ...summary().schedule, timerError: none };
  for (const peers of [[untimed], [untimed, untimed]]) {
    assert.doesNotMatch(summaryText(summary({ peers, schedule })), /NaN|Infinity|1970|undefined/);
  }
});

Deno.test("summaryText() shows beside what it is of what came in no local stall", () => {
  const undisturbed = delayFigures({ count: 9000, max: { us: 1500, seq: 1, atUs: 0 } });
  const titles = (text: string) =>
    text.split("\n").map((line) => line.slice(0, 12).trim()).filter((title) =>
      ["delay", "undisturbed", "PDV", "dt (raw)"].includes(title)
    );
  const known = summaryText(summary({ peers: [peerFigures({ undisturbed })] }));
  assert.deepEqual(titles(known), ["delay", "undisturbed", "PDV", "dt (raw)"]);
  const unknown = peerFigures({ undisturbed, delay: undefined, delayRange: undefined });
  const raw = summaryText(summary({ peers: [unknown] }));
  assert.deepEqual(titles(raw), ["PDV", "dt (raw)", "undisturbed"]);
});

Deno.test("summaryText() has a row of peers that were forgotten", () => {
  const forgotten = {
    ...{ peers: 2, bare: 3, outages: { count: 4, totalUs: 7200e6 } },
    sequence: { slots: 105, received: 100, lost: 2, unsent: 3 },
  };
  const text = summaryText(summary({ forgotten }));
  assert.match(text, /^forgotten +2 peers, gone for long, received 103, lost 2, 3 not sent, /m);
  assert.match(text, /outages 4, total 2 h/);
  assert.doesNotMatch(summaryText(summary()), /forgotten/);
});

Deno.test("summaryText() of ten thousand peers is as short as of twenty", () => {
  const of = (count: number) =>
    summaryText(summary({
      peers: Array.from({ length: count }, (_, n) => peerFigures({ subject: `tick.${n}` })),
    })).split("\n").length;
  assert.equal(of(10_000), of(20));
});

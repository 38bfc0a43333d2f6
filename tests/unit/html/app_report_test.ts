/** The report that an app writes: when, and how large it can get. */

import assert from "node:assert/strict";
import { type AppReport, openAppReport } from "../../../lib/html/app_report.ts";
import type { Feed } from "../../../lib/live/feed.ts";
import { Era } from "../../../lib/stats/delay/era.ts";
import type { Sample } from "../../../lib/stats/delay/sample.ts";
import type { TickEvent } from "../../../lib/stats/events.ts";
import type { Outage } from "../../../lib/stats/outages.ts";
import type { Recorder } from "../../../lib/stats/recorder.ts";
import type { Summary } from "../../../lib/stats/summary.ts";
import type { MonoUs, WallUs } from "../../../lib/time/clock.ts";
import { turn } from "../../../lib/time/wait.ts";
import { EPOCH_US } from "../../support/simulation.ts";
import { peerFigures, summary } from "../../support/statistics.ts";

const era = new Era();

interface Opened {
  report: AppReport;
  feed: Feed;
  /** What was written, in order. */
  pages: string[];
  events: TickEvent[];
  /** Makes each write fail, as long as it is set. */
  disk: { fault?: Error };
  /** Passes so many of the report's seconds. */
  pass(seconds: number): Promise<void>;
  /** Sets the clock, in µs since the start. */
  at(us: number): void;
}

function opened(shown: () => Summary = () => summary(), isRegular = true): Opened {
  let [feed, nowUs]: [Feed | undefined, number] = [undefined, 0];
  const recorder = { follow: (consumer: Feed) => void (feed = consumer) } as unknown as Recorder;
  const clock = { monoUs: () => nowUs as MonoUs, wallUs: () => EPOCH_US + nowUs as WallUs };
  const [pages, events]: [string[], TickEvent[]] = [[], []];
  const disk: Opened["disk"] = {};
  const waiting: (() => void)[] = [];
  const report = openAppReport({
    file: {
      ...{ path: "run.html", isRegular },
      async write(text) {
        await turn();
        if (disk.fault) throw new Error("--report: cannot write", { cause: disk.fault });
        pages.push(text);
      },
    },
    ...{ recorder, clock, startUs: 0 as MonoUs, options: { quiet: true } },
    report: (event) => events.push(event),
    summary: () => Promise.resolve(shown()),
    outcomes: () => [],
    wait: (_, signal) => {
      if (signal!.aborted) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      signal!.addEventListener("abort", () => resolve());
      return promise;
    },
  });
  return {
    ...{ report, feed: feed!, pages, events, disk },
    async pass(seconds) {
      for (let second = 0; second < seconds; second++) {
        while (waiting.length === 0) await turn();
        nowUs += 1e6;
        waiting.shift()!();
      }
      while (waiting.length === 0) await turn();
    },
    at: (us) => void (nowUs = us),
  };
}

function placed(delayUs: number, monoUs: number): Sample {
  const when = { atUs: monoUs, monoUs: monoUs as MonoUs };
  const flags = { duringStall: false, stale: false };
  return { dtUs: delayUs, seq: 1, ...when, ...flags, era, delay: { delayUs, boundUs: 1 } };
}

Deno.test("it is written at the start, each minute, and at the end", async () => {
  const test = opened();
  await test.pass(0);
  assert.equal(test.pages.length, 1);
  await test.pass(59);
  assert.equal(test.pages.length, 1);
  await test.pass(1);
  assert.equal(test.pages.length, 2);
  assert.match(test.pages[1], /running; [^<]*, 1 min 0 s</);
  await test.pass(60);
  assert.equal(test.pages.length, 3);
  await test.report.end(summary(), []);
  assert.equal(test.pages.length, 4);
  assert.match(test.pages[3], /ended; [^<]*, 2 min 0 s</);
  await test.report[Symbol.asyncDispose]();
  assert.equal(test.pages.length, 4);
});

Deno.test("what can be written only once is written at the end", async () => {
  const test = opened(undefined, false);
  await test.pass(130);
  assert.equal(test.pages.length, 0);
  await test.report.end(summary(), []);
  assert.equal(test.pages.length, 1);
});

Deno.test("a full disk is one event, is tried again, and told at the end where it is full still", async () => {
  const test = opened();
  test.disk.fault = new Error("no space left");
  await test.pass(180);
  assert.deepEqual(test.events, [{ type: "no report", path: "run.html", reason: "no space left" }]);
  assert.equal(test.pages.length, 0);
  await assert.rejects(test.report.end(summary(), []), /cannot write/);
  test.disk.fault = undefined;

  const again = opened();
  await again.pass(60);
  again.disk.fault = new Error("no space left");
  await again.pass(60);
  again.disk.fault = undefined;
  await again.pass(60);
  again.disk.fault = new Error("no space left");
  await again.pass(60);
  assert.equal(again.events.length, 2);
  again.disk.fault = undefined;
  await again.report.end(summary(), []);
  assert.equal(again.pages.length, 4);
});

Deno.test("the outage that lasts is in it, and once", async () => {
  const [outage] = peerFigures().outages.longestOnes;
  const open: Outage = { ...outage, startUs: EPOCH_US + 7e6 as WallUs, isOpen: true };
  const outages = { ...peerFigures().outages, longestOnes: [open], openUs: 1 };
  const peers = [peerFigures({ outages })];
  const test = opened(() => summary({ peers }));
  test.feed.follow("app2_tick");
  await test.pass(60);
  const rows = (page: string) => page.match(/, until the end/g)?.length;
  assert.equal(rows(test.pages[1]), 1);
  test.report.also(() => {})({ type: "outage", subject: "app2_tick", ...open });
  await test.report.end(summary({ peers }), []);
  assert.equal(rows(test.pages[2]), 1);
});

Deno.test("the server is named with its version", async () => {
  const test = opened();
  await test.pass(60);
  assert.doesNotMatch(test.pages.at(-1)!, /<td>server</); // nothing is known of one yet
  const told = test.report.also(() => {});
  told({ type: "connected", server: "a:1", product: "nats-server 2.9.10", afterMs: 1 });
  await test.report.end(summary(), []);
  assert.match(test.pages.at(-1)!, /nats-server 2\.9\.10, a:1</);
});

const DAY_US = 86_400e6;

/** Feeds a peer a day of ticks, with outages. */
function feedDay({ feed, report }: Opened, subject: string, everyUs: number) {
  const follower = feed.follow(subject);
  const told = report.also(() => {});
  let seed = 1;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  let nextUs = 0;
  for (let us = 0; us < DAY_US; us += everyUs) {
    follower.sampled(placed(200_000 - 300_000 * Math.log(1 - random()), us));
    if (us < nextUs) continue;
    nextUs += 60e6;
    follower.givenUp({ lost: 12, unsent: 0, skipped: 0 } as never, us as MonoUs);
    const [startUs, endUs] = [EPOCH_US + us, EPOCH_US + us + 212_345];
    const counts = { missing: 12_345, unsent: 0, skipped: 0 };
    const span = { startUs, endUs, lengthUs: 212_345, ...counts, cause: "peer's connection lost" };
    told({ type: "outage", subject, ...span } as TickEvent);
  }
}

for (
  const [what, subjects, everyUs] of [
    ["one peer at 0.5 s", 1, 500_000],
    ["as many peers as are plotted, and others", 20, 20e6],
  ] as const
) {
  Deno.test(`a day of ${what} is a page of less than 2 MB`, async () => {
    const names = Array.from({ length: subjects }, (_, n) => `a/rather/long/name/of/peer/${n}`);
    const peers = names.map((subject) => peerFigures({ subject }));
    const test = opened(() => summary({ peers }));
    for (const name of names) feedDay(test, name, everyUs);
    test.at(DAY_US);
    await test.report.end(summary({ peers }), []);
    const size = new TextEncoder().encode(test.pages.at(-1)).length;
    assert.ok(size < 2e6, `${size} bytes`);
    const [, json] = /id="data">([^<]*)</.exec(test.pages.at(-1)!)!;
    const plotted = JSON.parse(json).peers.filter(({ tier }: { tier?: object }) => tier);
    assert.equal(plotted.length, Math.min(16, subjects));
    for (const { tier: { columns, widthS } } of plotted) {
      assert.ok(columns.length >= 600 && columns.length * widthS >= 86_400);
      const count = columns.reduce((sum: number, [count]: number[]) => sum + count, 0);
      assert.equal(count, DAY_US / everyUs);
    }
  });
}

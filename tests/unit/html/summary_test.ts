/** A summary that went through JSON is worded as the one before. */

import assert from "node:assert/strict";
import { outcomesOf, readExpectation } from "../../../lib/expect.ts";
import { outageOfJson, outcomesOfJson, summaryOfJson } from "../../../lib/html/stream/summary.ts";
import { readJsonLine } from "../../../lib/html/stream/json_line.ts";
import { viewOf } from "../../../lib/live/view.ts";
import { eventJson, summaryJson } from "../../../lib/report/json.ts";
import { summaryText } from "../../../lib/report/text/summary.ts";
import { summaryOf } from "../../../lib/stats/summary.ts";
import { delayFigures, peerFigures, summary } from "../../support/statistics.ts";
import { EPOCH_US, simulate } from "../../support/simulation.ts";

const read = (text: string) => readJsonLine({ number: 1, text, isLast: false });

const expectations = ["p99<5ms", "loss=0", "p95<1ms", "pdv.p50<1s", "drift<50"].map(
  readExpectation,
);
const percents = [95];

const outage = summary().peers[0].outages.longestOnes[0];
const EVERYTHING = summary({
  ownUs: 37,
  server: { address: "a:1", product: "nats-server 2.9.10", name: "n1", cluster: "c1" },
  rejected: { "not a number": 3 },
  leftUnread: { peers: 2, due: 600 },
  forgotten: {
    ...{ peers: 3, bare: 4, outages: { count: 5, totalUs: 6_000_000 } },
    sequence: { received: 7, lost: 8, unsent: 9 },
  },
  schedule: {
    ...summary().schedule,
    fates: {
      ...{ acknowledged: 5, refused: 1, unroutable: 2, unconfirmed: 3, pending: 4, republished: 0 },
      acknowledgedAfter: delayFigures(),
    },
  },
  peers: [
    peerFigures({
      undisturbed: delayFigures({ count: 9000 }),
      headerFaults: { odd: 2 },
      drift: { state: "unknown", why: "needs 30 s" },
      endedUs: 1_200_000,
      acknowledgedLost: { min: 3, max: 7 },
      redelivered: 4,
      fromStore: 9,
      outages: {
        ...peerFigures().outages,
        openUs: 300_000,
        longestOnes: [outage, {
          ...outage,
          startUs: EPOCH_US + 90e6 as typeof outage.startUs,
          isUnread: true,
          isOpen: true,
          isUncounted: true,
          causes: [{ cause: "local stall", us: 200_000 }, { cause: "unknown", us: 140_000 }],
        }],
      },
    }),
    peerFigures({ subject: "bare", run: undefined, bare: 77, delay: undefined, clock: undefined }),
  ],
});

const { app1 } = simulate({
  seed: 5,
  seconds: 60,
  app2: { wayUs: (_, atUs) => atUs > 20e6 && atUs < 20.5e6 ? [] : [300 + atUs % 977] },
});
const atUs = 60e6;
const SIMULATED = summaryOf({
  ...{ name: "app1", startUs: app1.monoUs(0), recorder: app1.recorder, ended: true, percents },
  clock: { wallUs: () => app1.wallUs(atUs), monoUs: () => app1.monoUs(atUs) },
});

/** Each number in a summary by where it stands; JSON has a few under a second name besides. */
function numbers(value: unknown, at = ""): Record<string, number> {
  if (typeof value === "number") return { [at]: value };
  if (typeof value !== "object" || value === null) return {};
  const fields = Object.entries(value).filter(([key]) =>
    key !== "withoutHeader" && key !== "slots"
  );
  return Object.assign({}, ...fields.map(([key, field]) => numbers(field, `${at}.${key}`)));
}

for (
  const [name, statistics] of Object.entries({
    "made by hand": EVERYTHING,
    "of a simulated minute": SIMULATED,
    "without a peer": summary({ peers: [], rttUs: undefined }),
  })
) {
  Deno.test(`a summary ${name} is the same text after JSON, and so are its tiles`, () => {
    const outcomes = outcomesOf(expectations, statistics);
    const line = read(summaryJson(EPOCH_US, statistics, outcomes));
    const again = summaryOfJson(line);
    assert.deepEqual(outcomesOfJson(line), outcomes);
    // No figure has decimals that JSON hasn't: rounded there, and again in a text, it would be another one.
    assert.deepEqual(numbers(again), numbers(statistics));
    assert.equal(summaryText(again, outcomes), summaryText(statistics, outcomes));
    assert.deepEqual(viewOf(again, outcomes), viewOf(statistics, outcomes));
  });
}

Deno.test("the rule of each interval is there after JSON", () => {
  const intervals = { lengthUs: 60e6, failed: 1, judged: 9 };
  const outcome = { written: "a", ok: false, wanted: "b", found: "c", open: "d", intervals };
  assert.deepEqual(outcomesOfJson(read(summaryJson(0, summary(), [outcome]))), [outcome]);
});

Deno.test("an outage is the same after JSON", () => {
  for (const each of EVERYTHING.peers[0].outages.longestOnes) {
    const { v: _, type: __, at: ___, event: ____, subject: _____, ...fields } = read(
      eventJson(0, { type: "outage", subject: "a", ...each }),
    );
    assert.deepEqual(outageOfJson(fields), each);
  }
});

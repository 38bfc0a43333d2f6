/** A path that becomes slow in one direction: what goes the other way is as fast as before, and is said to be. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { delayedLink } from "../support/delayed_link.ts";
import { needsRun, startServer } from "../support/nats_server.ts";
import { endPair, isTick, lasting, nextTick } from "../support/pair.ts";

const SLOW_US = 100_000;
const SLOW_MS = 12_000;

Deno.test(
  "the way back slowed by 100 ms for 12 s: PDV and delay of the way there are as the ticks themselves say",
  needsRun,
  async () => {
    await using server = await startServer();
    using link = delayedLink(server.address);
    const start = (name: string, address: string) =>
      startApp(`${name}.ts`, ["--server", address, "--json", "--digits", "6"]);
    await using app1 = start("app1", link.address);
    await using app2 = start("app2", server.address);
    await Promise.all([app1, app2].map((app) => nextTick(app, { after: 200 })));
    link.downUs = SLOW_US;
    await lasting(SLOW_MS);
    link.downUs = 0;
    const from = app2.out.items.length;
    await nextTick(app2, { from, after: 200 });
    const [one, two] = await endPair({ app1, app2 });

    // On one machine there is one clock: dt is the delay itself, whatever else this machine does meanwhile.
    const [{ delay, delayRange, pdv }] = two.peers;
    const dts = app2.out.items.filter(isTick).map(({ text }) => JSON.parse(text).dt as number)
      .toSorted((one, other) => one - other);
    const truth = (percent: number) => dts[Math.ceil(dts.length * percent / 100) - 1];
    assert.ok(
      one.peers[0].dt.p50 >= SLOW_US / 1e6,
      "the way back was not slow for most of the time",
    );
    for (const percent of [50, 90, 99]) {
      const dtS = truth(percent);
      const resolutionS = 1e-6 + 0.001 * dtS;
      const [fromS, toS] = delayRange[`p${percent}`];
      const text = JSON.stringify({ percent, dtS, delay, delayRange, pdv });
      assert.ok(fromS - resolutionS <= dtS && dtS <= toS + resolutionS, text);
      assert.ok(Math.abs(pdv[`p${percent}`] - (dtS - dts[0])) < 0.001 + resolutionS, text);
    }
    console.log(
      `dt p99 ${truth(99)} s, delay p99 ${delay.p99} of ${delayRange.p99}, PDV p99 ${pdv.p99}`,
    );
  },
);

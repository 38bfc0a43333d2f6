/** The server killed, gone, frozen: two apps as processes on a server. */

import assert from "node:assert/strict";
import type { NatsServer } from "../../lib/demo/nats_server.ts";
import { type App, startApp } from "../support/app.ts";
import { freePort, needsRun, startServer } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import {
  assertAccounts,
  endPair,
  lasting,
  memoryMb,
  nextEvent,
  nextTick,
  PATIENT,
  startPair,
} from "../support/pair.ts";

/** A tick that was recorded after this moment of the wall clock. */
const freshSince = (sinceS: number) => ({ t_sign }: { t_sign: number }) => t_sign > sinceS;
const nowS = () => Date.now() / 1000;

async function kill(server: NatsServer) {
  Deno.kill(server.pid, "SIGKILL");
  await server.ended;
}

const RESTARTS = LONG ? 100 : 5;

Deno.test(
  `a server killed and restarted ${RESTARTS} times: fresh ticks by one connection each time`,
  needsRun,
  async () => {
    const port = freePort();
    let server = await startServer(port);
    try {
      await using app1 = startApp("app1.ts", ["--server", server.address, "--json", ...PATIENT]);
      await using app2 = startApp("app2.ts", ["--server", server.address, "--json", ...PATIENT]);
      await Promise.all([app1, app2].map((app) => nextTick(app, { after: 100 })));
      const before = await Promise.all([app1, app2].map(memoryMb));
      const tookMs: number[] = [];
      for (let n = 0; n < RESTARTS; n++) {
        await kill(server);
        const from = [app1.out.items.length, app2.out.items.length];
        server = await startServer(port);
        const openS = nowS();
        const ticks = await Promise.all(
          [app1, app2].map((app, i) => nextTick(app, { from: from[i], fits: freshSince(openS) })),
        );
        // Until they were received; they are shown up to 0.1 s later.
        tookMs.push(...ticks.map(({ tick }) => (tick.t_real - openS) * 1000));
      }
      tookMs.sort((a, b) => a - b);
      const max = tookMs.at(-1)!;
      console.log(
        `fresh ticks after ${tookMs[RESTARTS].toFixed(0)} ms (median), ${max.toFixed(0)} (max)`,
      );
      for (const { out } of [app1, app2]) {
        const back = out.items.filter(({ text }) => text.includes('"event":"reconnected"'));
        assert.equal(back.length, RESTARTS);
      }
      const grownMb = (await Promise.all([app1, app2].map(memoryMb))).map((mb, i) =>
        mb - before[i]
      );
      if (LONG) assert.ok(Math.max(...grownMb) < 15, `memory up by ${grownMb} MB`);
      assertAccounts(await endPair({ app1, app2 }));
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
);

const GONE_S = LONG ? 60 : 3;

Deno.test(
  `a server gone for ${GONE_S} s: its slots are unsent, and none of their ticks comes later`,
  needsRun,
  async () => {
    const port = freePort();
    let server = await startServer(port);
    try {
      await using app1 = startApp("app1.ts", ["--server", server.address, "--json", ...PATIENT]);
      await using app2 = startApp("app2.ts", ["--server", server.address, "--json", ...PATIENT]);
      await Promise.all([app1, app2].map((app) => nextTick(app, { after: 100 })));
      const before = await Promise.all([app1, app2].map(memoryMb));
      await kill(server);
      const goneS = nowS();
      const from = app1.out.items.length;
      await lasting(GONE_S * 1000);
      const grownMb = (await Promise.all([app1, app2].map(memoryMb))).map((mb, i) =>
        mb - before[i]
      );
      if (LONG) assert.ok(Math.max(...grownMb) < 15, `memory up by ${grownMb} MB`);
      const backS = nowS(); // before its port is open
      server = await startServer(port);
      const { tick } = await nextTick(app1, { from, fits: freshSince(goneS + 0.1) });
      assert.ok(tick.t_sign > backS, "a tick of the time without a server");
      const outage = await nextEvent(app1, "outage", { from });
      const { missing, unsent, skipped } = outage;
      // But for those on their way, and those that it sent before it knew.
      assert.ok(unsent + skipped > missing / 2, JSON.stringify(outage));
      assert.ok(missing > GONE_S * 100 / 2, JSON.stringify(outage));
      assertAccounts(await endPair({ app1, app2 }));
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
);

for (const frozenS of LONG ? [0.2, 1, 8, 30] : [0.2, 1]) {
  Deno.test(
    `a server frozen for ${frozenS} s is told, and stale ticks after it are`,
    needsRun,
    async () => {
      await using server = await startServer();
      await using pair = await startPair(server.address);
      const apps = [pair.app1, pair.app2];
      const from = apps.map(({ out }) => out.items.length);
      Deno.kill(server.pid, "SIGSTOP");
      await lasting(frozenS * 1000);
      Deno.kill(server.pid, "SIGCONT");
      const thawedS = nowS();
      for (const [i, app] of apps.entries()) {
        const { tick } = await nextTick(app, { from: from[i], fits: freshSince(thawedS) });
        const tookMs = (tick.t_real - thawedS) * 1000;
        console.log(`a fresh tick after ${tookMs.toFixed(0)} ms`);
        if (frozenS < 0.5) continue;
        const { at } = await nextEvent(app, "unresponsive", { from: from[i] });
        assert.ok(at < thawedS, "told only once it was thawed");
      }
      const summaries = await endPair(pair);
      for (const [i, app] of apps.entries()) assertStaleFlagged(app, summaries[i].peers[0]);
      assertAccounts(summaries);
    },
  );
}

/** By the offset that is known at the end; when it came, another one was, which may have been off by some of this. */
const SURELY_STALE_S = 0.25 + 0.1;

/** Every tick that is surely older than 250 ms is counted as stale; a duplicate isn't there to be. */
function assertStaleFlagged(
  app: App,
  { stale, clock }: { stale: number; clock: { offset: number } },
) {
  const old = app.out.items.filter(({ text }) => {
    if (!text.includes('"type":"tick"')) return false;
    return JSON.parse(text).dt + clock.offset > SURELY_STALE_S;
  }).length;
  assert.ok(stale >= old, `${old} were stale, ${stale} flagged`);
}

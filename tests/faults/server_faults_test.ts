/** The server killed, gone, frozen: two apps as processes on a server. */

import assert from "node:assert/strict";
import type { NatsServer } from "../../lib/demo/nats_server.ts";
import { type App, startApp } from "../support/app.ts";
import { control } from "../support/control.ts";
import { freePort, needsRun, startServer } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import {
  assertAccounts,
  endPair,
  lasting,
  memoryMb,
  nextEvent,
  nextTick,
  startPair,
} from "../support/pair.ts";

/** From a server's port being open, or its going on, to a fresh tick: and the machine's own hiccups on top. */
const FRESH_MS = 250;

/** A tick that was recorded after this moment of the wall clock. */
const freshSince = (sinceS: number) => ({ t_sign }: { t_sign: number }) => t_sign > sinceS;
const nowS = () => Date.now() / 1000;

async function kill(server: NatsServer) {
  Deno.kill(server.pid, "SIGKILL");
  await server.ended;
}

const RESTARTS = LONG ? 100 : 5;

Deno.test(
  `a server killed and restarted ${RESTARTS} times: fresh ticks within ${FRESH_MS} ms of its port being open`,
  needsRun,
  async () => {
    const port = freePort();
    let server = await startServer(port);
    try {
      await using app1 = startApp("app1.ts", ["--server", server.address, "--json"]);
      await using app2 = startApp("app2.ts", ["--server", server.address, "--json"]);
      await Promise.all([app1, app2].map((app) => nextTick(app, { after: 100 })));
      const before = await Promise.all([app1, app2].map(memoryMb));
      using measured = control();
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
      const limitMs = FRESH_MS + measured.slackMs();
      assert.ok(max <= limitMs, `${max} ms, not ${limitMs}`);
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
      await using app1 = startApp("app1.ts", ["--server", server.address, "--json"]);
      await using app2 = startApp("app2.ts", ["--server", server.address, "--json"]);
      await Promise.all([app1, app2].map((app) => nextTick(app, { after: 100 })));
      const before = await Promise.all([app1, app2].map(memoryMb));
      using measured = control();
      await kill(server);
      const goneS = nowS();
      const from = app1.out.items.length;
      await lasting(GONE_S * 1000);
      const grownMb = (await Promise.all([app1, app2].map(memoryMb))).map((mb, i) =>
        mb - before[i]
      );
      if (LONG) assert.ok(Math.max(...grownMb) < 15, `memory up by ${grownMb} MB`);
      const backS = nowS();
      server = await startServer(port);
      const upS = nowS();
      const { tick } = await nextTick(app1, { from, fits: freshSince(goneS + 0.1) });
      assert.ok(tick.t_sign > backS, "a tick of the time without a server");
      const { unsent, skipped } = await nextEvent(app1, "outage", { from });
      const left = unsent + skipped;
      const gone = [backS - goneS, upS - goneS].map((seconds) => seconds * 100);
      const within = 30 + measured.slackMs() / 10;
      assert.ok(
        left > gone[0] - within && left < gone[1] + within,
        `${left} slots unsent or skipped in ${gone[0]} to ${gone[1]}`,
      );
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
      using measured = control();
      const frozenAtS = nowS();
      Deno.kill(server.pid, "SIGSTOP");
      await lasting(frozenS * 1000);
      Deno.kill(server.pid, "SIGCONT");
      const thawedS = nowS();
      for (const [i, app] of apps.entries()) {
        const { tick } = await nextTick(app, { from: from[i], fits: freshSince(thawedS) });
        const tookMs = (tick.t_real - thawedS) * 1000;
        const slackMs = measured.slackMs();
        assert.ok(tookMs <= FRESH_MS + slackMs, `a fresh tick after ${tookMs} ms`);
        if (frozenS < 0.5) continue;
        const { at } = await nextEvent(app, "unresponsive", { from: from[i] });
        assert.ok(at - frozenAtS < 0.5 + slackMs / 1000, `told after ${at - frozenAtS} s`);
      }
      const summaries = await endPair(pair);
      for (const [i, app] of apps.entries()) assertStaleFlagged(app, summaries[i].peers[0]);
      assertAccounts(summaries);
    },
  );
}

/** Every tick that is printed as older than 250 ms is counted as stale; a duplicate isn't there to be. */
function assertStaleFlagged(
  app: App,
  { stale, clock }: { stale: number; clock: { offsetUs: number } },
) {
  const old = app.out.items.filter(({ text }) => {
    if (!text.includes('"type":"tick"')) return false;
    return JSON.parse(text).dt + clock.offsetUs / 1e6 > 0.251;
  }).length;
  assert.ok(stale >= old, `${old} were stale, ${stale} flagged`);
}

/** A cluster of three servers: either app's node killed, frozen, or sent off as a lame duck. */

import assert from "node:assert/strict";
import { type App, startApp } from "../support/app.ts";
import { type Cluster, type Node, startCluster } from "../support/cluster.ts";
import { control } from "../support/control.ts";
import { needsNatsServer } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import {
  assertAccounts,
  isTick,
  lasting,
  nextEvent,
  nextTick,
  PATIENT,
  summaryOf,
} from "../support/pair.ts";

/** Both apps on the cluster, each told of all nodes, the first of which it takes first. */
async function startApps(
  { nodes }: Cluster,
  args: string[],
): Promise<{ app1: App; app2: App } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const servers = nodes.map(({ address }) => address).join(",");
  const app1 = stack.use(startApp("app1.ts", ["--server", servers, "--json", ...args]));
  const app2 = stack.use(startApp("app2.ts", ["--server", servers, "--json", ...args]));
  await Promise.all([app1, app2].map((app) => nextTick(app, { after: 100 })));
  const all = stack.move();
  return { app1, app2, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** The address an app is connected to now, by its own events. */
function serverOf({ out }: App): string {
  const line = out.items.findLast(({ text }) =>
    /"event":"(connected|reconnected|moved)"/.test(text)
  )!;
  return JSON.parse(line.text).server;
}

/** Faults of a node that has one of the apps; the gaps they make, and what they cost. */
async function fault(
  times: number,
  fail: (cluster: Cluster, node: Node) => Promise<void>,
  again = "reconnected",
  args: string[] = [],
): Promise<{ longestMs: number; mostLost: number; twice: number; slackMs: number }> {
  await using cluster = await startCluster();
  await using apps = await startApps(cluster, args);
  const { app1, app2 } = apps;
  using measured = control();
  let longestMs = 0;
  for (let n = 0; n < times; n++) {
    const app = n % 2 === 0 ? app1 : app2;
    const address = serverOf(app);
    const node = cluster.nodes.find((one) => one.address === address)!;
    const from = [app1.out.items.length, app2.out.items.length];
    await fail(cluster, node);
    await nextEvent(app, again, { from: app === app1 ? from[0] : from[1] });
    const sinceS = Date.now() / 1000;
    for (const [i, one] of [app1, app2].entries()) {
      const { index } = await nextTick(one, {
        from: from[i],
        after: 20,
        fits: ({ t_sign }) => t_sign > sinceS,
      });
      // Those after the one that was received last before it.
      const before = one.out.items.slice(0, from[i]).findLastIndex(isTick);
      const ticks = one.out.items.slice(before, index + 1).filter(isTick)
        .map(({ text }) => JSON.parse(text));
      for (const [k, { t_real }] of ticks.entries()) {
        if (k > 0) longestMs = Math.max(longestMs, (t_real - ticks[k - 1].t_real) * 1000);
      }
    }
  }
  await lasting(1100); // what is missing is lost after the loss timeout of a second
  app2.kill("SIGTERM");
  await app2.ended();
  app1.kill("SIGTERM");
  await app1.ended();
  const summaries = [summaryOf(app1), summaryOf(app2)] as const;
  assertAccounts([...summaries]);
  const all = summaries.map(({ peers: [{ sequence }] }) => sequence.lost);
  console.log(
    `longest silence ${longestMs.toFixed(0)} ms, lost ${all.join(" and ")} in ${times} times`,
  );
  const twice = summaries.map(({ peers: [{ sequence }] }) => sequence.late + sequence.duplicate);
  return {
    longestMs,
    mostLost: Math.max(...all) / times,
    twice: Math.max(...twice),
    slackMs: measured.slackMs(),
  };
}

const KILLS = LONG ? 20 : 2;

Deno.test(
  `a node of a cluster killed ${KILLS} times: short gaps, and few ticks lost`,
  needsNatsServer,
  async () => {
    const { longestMs, mostLost, slackMs } = await fault(KILLS, async (cluster, node) => {
      Deno.kill(node.server.pid, "SIGKILL");
      await node.server.ended;
      await cluster.restart(node);
    });
    assert.ok(longestMs < 5000 + slackMs, `${longestMs} ms`);
    assert.ok(mostLost <= 50 + slackMs / 10, `${mostLost} lost each time`);
  },
);

Deno.test("a node of a cluster frozen: the gap stays short", needsNatsServer, async () => {
  const { longestMs, slackMs } = await fault(1, async (_, node) => {
    await Promise.resolve(Deno.kill(node.server.pid, "SIGSTOP"));
  });
  assert.ok(longestMs < 5000 + slackMs, `${longestMs} ms`);
});

const DUCKS = LONG ? 10 : 2;

Deno.test(
  `a node sent off as a lame duck ${DUCKS} times: no gap, and no tick lost or received twice`,
  needsNatsServer,
  async () => {
    const { longestMs, mostLost, twice, slackMs } = await fault(
      DUCKS,
      async (cluster, node) => {
        Deno.kill(node.server.pid, "SIGUSR2");
        await node.server.ended;
        await cluster.restart(node);
      },
      "moved",
      PATIENT,
    );
    assert.ok(longestMs < 5000 + slackMs, `${longestMs} ms`);
    assert.deepEqual({ mostLost, twice }, { mostLost: 0, twice: 0 });
  },
);

/** A cluster of three servers: either app's node killed, frozen, or sent off as a lame duck. */

import assert from "node:assert/strict";
import { type NatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { type App, startApp } from "../support/app.ts";
import { control } from "../support/control.ts";
import { freePort, natsServer, needsNatsServer } from "../support/nats_server.ts";
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

interface Node {
  port: number;
  address: string;
  server: NatsServer;
}

interface Cluster extends AsyncDisposable {
  nodes: Node[];
  /** Starts a node that has ended again. */
  restart(node: Node): Promise<void>;
}

async function startCluster(): Promise<Cluster> {
  const command = await natsServer();
  const ports = [freePort(), freePort(), freePort()];
  const routePorts = [freePort(), freePort(), freePort()];
  const routes = routePorts.map((port) => `nats://127.0.0.1:${port}`).join(",");
  const start = (i: number) =>
    startNatsServer(command, [
      ...["--cluster_name", "tick", "--cluster", `nats://127.0.0.1:${routePorts[i]}`],
      ...["--routes", routes, "-n", `n${i}`, "-c", config],
    ], ports[i]);
  // A lame duck waits ten seconds before it shows its clients out, and takes two minutes; here it is brisker.
  const config = await Deno.makeTempFile({ suffix: ".conf" });
  await Deno.writeTextFile(config, 'lame_duck_grace_period: "3s"\nlame_duck_duration: "30s"\n');
  const nodes: Node[] = [];
  for (const i of [0, 1, 2]) {
    const server = await start(i);
    nodes.push({ port: ports[i], address: server.address, server });
  }
  return {
    nodes,
    async restart(node) {
      node.server = await start(nodes.indexOf(node));
    },
    async [Symbol.asyncDispose]() {
      for (const { server } of nodes) {
        try {
          Deno.kill(server.pid, "SIGCONT");
        } catch { /* it has ended already */ }
        await server[Symbol.asyncDispose]();
      }
      await Deno.remove(config);
    },
  };
}

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

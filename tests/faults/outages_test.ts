/** Dark gaps of a known second, for each cause: two apps as processes, each behind a link that can be cut. */

import assert from "node:assert/strict";
import type { Outage } from "../../lib/stats/outages.ts";
import { type App, type Line, startApp } from "../support/app.ts";
import type { BarePeer } from "../support/bare_peer.ts";
import { type Broker, broker, needsRun } from "../support/nats_server.ts";
import { type Proxy, proxy } from "../support/proxy.ts";
import { headerNumber, tickHeader, wireTap } from "../support/wire_tap.ts";

const SECOND_MS = 1000;

interface Pair extends AsyncDisposable {
  server: Broker;
  app1: App;
  app2: App;
  link1: Proxy;
  link2: Proxy;
  tap: BarePeer;
}

interface TickObject {
  type: string;
  t_real: number;
  seq: number;
  run: string;
}

/** Both apps receive each other, app1 in JSON, and a tap receives both on the server itself. */
async function pair(): Promise<Pair> {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await broker());
  const [link1, link2] = [proxy(server.address), proxy(server.address)];
  for (const link of [link1, link2]) stack.use(link).open();
  const tap = stack.use(await wireTap(server.address));
  const app1 = stack.use(startApp("app1.ts", ["--server", link1.address, "--json"]));
  const app2 = stack.use(startApp2(link2));
  await app1.out.reach(200, "ticks of app2");
  await app2.out.reach(100, "ticks of app1");
  return {
    server,
    app1,
    app2,
    link1,
    link2,
    tap,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function startApp2(link: Proxy): App {
  return startApp("app2.ts", ["--server", link.address]);
}

/** Waits on the test's own clock: the known second itself. */
function second(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SECOND_MS));
}

/** The first outage of at least half a second that app1 reports, and the ticks it received around it. */
async function gapOf({ out }: App, from: number) {
  const index = await out.find(
    "outage",
    ({ text }) => text.includes('"event":"outage"') && JSON.parse(text).lengthUs > 500_000,
    { from },
  );
  const outage: Outage = JSON.parse(out.items[index].text);
  const isTick = ({ text }: Line) => text.includes('"type":"tick"');
  const after: TickObject = JSON.parse(
    out.items[await out.find("tick", isTick, { from: index })].text,
  );
  const before: TickObject = JSON.parse(out.items.slice(0, index).findLast(isTick)!.text);
  return { outage, before, after };
}

interface Case {
  cause: Outage["cause"];
  /** Cuts it off for a second. */
  cutOff: (pair: Pair, stack: AsyncDisposableStack) => Promise<void>;
  /** What reconnecting or starting may take on top. */
  moreMs?: number;
  /** What became of the ticks of that second. */
  spent: "lost" | "unsent" | "skipped" | "nothing";
}

const CASES: Case[] = [
  {
    cause: "local stall",
    async cutOff({ app1 }) {
      app1.kill("SIGSTOP");
      await second();
      app1.kill("SIGCONT");
    },
    spent: "nothing",
  },
  {
    cause: "peer stalled",
    async cutOff({ app2 }) {
      app2.kill("SIGSTOP");
      await second();
      app2.kill("SIGCONT");
    },
    spent: "skipped",
  },
  {
    cause: "local connection lost",
    async cutOff({ link1 }) {
      link1.cut();
      await second();
      link1.open();
    },
    moreMs: 250,
    spent: "lost",
  },
  {
    cause: "peer's connection lost",
    async cutOff({ link2 }) {
      link2.cut();
      await second();
      link2.open();
    },
    moreMs: 250,
    spent: "unsent",
  },
  {
    cause: "both connections lost",
    async cutOff({ link1, link2 }) {
      link1.cut();
      link2.cut();
      await second();
      link1.open();
      link2.open();
    },
    moreMs: 250,
    spent: "unsent",
  },
  {
    cause: "peer restarted",
    async cutOff({ app2, link2 }, stack) {
      app2.kill("SIGKILL");
      await app2.ended();
      await second();
      stack.use(startApp2(link2));
    },
    moreMs: 3000,
    spent: "nothing",
  },
  {
    cause: "peer ended",
    async cutOff({ app2, link2 }, stack) {
      app2.kill("SIGTERM");
      await app2.ended();
      await second();
      stack.use(startApp2(link2));
    },
    moreMs: 3000,
    spent: "nothing",
  },
];

for (const { cause, cutOff, moreMs = 0, spent } of CASES) {
  Deno.test({
    name: `an outage of a second is told as such: ${cause}`,
    ...needsRun,
    async fn() {
      await using stack = new AsyncDisposableStack();
      const both = stack.use(await pair());
      const from = both.app1.out.items.length;
      const startMs = performance.now();
      await cutOff(both, stack);
      const outageMs = performance.now() - startMs;
      const { outage, before, after } = await gapOf(both.app1, from);
      assert.equal(outage.cause, cause);

      // Its length is that between the two ticks around it, and that of the darkness, to within a tick.
      const lengthMs = outage.lengthUs / 1000;
      assert.ok(Math.abs(lengthMs - (after.t_real - before.t_real) * 1000) < 1, `${lengthMs} ms`);
      // Going on again takes a busy machine a while; tests/truth_test.ts has it to 15 ms.
      assert.ok(
        lengthMs > SECOND_MS - 15 && lengthMs < outageMs + moreMs + 250,
        `${lengthMs} ms of ${outageMs}`,
      );

      // What it cost, against what the server saw of it.
      const sent = both.tap.messages.items.filter((message) =>
        message.subject === "app2_tick" && tickHeader(message).run === after.run &&
        headerNumber(message, "seq") > before.seq && headerNumber(message, "seq") < after.seq
      ).length;
      const lost = outage.missing - outage.unsent - outage.skipped;
      if (spent === "nothing") {
        assert.deepEqual([lost, outage.unsent], [0, 0]);
      } else {
        // A peer takes a tick or two to see that its connection is gone: those are lost before the server.
        const unseen = spent === "unsent" ? 3 : 1;
        assert.ok(Math.abs(lost - sent) <= unseen, `${lost} lost, but the server had ${sent}`);
        assert.equal(outage.missing, after.seq - before.seq - 1);
        const max = Math.max(lost, outage.unsent, outage.skipped);
        assert.equal({ lost, unsent: outage.unsent, skipped: outage.skipped }[spent], max);
        assert.ok(max > 90, `${max} ${spent}`);
      }
    },
  });
}

/** Outages of a known second, for each cause: two apps as processes, each behind a link that can be cut. */

import assert from "node:assert/strict";
import type { Outage } from "../../lib/stats/outages.ts";
import { type App, startApp } from "../support/app.ts";
import type { BarePeer } from "../support/bare_peer.ts";
import { broker, needsRun } from "../support/nats_server.ts";
import {
  isTick,
  type JsonObject,
  lasting,
  type Pair,
  PATIENT,
  startPair,
  type TickObject,
} from "../support/pair.ts";
import type { Proxy } from "../support/proxy.ts";
import { headerNumber, tickHeader, wireTap } from "../support/wire_tap.ts";

const SECOND_MS = 1000;

/** Both apps receive each other, and a tap receives both on the server itself. */
async function tapped(): Promise<Pair & { tap: BarePeer }> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await broker());
  const tap = stack.use(await wireTap(server.address));
  const pair = stack.use(await startPair(server.address, PATIENT));
  const all = stack.move();
  return { ...pair, tap, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function startApp2(link: Proxy): App {
  return startApp("app2.ts", ["--server", link.address, ...PATIENT]);
}

/** Waits on the test's own clock: the known second itself. */
const second = () => lasting(SECOND_MS);

/** The first outage of at least half a second that app1 tells of, and the ticks it received around it. */
async function outageOf({ out }: App, from: number) {
  const index = await out.find(
    "outage",
    ({ text }) => text.includes('"event":"outage"') && JSON.parse(text).length > 0.5,
    { from },
  );
  const outage: JsonObject = JSON.parse(out.items[index].text);
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
    spent: "lost",
  },
  {
    cause: "peer's connection lost",
    async cutOff({ link2 }) {
      link2.cut();
      await second();
      link2.open();
    },
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
    spent: "nothing",
  },
];

for (const { cause, cutOff, spent } of CASES) {
  Deno.test({
    name: `an outage of a second is told as such: ${cause}`,
    ...needsRun,
    async fn() {
      await using stack = new AsyncDisposableStack();
      const both = stack.use(await tapped());
      const from = both.app1.out.items.length;
      await cutOff(both, stack);
      const { outage, before, after } = await outageOf(both.app1, from);
      // On a busy machine, others may have a share in it.
      const causes = outage.causes?.map(({ cause }: Outage) => cause) ?? [outage.cause];
      assert.ok(causes.includes(cause), JSON.stringify(outage));

      // Its length is that between the two ticks around it.
      const lengthMs = outage.length * 1000;
      assert.ok(Math.abs(lengthMs - (after.t_real - before.t_real) * 1000) < 1, `${lengthMs} ms`);

      // What it cost, against what the server saw of it.
      const sent = both.tap.messages.items.filter((message) =>
        message.subject === "app2_tick" && tickHeader(message).run === after.run &&
        headerNumber(message, "seq") > before.seq && headerNumber(message, "seq") < after.seq
      ).length;
      const lost = outage.missing - outage.unsent - outage.skipped;
      if (spent === "nothing") {
        assert.deepEqual([lost, outage.unsent], [0, 0]);
      } else {
        // Until a peer sees that its connection is gone, it sends what never comes to the server.
        assert.ok(lost >= sent, `${lost} lost, but the server had ${sent}`);
        assert.equal(outage.missing, after.seq - before.seq - 1);
        const counts = { lost, unsent: outage.unsent, skipped: outage.skipped };
        assert.ok(counts[spent] > 0, JSON.stringify(counts));
        // Where the peer's connection holds, it sends; where the peer stands still, nothing is lost.
        if (spent === "lost") {
          assert.deepEqual([sent, counts.unsent], [lost, 0]);
        }
        if (spent === "skipped") {
          assert.deepEqual([lost, counts.unsent], [0, 0]);
        }
      }
    },
  });
}

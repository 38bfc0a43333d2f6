/** Many apps on one server: nobody receives what isn't meant for him. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { broker, needsRun } from "../support/nats_server.ts";
import { summaryOf } from "../support/pair.ts";

const PAIRS = 10;

Deno.test(
  "twenty apps on one server receive their own peer and nobody else",
  needsRun,
  async () => {
    await using server = await broker();
    await using stack = new AsyncDisposableStack();
    const apps = Array.from(
      { length: PAIRS },
      (_, n) =>
        [["app1.ts", "a", "b"], ["app2.ts", "b", "a"]].map(([script, own, peer]) =>
          stack.use(startApp(script, [
            ...["--server", server.address, "--interval", "50ms", "--json", "--quiet"],
            ...["--publish", `pair${n}.${own}`, "--subscribe", `pair${n}.${peer}`],
          ]))
        ),
    );
    const all = apps.flat();
    await Promise.all(
      all.map((app) =>
        app.err.find("peer", ({ text }) => text.includes("receiving"), { withinMs: 60_000 })
      ),
    );
    all.forEach((app) => app.kill("SIGTERM"));
    await Promise.all(all.map((app) => app.ended(30_000)));
    for (const [first, second] of apps) {
      const [one, two] = [summaryOf(first), summaryOf(second)];
      assert.deepEqual(one.peers.map(({ run }: { run: string }) => run), [two.schedule.run]);
      assert.deepEqual(two.peers.map(({ run }: { run: string }) => run), [one.schedule.run]);
      for (const { peers: [{ sequence: s }] } of [one, two]) {
        assert.equal(s.slots, s.received + s.lost + s.unsent + s.skipped);
      }
    }
  },
);

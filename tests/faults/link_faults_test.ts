/** The link between an app and the server cut, or stalled in one direction; the peer frozen; nobody reading stdout. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { broker, needsRun } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import {
  assertAccounts,
  endPair,
  lasting,
  memoryMb,
  nextEvent,
  nextTick,
  type Pair,
  startPair,
} from "../support/pair.ts";
import { headerNumber, wireTap } from "../support/wire_tap.ts";

const FRESH_MS = 250;

const FAULTS: Record<string, { fail(pair: Pair): void; heal(pair: Pair): void }> = {
  "cut": { fail: ({ link1 }) => link1.cut(), heal: ({ link1 }) => link1.open() },
  "stalled": { fail: ({ link1 }) => link1.freeze(), heal: ({ link1 }) => link1.thaw() },
  "stalled towards the server": {
    fail: ({ link1 }) => link1.freeze("up"),
    heal: ({ link1 }) => link1.thaw(),
  },
  "stalled from the server": {
    fail: ({ link1 }) => link1.freeze("down"),
    heal: ({ link1 }) => link1.thaw(),
  },
};

for (const [name, { fail, heal }] of Object.entries(FAULTS)) {
  for (const lastsS of LONG ? [0.2, 2, 10] : [0.7]) {
    Deno.test(
      `a link ${name} for ${lastsS} s: fresh ticks both ways within ${FRESH_MS} ms of its healing`,
      needsRun,
      async () => {
        await using server = await broker();
        await using pair = await startPair(server.address);
        const apps = [pair.app1, pair.app2];
        fail(pair);
        await lasting(lastsS * 1000);
        const from = apps.map(({ out }) => out.items.length);
        heal(pair);
        const healedS = Date.now() / 1000;
        for (const [i, app] of apps.entries()) {
          const { tick } = await nextTick(app, {
            from: from[i],
            fits: ({ t_sign }) => t_sign > healedS,
          });
          const tookMs = (tick.t_real - healedS) * 1000; // until it was received; it is shown up to 0.1 s later
          assert.ok(tookMs <= FRESH_MS, `a fresh tick after ${tookMs} ms`);
        }
        assertAccounts(await endPair(pair));
      },
    );
  }
}

const FROZEN_S = LONG ? 20 : 2;

Deno.test(
  `a peer frozen for ${FROZEN_S} s: ours goes on by its schedule, and nothing of it is lost`,
  needsRun,
  async () => {
    await using server = await broker();
    using tap = await wireTap(server.address, ["app1_tick"]);
    await using pair = await startPair(server.address);
    const { app1, app2 } = pair;
    const before = await memoryMb(app1);
    const from = app1.out.items.length;
    const [fromTap, startMs] = [tap.messages.items.length, performance.now()];
    app2.kill("SIGSTOP");
    await lasting(FROZEN_S * 1000);
    const received = tap.messages.items.slice(fromTap);
    const lastedMs = performance.now() - startMs;
    app2.kill("SIGCONT");
    const slots = headerNumber(received.at(-1)!, "seq") - headerNumber(received[0], "seq");
    assert.ok(Math.abs(slots - lastedMs / 10) < 20, `${slots} slots in ${lastedMs} ms`);
    assert.ok(await memoryMb(app1) - before < 20);
    const { cause } = await nextEvent(app1, "outage", {
      from,
      fits: ({ lengthUs }) => lengthUs > 1e6,
    });
    assert.equal(cause, "peer stalled");
    const [one, two] = await endPair(pair);
    assertAccounts([one, two]);
    assert.equal(one.peers[0].sequence.lost, 0);
    // What came while it was frozen is received, but has no delay of the bus.
    assert.equal(two.peers[0].sequence.lost, 0);
    assert.ok(two.peers[0].duringStall > 50, `${two.peers[0].duringStall} during stalls`);
    assert.ok(two.peers[0].dt.max.us < FROZEN_S * 1e6 / 2, "its own standstill is no latency");
  },
);

const BLOCKED_S = LONG ? 60 : 8;

Deno.test(
  `stdout blocked for ${BLOCKED_S} s: ticks go on, lines are dropped and counted, memory stays`,
  needsRun,
  async () => {
    await using server = await broker();
    using tap = await wireTap(server.address, ["app1_tick"]);
    // Far more lines than a pipe and all that is kept for a slow reader hold.
    const args = ["--server", server.address, "--interval", "1ms"];
    await using app2 = startApp("app2.ts", [...args, "--quiet"]);
    await using app1 = startApp("app1.ts", [...args, "--json"], { read: false });
    await tap.messages.reach(500, "ticks of app1");
    const before = await memoryMb(app1);
    const [fromTap, startMs] = [tap.messages.items.length, performance.now()];
    await lasting(BLOCKED_S * 1000);
    const received = tap.messages.items.slice(fromTap);
    const lastedMs = performance.now() - startMs;
    const slots = headerNumber(received.at(-1)!, "seq") - headerNumber(received[0], "seq");
    assert.ok(Math.abs(slots - lastedMs) < 200, `${slots} slots in ${lastedMs} ms`);
    const grownMb = await memoryMb(app1) - before;
    assert.ok(grownMb < 20, `memory up by ${grownMb} MB`);
    app1.kill("SIGTERM");
    assert.equal(await app1.ended(), 0);
    await app1.err.find("dropped lines", ({ text }) => /\d+ lines of output dropped/.test(text));
    app2.kill("SIGTERM");
    await app2.ended();
  },
);

/** app1 and app2 as two processes, watched on the wire and by what they print. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import type { BareMessage, BarePeer } from "../support/bare_peer.ts";
import { broker, freePort, needsRun, startServer } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import { lasting, nextTick, PATIENT } from "../support/pair.ts";
import { headerNumber, isMark, mark, tickHeader, wireTap } from "../support/wire_tap.ts";

const NAMES = ["app1", "app2"] as const;
type Name = typeof NAMES[number];
const other = (name: Name): Name => name === "app1" ? "app2" : "app1";
const subject = (name: Name) => `${name}_tick`;

/** The ticks of one app on the wire, marks left out, in one stretch of what the tap received. */
function ticksOf(tap: BarePeer, name: Name, from = 0, to = Infinity): BareMessage[] {
  return tap.messages.items.slice(from, to).filter((message) =>
    message.subject === subject(name) && message.headers !== ""
  );
}

/** That each slot which is not on the wire is counted in the header as skipped or unsent. */
function assertAccounted(ticks: BareMessage[]) {
  const first = ticks[0];
  const left = (tick: BareMessage) => headerNumber(tick, "unsent") + headerNumber(tick, "skipped");
  for (const [index, tick] of ticks.entries()) {
    const slots = headerNumber(tick, "seq") - headerNumber(first, "seq");
    const told = left(tick) - left(first);
    assert.equal(slots, index + told, `slot ${headerNumber(tick, "seq")} is not accounted for`);
  }
}

/** The median of how far the slots of some ticks lie behind a schedule from 0 on, by what each says of itself. */
function behindUs(ticks: BareMessage[], intervalUs: number): number {
  const behind = ticks.map((tick) => {
    const slotUs = Number(tick.body) * 1e6 - headerNumber(tick, "late");
    return slotUs - headerNumber(tick, "seq") * intervalUs;
  });
  return behind.sort((a, b) => a - b)[behind.length >> 1];
}

const seconds = LONG ? 60 : 4;

Deno.test(
  `two apps for ${seconds} s: a slot every 10 ms, and every tick received`,
  needsRun,
  async () => {
    await using server = await broker();
    using tap = await wireTap(server.address);
    const args = ["--server", server.address, ...PATIENT];
    await using app1 = startApp("app1.ts", args);
    await using app2 = startApp("app2.ts", args);
    const apps = { app1, app2 };
    for (const { out } of [app1, app2]) await out.reach(1, "dt line");
    const starts = { app1: await mark(tap, "app1_tick"), app2: await mark(tap, "app2_tick") };
    for (const name of NAMES) {
      await tap.messages.find(
        `last second of ${name}`,
        (message) =>
          message.subject === subject(name) && message.headers !== "" &&
          headerNumber(message, "seq") >= seconds * 100,
      );
    }
    const ends = { app1: await mark(tap, "app1_tick"), app2: await mark(tap, "app2_tick") };
    for (const app of [app1, app2]) app.kill("SIGTERM");
    assert.deepEqual(await Promise.all([app1.ended(), app2.ended()]), [0, 0]);

    for (const name of NAMES) {
      const ticks = ticksOf(tap, name);
      assertAccounted(ticks);
      const half = ticks.length >> 1;
      const driftUs = behindUs(ticks.slice(half), 10_000) - behindUs(ticks.slice(0, half), 10_000);
      assert.ok(Math.abs(driftUs) < 500, `${name}: off its grid by ${driftUs} µs`);

      // What lies between the marks on the wire is what the other one printed between them.
      const [start, end] = [starts[name], ends[name]];
      const sent = ticksOf(tap, name, start.index, end.index).length;
      const printed = apps[other(name)].out.items;
      const marks = printed.flatMap((line, index) => isMark(line) ? [index] : []);
      assert.equal(marks.length, start.marks + end.marks);
      const received = printed.slice(marks[start.marks - 1], marks.at(-1)).filter((line) =>
        !isMark(line)
      );
      assert.equal(
        received.length,
        sent,
        `${name} sent ${sent}, of which ${received.length} were received`,
      );
    }
  },
);

const RESTARTS = LONG ? 10 : 4;

for (const name of NAMES) {
  Deno.test(
    `${
      other(name)
    } goes on while ${name} is killed ${RESTARTS} times, and prints each tick from its first on`,
    needsRun,
    async () => {
      await using server = await broker();
      using tap = await wireTap(server.address);
      // Ten times the usual rate, so that there is much that could be missed.
      const args = ["--server", server.address, "--interval", "1ms", ...PATIENT];
      await using peer = startApp(`${other(name)}.ts`, [...args, "--json"]);
      const isPeers = (message: BareMessage) => message.subject === subject(other(name));
      await tap.messages.find(`tick of ${other(name)}`, isPeers); // so it has subscribed before
      const runs = new Set<string>();
      for (let round = 0; round <= RESTARTS; round++) {
        const before = ticksOf(tap, other(name)).length;
        await using app = startApp(`${name}.ts`, args);
        // From a run that is new on the wire, the first tick there is the first one printed.
        const isNew = (message: BareMessage) =>
          message.subject === subject(name) && !runs.has(tickHeader(message).run);
        const index = await tap.messages.find(`first tick of ${name}`, isNew);
        const { run, seq } = tickHeader(tap.messages.items[index]);
        runs.add(run);
        const first = await nextTick(peer, { fits: (tick) => tick.run === run });
        assert.equal(first.tick.seq, Number(seq), "its first ticks were missed");
        await nextTick(peer, { from: first.index, after: 20 });
        assert.ok(ticksOf(tap, other(name)).length > before, "it stopped publishing");
        app.kill("SIGKILL");
        await app.ended();
      }
      const ticks = ticksOf(tap, other(name));
      assertAccounted(ticks);
      assert.equal(headerNumber(ticks.at(-1)!, "unsent"), headerNumber(ticks[0], "unsent"));
      assert.equal(new Set(ticks.map((tick) => tickHeader(tick).run)).size, 1, "it was restarted");
      peer.kill("SIGTERM");
      assert.equal(await peer.ended(), 0);
    },
  );
}

Deno.test(
  "an app's lines stop with the other's ticks, and come back with them",
  needsRun,
  async () => {
    await using server = await broker();
    using tap = await wireTap(server.address);
    const args = ["--server", server.address];
    await using app1 = startApp("app1.ts", args);
    {
      await using app2 = startApp("app2.ts", args);
      await app1.out.reach(10, "dt lines");
      app2.kill("SIGTERM");
      assert.equal(await app2.ended(), 0);
    }
    await tap.publish("app2_tick", "0");
    const marked = await app1.out.find("mark", isMark);
    // A second mark after half a second's worth of app1's own ticks: no line may be in between.
    await tap.messages.reach(tap.messages.items.length + 50, "ticks");
    await tap.publish("app2_tick", "0");
    assert.equal(await app1.out.find("mark", isMark, { from: marked + 1 }), marked + 1);
    await using _app2 = startApp("app2.ts", args);
    await app1.out.find("dt line", (line) => !isMark(line), { from: marked + 2 });
  },
);

Deno.test(
  "both apps wait for a server that starts late, say so once, and begin by themselves",
  needsRun,
  async () => {
    const port = freePort();
    const args = ["--server", `127.0.0.1:${port}`];
    await using app1 = startApp("app1.ts", args);
    await using app2 = startApp("app2.ts", args);
    const apps = [app1, app2];
    await Promise.all(apps.map((app) => app.err.reach(1, "word of the missing server")));
    await lasting(LONG ? 5_000 : 500); // for more tries
    for (const { out, err } of apps) {
      assert.deepEqual(out.items, []);
      // Each reason once: a busy machine may take long enough for a timeout to be the first.
      const reasons = err.items.map(({ text }) => /\((.*)\)/.exec(text)?.[1]);
      assert.ok(reasons.every(Boolean), err.items.map(({ text }) => text).join("\n"));
      assert.equal(new Set(reasons).size, reasons.length, reasons.join("\n"));
    }
    await using _server = await startServer(port);
    for (const { out } of apps) await out.reach(10, "dt lines");
  },
);

Deno.test("both apps go on by themselves after the server was killed", needsRun, async () => {
  const port = freePort();
  const args = ["--server", `127.0.0.1:${port}`];
  const first = await startServer(port);
  await using app1 = startApp("app1.ts", args);
  await using app2 = startApp("app2.ts", args);
  const apps = [app1, app2];
  await Promise.all(apps.map(({ out }) => out.reach(10, "dt lines")));
  Deno.kill(first.pid, "SIGKILL");
  await first.ended;
  await Promise.all(apps.map(({ err }) => err.find("lost", ({ text }) => /lost/.test(text))));
  await using _second = await startServer(port);
  await Promise.all(apps.map(({ out }) => out.reach(out.items.length + 10, "dt lines")));
});

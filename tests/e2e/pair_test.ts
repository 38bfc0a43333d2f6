/** app1 and app2 as two processes, watched on the wire and by what they print. */

import assert from "node:assert/strict";
import { spawnTied } from "../../lib/demo/tied_process.ts";
import { type App, startApp } from "../support/app.ts";
import type { BareMessage, BarePeer } from "../support/bare_peer.ts";
import { broker, freePort, needsRun, startServer } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
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

/**
 * Slots a second by the receiver's clock: in the first and in the last second, the tick that came
 * soonest after its slot counts, so that no tick's own delay is in it.
 */
function slotRate(ticks: BareMessage[], intervalMs: number): number {
  const soonest = (some: BareMessage[]) => {
    const behindMs = (tick: BareMessage) => tick.atMs - headerNumber(tick, "seq") * intervalMs;
    return some.reduce((best, tick) => behindMs(tick) < behindMs(best) ? tick : best);
  };
  const second = 1000 / intervalMs;
  const first = soonest(ticks.slice(0, second));
  const last = soonest(ticks.slice(-second));
  const slots = headerNumber(last, "seq") - headerNumber(first, "seq");
  return slots / ((last.atMs - first.atMs) / 1000);
}

const seconds = LONG ? 60 : 10;

Deno.test(
  `two apps for ${seconds} s: 100 slots a second, and every tick received`,
  needsRun,
  async () => {
    await using server = await broker();
    using tap = await wireTap(server.address);
    const args = ["--server", server.address, "--duration", `${seconds}s`];
    await using app1 = startApp("app1.ts", args);
    await using app2 = startApp("app2.ts", args);
    const apps = { app1, app2 };
    for (const name of NAMES) {
      await tap.messages.find(`tick of ${name}`, (message) => message.subject === subject(name));
    }
    const starts = { app1: await mark(tap, "app1_tick"), app2: await mark(tap, "app2_tick") };
    await tap.messages.find(
      "last second",
      (message) => message.headers !== "" && headerNumber(message, "seq") >= (seconds - 1) * 100,
      { withinMs: (seconds + 10) * 1000 },
    );
    const ends = { app1: await mark(tap, "app1_tick"), app2: await mark(tap, "app2_tick") };
    assert.deepEqual(await Promise.all([app1.ended(), app2.ended()]), [0, 0]);

    for (const name of NAMES) {
      const ticks = ticksOf(tap, name);
      assertAccounted(ticks);
      const last = ticks.at(-1)!;
      const slots = ticks.length + headerNumber(last, "unsent") + headerNumber(last, "skipped");
      assert.ok(Math.abs(slots - seconds * 100) <= 1, `${name}: ${slots} slots`);
      const rate = slotRate(ticks.slice(100, -100), 10);
      assert.ok(Math.abs(rate - 100) <= 0.01, `${name}: ${rate} slots a second`);

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

/** A process that keeps a core busy until it is disposed of. */
function busyCore(): Disposable {
  const child = spawnTied(Deno.execPath(), {
    args: ["eval", "while (true);"],
    stdout: "null",
    stderr: "null",
  });
  return { [Symbol.dispose]: () => child.kill("SIGKILL") };
}

/** Kills one app and starts it again, and times how soon after its first tick the other prints. */
async function restart(tap: BarePeer, killed: App, name: Name, peer: App, start: () => App) {
  killed.kill("SIGKILL");
  await killed.ended();
  // Whatever was under way is printed before this mark.
  let from = peer.out.items.length;
  await tap.publish(subject(name), "0");
  const marked = await peer.out.find("mark", isMark, { from });
  from = tap.messages.items.length;
  const again = start();
  const tick = await tap.messages.find(
    `tick of ${name}`,
    (message) => message.subject === subject(name) && message.headers !== "",
    { from },
  );
  const line = await peer.out.find("dt line", (line) => !isMark(line), { from: marked + 1 });
  return { again, tookMs: peer.out.items[line].atMs - tap.messages.items[tick].atMs };
}

for (const name of NAMES) {
  const title = `${
    other(name)
  } goes on while ${name} is killed ten times under load, and prints again`;
  Deno.test(`${title} within 100 ms of its first tick`, needsRun, async () => {
    await using server = await broker();
    using tap = await wireTap(server.address);
    // Ten times the usual rate, and one busy core.
    const args = ["--server", server.address, "--interval", "1ms"];
    using _load = busyCore();
    await using peer = startApp(`${other(name)}.ts`, args);
    let killed = startApp(`${name}.ts`, args);
    try {
      await peer.out.reach(10, "dt lines");
      const tookMs: number[] = [];
      for (let round = 0; round < 10; round++) {
        const before = ticksOf(tap, other(name)).length;
        const { again, tookMs: took } = await restart(
          tap,
          killed,
          name,
          peer,
          () => startApp(`${name}.ts`, args),
        );
        killed = again;
        tookMs.push(took);
        assert.ok(ticksOf(tap, other(name)).length > before, "it stopped publishing");
      }
      assert.ok(tookMs.every((ms) => ms <= 100), `printed after ${tookMs.map(Math.round)} ms`);
      const ticks = ticksOf(tap, other(name));
      assertAccounted(ticks);
      assert.equal(headerNumber(ticks.at(-1)!, "unsent"), headerNumber(ticks[0], "unsent"));
      assert.equal(new Set(ticks.map((tick) => tickHeader(tick).run)).size, 1, "it was restarted");
      peer.kill("SIGTERM");
      assert.equal(await peer.ended(), 0);
    } finally {
      await killed[Symbol.asyncDispose]();
    }
  });
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

const lateMs = LONG ? 5_000 : 1_500;

Deno.test(
  `both apps begin within 500 ms of a server that starts ${lateMs} ms late`,
  needsRun,
  async () => {
    const port = freePort();
    const args = ["--server", `127.0.0.1:${port}`];
    await using app1 = startApp("app1.ts", args);
    await using app2 = startApp("app2.ts", args);
    const apps = [app1, app2];
    await Promise.all(apps.map((app) => app.err.reach(1, "word of the missing server")));
    await new Promise((resolve) => setTimeout(resolve, lateMs));
    for (const { out, err } of apps) {
      assert.deepEqual(out.items, []);
      assert.equal(err.items.length, 1, err.items.map(({ text }) => text).join("\n"));
    }
    await using _server = await startServer(port);
    const listeningMs = performance.now();
    for (const { out } of apps) {
      await out.reach(1, "dt line");
      const tookMs = out.items[0].atMs - listeningMs;
      assert.ok(tookMs <= 500, `began after ${Math.round(tookMs)} ms`);
    }
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

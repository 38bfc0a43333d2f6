/** What a server does that no good one does: an app bears it, says it, and recovers. */

import assert from "node:assert/strict";
import { type App, startApp } from "./app.ts";
import { barePeer } from "./bare_peer.ts";
import { type Client, fakeServer } from "./fake_server.ts";
import { needsRun, startServer } from "./nats_server.ts";
import { lasting } from "./pair.ts";

export interface Misbehaviour {
  /** Completes "a server that …". */
  does: string;
  /** What it is to be called in a line on stderr. */
  said: RegExp;
  /** Run for each connection, which is closed once it has ended. */
  behave: (client: Client) => Promise<unknown>;
}

/** A process's time on the CPU so far, in ms. */
async function cpuMs({ pid }: App): Promise<number> {
  // Where there is no /proc there is ps, and the other way round.
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `cat /proc/${pid}/stat 2>/dev/null || ps -o cputime= -p ${pid}`],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const fields = text.split(") ").at(-1)!.split(" ");
  const ms = fields.length > 12
    ? (Number(fields[11]) + Number(fields[12])) * 10
    : text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
  assert.ok(Number.isFinite(ms), text);
  return ms;
}

/** The share of a core that an app takes from now on, in percent; and how long it was looked at. */
async function cpuPercent(app: App): Promise<{ percent: number; tookMs: number }> {
  const [beforeMs, fromMs] = [await cpuMs(app), performance.now()];
  await lasting(MEASURED_MS);
  const tookMs = performance.now() - fromMs;
  return { percent: (await cpuMs(app) - beforeMs) / tookMs * 100, tookMs };
}

const MEASURED_MS = 1000;
/** Of each kind of event one a second is said, and what repeats here is of four kinds or five. */
const MAX_LINES_PER_S = 7;
/** A fault may cost as much as three apps without one, and what `/proc` counts in steps of 10 ms. */
const MAX_TIMES = 3;
const STEPS_PERCENT = 10;
/** The client closes a connection before it opens the next; what is under way may be counted twice. */
const MOST_OPEN = 3;

/**
 * Registers a test of it: the app says it, stays quiet and cheap in lines, CPU and sockets, and goes on once a good
 * server is at that port.
 */
export function testMisbehaviour({ does, said, behave }: Misbehaviour) {
  Deno.test(`a server that ${does}: said, borne, and recovered from`, needsRun, async () => {
    using fake = fakeServer(behave);
    const startMs = performance.now();
    await using app = startApp("app1.ts", ["--server", fake.address]);
    const index = await app.err.find(`line like ${said}`, ({ text }) => said.test(text));
    const saidMs = app.err.items[index].atMs - startMs;

    const before = app.err.items.length;
    const { percent, tookMs } = await cpuPercent(app);
    const lines = app.err.items.length - before;
    // What it has closed may not have been noticed here yet; what it leaves open never will be.
    const untilMs = performance.now() + 30_000;
    while (fake.open > MOST_OPEN && performance.now() < untilMs) await lasting(20);
    const { connections, open } = fake;

    fake[Symbol.dispose]();
    await using server = await startServer(fake.port);
    const goodMs = performance.now();
    const goodS = Date.now() / 1000;
    using peer = await barePeer(server.address, ["app1_tick"]);
    const { messages } = peer;
    await messages.find("fresh tick", ({ body }) => Number(body) > goodS);
    await messages.reach(20, "ticks");
    const recoveredMs = messages.items[0].atMs - goodMs;
    const sending = setInterval(
      () => void peer.publish("app2_tick", (Date.now() / 1000).toFixed(6)),
      100,
    );
    await app.out.reach(1, "dt of the peer's tick").finally(() => clearInterval(sending));
    const { percent: usual } = await cpuPercent(app);

    app.kill("SIGTERM");
    const code = await app.ended();
    const text = app.err.items.map(({ text }) => text).join("\n");
    console.log(
      `${does}: said after ${saidMs.toFixed(0)} ms, ${percent.toFixed(1)} % of a core ` +
        `(${usual.toFixed(1)} without a fault), ${lines} lines in ${
          tookMs.toFixed(0)
        } ms, ${open} of ${connections} connections open, ` +
        `recovered in ${recoveredMs.toFixed(0)} ms`,
    );
    assert.doesNotMatch(text, /^ +at |Uncaught/m, text);
    assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}/u, text);
    assert.deepEqual(app.out.items.filter(({ text }) => !text.startsWith("dt = ")), []);
    assert.match(text, /^sent +\d+ of \d+ scheduled/m);
    assert.equal(code, 0, text);
    assert.ok(lines <= MAX_LINES_PER_S * (1 + tookMs / 1000), `${lines} lines:\n${text}`);
    const limit = STEPS_PERCENT + MAX_TIMES * usual;
    assert.ok(percent < limit, `${percent} % of a core, beside ${usual} without a fault`);
    assert.ok(open <= MOST_OPEN, `${open} connections open`);
  });
}

/** What is no NATS server, or no good one, at the address of one: an app bears it, says it, and recovers. */

import assert from "node:assert/strict";
import { type App, startApp } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { needsRun, startServer } from "../support/nats_server.ts";
import { answerPings, type Client, fakeServer, greeting, letIn } from "../support/fake_server.ts";
import { lasting } from "../support/pair.ts";

interface Misbehaviour {
  does: string;
  /** What it is to be called in a line on stderr. */
  said: RegExp;
  behave: (client: Client) => Promise<unknown>;
}

const info = greeting();
const tenMegabytes = new TextEncoder().encode(greeting({ padding: "x".repeat(10e6) }));

const MISBEHAVIOURS: Misbehaviour[] = [
  {
    does: "greets and hangs up",
    said: /it hangs up after its greeting/,
    behave: ({ write }) => write(info),
  },
  {
    does: "never greets",
    said: /timeout/,
    behave: ({ drain }) => drain(),
  },
  {
    does: "greets as another kind of server",
    said: /it doesn't greet as NATS does: "220 mail/,
    async behave({ write, drain }) {
      await write("220 mail.example.org ESMTP \x1b[31m\0\xff\r\n");
      await drain();
    },
  },
  {
    does: "greets with half a line",
    said: /timeout/,
    async behave({ write, drain }) {
      await write(info.slice(0, info.length / 2));
      await drain();
    },
  },
  {
    does: "greets with broken JSON",
    said: /its greeting can't be read/,
    async behave({ write, drain }) {
      await write(info.replace('":', '"'));
      await drain();
    },
  },
  {
    does: "greets with 10 MB",
    said: /its greeting is longer than|timeout/, // whichever comes first
    async behave(client) {
      await client.write(tenMegabytes);
      if (await client.reads("PING\r\n")) await client.write("PONG\r\n");
      await answerPings(client);
    },
  },
  {
    does: "greets byte by byte",
    said: /timeout/,
    async behave({ write }) {
      for (const byte of info) {
        if (!await write(byte)) return;
        await lasting(50);
      }
    },
  },
  {
    does: "sends half a message",
    said: /has not answered for/,
    async behave(client) {
      if (!await letIn(client)) return;
      await client.write("MSG app2_tick 1 100\r\n17900");
      await client.drain();
    },
  },
  {
    does: "sends messages of a wrong length",
    said: /malformed message on app2_tick: empty/,
    async behave(client) {
      if (!await letIn(client)) return;
      const send = (length: string) =>
        client.write(`MSG app2_tick 1 ${length}\r\n1790000000.123456\r\n`);
      const answering = answerPings(client);
      await send("0"); // the client skips to the end of the line
      await lasting(100);
      await send(["40", "-1", "1e3", "99999999999", ""][client.nth % 5]);
      await answering;
    },
  },
  {
    does: "resets the connection in mid-stream",
    said: /lost( \(.*\))?; reconnecting/,
    async behave(client) {
      if (!await letIn(client)) return;
      await client.write("MSG app2_tick 1 100\r\n17900");
      await lasting(50); // ticks of the app's that stay unread make the close a reset
    },
  },
  {
    does: "pings without end",
    said: /fault: the server sends more than 100 PINGs a second/,
    async behave(client) {
      if (!await letIn(client)) return;
      const answering = answerPings(client);
      const pings = "PING\r\n".repeat(1000);
      while (await client.write(pings));
      await answering;
    },
  },
  {
    does: "answers no ping",
    said: /has not answered for/,
    async behave(client) {
      if (await letIn(client)) await client.drain();
    },
  },
  {
    does: "says -ERR at once",
    said: /-ERR 'maximum connections exceeded/,
    async behave({ write, drain }) {
      await write("-ERR 'maximum connections exceeded'\r\n");
      await drain();
    },
  },
  {
    does: "sends unknown verbs without end",
    said: /fault: the server sends what isn't NATS: "ELLO/,
    async behave(client) {
      if (!await letIn(client)) return;
      const answering = answerPings(client);
      const verbs = "HELLO 1 2 3\r\n".repeat(100);
      while (await client.write(verbs));
      await answering;
    },
  },
  {
    does: "hangs up after CONNECT",
    said: /it hangs up after its greeting/,
    async behave({ write, reads }) {
      await write(info);
      await reads("CONNECT ");
    },
  },
];

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

for (const { does, said, behave } of MISBEHAVIOURS) {
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

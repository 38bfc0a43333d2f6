/** A server or a peer that sends without end: an app stays small, says little, and ends when it is told to. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { type Client, fakeServer, greeting, letIn } from "../support/fake_server.ts";
import { needsRun } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import { lasting, memoryMb } from "../support/pair.ts";

const BODY = "1795503377.123456";

function tick(run: string, seq: number): string {
  const header = `NATS/1.0\r\nTick: 1; run=${run}; seq=${seq}; late=7\r\n\r\n`;
  const lengths = `${header.length} ${header.length + BODY.length}`;
  return `HMSG app2_tick 1 ${lengths}\r\n${header}${BODY}\r\n`;
}
const many = Array.from({ length: 1000 }, (_, n) => n);

/** What is sent again and again, once the app is let in. */
const FLOODS: Record<string, string> = {
  "numbers": `MSG app2_tick 1 17\r\n${BODY}\r\n`,
  "ticks": many.map((seq) => tick("5eed5eed", seq)).join(""),
  "ticks of a thousand forged runs": many.map((n) => tick(`run-${n}`, 1)).join(""),
  "PINGs": "PING\r\n",
  "messages that are no ticks": "MSG app2_tick 1 5\r\nhello\r\n",
  "denials of what isn't ours": `-ERR 'Permissions Violation for Publish to "other.subject"'\r\n`,
  "denials of what is": `-ERR 'Permissions Violation for Publish to "app1_tick"'\r\n`,
  "errors": "-ERR 'no'\r\n",
  "INFO": greeting({ connect_urls: ["127.0.0.1:1", "127.0.0.1:2"] }),
  "lame-duck notices": greeting({ ldm: true }),
  "+OK": "+OK\r\n",
  "a line without an end": "x",
  "an INFO without an end": "INFO " + "x".repeat(95),
};

/**
 * How long it is flooded before its memory is first looked at, and again until it is once more. A flood keeps two
 * cores busy, the app's and this test's, which slows all tests beside it. What grows slowly is left to LONG=1.
 */
const FLOOD_MS = LONG ? 2500 : 600;

/** How much more memory may be taken in that time, once all queues are full: V8's own leisure, twice what was seen. */
const MAX_MORE_MB = LONG ? 80 : 50;
/** All of it: an app at rest has 75, and 150 in these floods; with 60,000 ticks waiting it would be 400. */
const MAX_MB = 230;

/** Of each kind of event one a second is said. */
const MAX_LINES_PER_S = 13;

async function flood(client: Client, text: string) {
  if (!await letIn(client)) return;
  const once = text.endsWith("\n") ? text : "";
  if (once === "") await client.write(text);
  const piece = (once || "x").repeat(Math.ceil(32_768 / (once || "x").length));
  while (await client.write(piece));
}

for (const [what, text] of Object.entries(FLOODS)) {
  Deno.test(
    `${what} without end: an app stays small, and ends at the first Ctrl-C`,
    needsRun,
    async () => {
      using server = fakeServer((client) => flood(client, text));
      await using app = startApp("app1.ts", ["--server", server.address, "--quiet"]);
      await app.err.find("connection", ({ text }) => text.includes("connected to"));
      await lasting(FLOOD_MS);
      const beforeMb = await memoryMb(app);
      const [from, fromMs] = [app.err.items.length, performance.now()];
      await lasting(FLOOD_MS);
      const atEndMb = await memoryMb(app);
      const grownMb = atEndMb - beforeMb;
      const lines = app.err.items.length - from;
      const askedMs = performance.now();
      const forS = (askedMs - fromMs) / 1000;
      app.kill("SIGINT");
      const code = await app.ended();
      const tookMs = performance.now() - askedMs;
      const said = app.err.items.map(({ text }) => text).join("\n");
      console.log(
        `${what}: ended ${tookMs.toFixed(0)} ms after Ctrl-C, ` +
          `${atEndMb.toFixed(0)} MB, ${grownMb.toFixed(0)} of them in the last ${FLOOD_MS} ms`,
      );
      assert.ok(code === 0 || code === 1, `${code}\n${said}`);
      assert.doesNotMatch(said, /^ +at |Uncaught/m, said);
      assert.match(said, /^--- app1/m);
      assert.ok(lines <= MAX_LINES_PER_S * (1 + forS), `${lines} lines in ${forS} s\n${said}`);
      assert.ok(grownMb < MAX_MORE_MB, `${grownMb} MB more`);
      assert.ok(atEndMb < MAX_MB, `${atEndMb} MB`);
    },
  );
}

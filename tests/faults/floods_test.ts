/** A server or a peer that sends without end: an app stays small, says little, and ends when it is told to. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { type Client, fakeServer, greeting, letIn } from "../support/fake_server.ts";
import { needsRun } from "../support/nats_server.ts";
import { lasting, memoryMb } from "../support/pair.ts";

const MESSAGE = "MSG app2_tick 1 17\r\n1795503377.123456\r\n";

/** What is sent again and again, once the app is let in. */
const FLOODS: Record<string, string> = {
  "ticks": MESSAGE,
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

/** How much more memory two seconds of it may take, once all queues are full: V8's own leisure. */
const MAX_MB = 80;

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
      await lasting(2500);
      const before = await memoryMb(app);
      const from = app.err.items.length;
      await lasting(2000);
      const grownMb = await memoryMb(app) - before;
      const lines = app.err.items.length - from;
      const askedMs = performance.now();
      app.kill("SIGINT");
      const code = await app.ended();
      const tookMs = performance.now() - askedMs;
      const said = app.err.items.map(({ text }) => text).join("\n");
      console.log(
        `${what}: ended ${tookMs.toFixed(0)} ms after Ctrl-C, ${grownMb.toFixed(0)} MB more`,
      );
      assert.ok(code === 0 || code === 1, `${code}\n${said}`);
      assert.doesNotMatch(said, /^ +at |Uncaught/m, said);
      assert.match(said, /^--- app1/m);
      assert.ok(lines <= 40, `${lines} lines\n${said}`);
      assert.ok(grownMb < MAX_MB, `${grownMb} MB`);
    },
  );
}

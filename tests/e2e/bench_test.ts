/** The bench can be run; what it finds is no business of a test. */

import assert from "node:assert/strict";
import { needsNatsServer } from "../support/nats_server.ts";

const root = new URL("../../", import.meta.url);

Deno.test(
  "deno task bench measures pairs in turn, and prints ratios of the first",
  needsNatsServer,
  async () => {
    const short = ["--rounds", "1", "--seconds", "1", "--pairs", "tick,nats-core", "--json"];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "bench", ...short],
      cwd: root,
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const { rounds, table, figures } = JSON.parse(new TextDecoder().decode(stdout));
    assert.equal(rounds, 1);
    assert.ok(JSON.stringify(table).includes("dt p50"));
    assert.deepEqual(Object.keys(figures).sort(), ["nats-core", "tick"]);
  },
);

Deno.test(
  "deno task bench senders counts every tick that its senders sent, and says what it cost",
  needsNatsServer,
  async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "bench", "senders", "12@100", "--seconds", "3", "--json"],
      cwd: root,
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const [{ sent, received, lost, unread, cpuPercent, rssMb }] =
      JSON.parse(new TextDecoder().decode(stdout)).seen;
    assert.ok(sent > 0);
    assert.equal(received + lost + unread, sent);
    assert.ok(cpuPercent > 0 && rssMb > 0);
  },
);

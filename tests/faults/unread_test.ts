/** A process that does not read in time: what the server then drops is counted as its own, and not as lost. */

import assert from "node:assert/strict";
import { startNatsServer } from "../../lib/demo/nats_server.ts";
import { startApp } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { freePort, natsServer, needsNatsServer } from "../support/nats_server.ts";
import { proxy } from "../support/proxy.ts";
import { assertAccounts, endPair, lasting, nextEvent, nextTick } from "../support/pair.ts";

/** What the server keeps for a client besides what the system does, and for how long. */
const LIMITS = 'max_pending: 1MB\nwrite_deadline: "1s"\n';
const FILLER = new Uint8Array(64 * 1024).fill(0x78);
/** More than the system keeps for two sockets. */
const MAX_FILLED = 4000;

/** app1, which receives whoever sends, once it has received a second of app2; it may reach the server by another way. */
async function observed(stack: AsyncDisposableStack, server: string, args = ["--server", server]) {
  const subjects = ["--publish", "observer.tick", "--subscribe", "*"];
  const observer = stack.use(startApp("app1.ts", [...args, "--json", ...subjects]));
  await nextEvent(observer, "connected");
  const sender = stack.use(
    startApp("app2.ts", ["--server", server, "--subscribe", "observer.tick", "--json"]),
  );
  await nextTick(observer, { after: 100 });
  return { observer, sender };
}

Deno.test(
  "an app that is stopped until its server drops it counts what it missed as not read, and nothing as lost",
  needsNatsServer,
  async () => {
    const config = await Deno.makeTempFile();
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(config));
    await Deno.writeTextFile(config, LIMITS);
    const port = freePort();
    const args = ["-c", config, "-m", String(port)];
    const server = stack.use(await startNatsServer(await natsServer(), args));
    const slowConsumers = async () =>
      (await (await fetch(`http://127.0.0.1:${port}/varz`)).json()).slow_consumers;

    const { observer, sender } = await observed(stack, server.address);

    observer.kill("SIGSTOP");
    using filler = await barePeer(server.address, []);
    await lasting(1500);
    for (let n = 0; n < MAX_FILLED && await slowConsumers() === 0; n++) {
      await filler.send("filler", FILLER);
    }
    observer.kill("SIGCONT");
    const unread = await nextEvent(observer, "unread");
    assert.ok(unread.for >= 1.5, `behind by ${unread.for} s`);
    const from = observer.out.items.length;
    await nextEvent(observer, "reconnected");
    await nextTick(observer, { from, after: 100, fits: ({ subject }) => subject === "app2_tick" });

    const summaries = await endPair({ app1: observer, app2: sender });
    assertAccounts(summaries);
    const [{ peers: [{ sequence: s }] }] = summaries;
    assert.ok(s.unread > 0, JSON.stringify(s));
    assert.equal(s.lost, 0, JSON.stringify(s));
    const err = observer.err.items.map(({ text }) => text).join("\n");
    assert.match(err, /reading was .* behind .*: ticks missing since then are not counted as lost/);
    assert.match(err, /loss +0 of .*not read in time by this process/);
  },
);

Deno.test(
  "a link that lags behind what comes is kept, and brings all of it",
  needsNatsServer,
  async () => {
    const PIECES = 20;
    await using stack = new AsyncDisposableStack();
    const server = stack.use(await startNatsServer(await natsServer(), []));
    const link = stack.use(proxy(server.address));
    link.open();
    const args = ["--server", link.address, "--ping", "2s"];
    const { observer, sender } = await observed(stack, server.address, args);

    using filler = await barePeer(server.address, []);
    link.freeze("down");
    for (let n = 0; n < PIECES; n++) await filler.send("filler", FILLER);
    // Piece by piece, for longer than an answer may take.
    for (let n = 0; n < PIECES; n++) {
      await lasting(200);
      link.thaw();
      link.freeze("down");
    }
    link.thaw();
    const from = observer.out.items.length;
    await nextTick(observer, { from, after: 100, fits: ({ subject }) => subject === "app2_tick" });

    const summaries = await endPair({ app1: observer, app2: sender });
    assertAccounts(summaries);
    const [{ peers: [{ sequence: s }], reconnects }] = summaries;
    const none = { lost: 0, unresponsive: 0, moved: 0 };
    assert.deepEqual([s.lost, s.unread, reconnects], [0, 0, none]);
  },
);

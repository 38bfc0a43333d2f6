/** `deno task demo`: what it starts, and that it stops all of it. */

import assert from "node:assert/strict";
import { permissionsOf, startApp } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { broker, needsNatsServer, needsRun } from "../support/nats_server.ts";
import { assertGone, type Process, startedBy } from "../support/processes.ts";

/** Neither a server that happens to be at the usual address nor, where it says so, a nats-server that is installed. */
const NO_SERVER = ["--deny-net=127.0.0.1:4222"];
const NO_NATS_SERVER = [...NO_SERVER, "--deny-run=nats-server,/usr/sbin/nats-server"];

/** A demo, by default without a server, so that it is on the stand-in. */
function demo(args: string[] = [], denied = NO_NATS_SERVER) {
  const app = startApp("lib/demo.ts", args, {
    permissions: [...permissionsOf("demo"), ...denied],
  });
  return {
    app,
    /** Waits until both apps receive each other; returns what was started. */
    async running() {
      for (const name of ["app1", "app2"]) {
        await app.out.find(`dt of ${name}`, ({ text }) => text.startsWith(`${name} │ dt = `));
      }
      return await startedBy(app.pid);
    },
    said: () => app.err.items.filter(({ text }) => text.startsWith("demo │ ")),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

const isServer = ({ command }: Process) => command.startsWith("nats-server");
const isApp = ({ command }: Process) => command === "deno";

Deno.test(
  "demo without a nats-server runs two apps on a stand-in, and says so",
  needsRun,
  async () => {
    await using test = demo();
    const started = await test.running();
    assert.equal(started.filter(isApp).length, 2);
    assert.equal(started.filter(isServer).length, 0);
    const [{ text }, ...others] = test.said();
    assert.match(
      text,
      /nats-server not found: using a stand-in, not for measuring; to install one: /,
    );
    assert.deepEqual(others, []);
  },
);

Deno.test("demo runs the nats-server that is installed", needsNatsServer, async () => {
  await using test = demo([], NO_SERVER);
  const started = await test.running();
  assert.equal(started.filter(isApp).length, 2);
  assert.equal(started.filter(isServer).length, 1);
  assert.match(test.said()[0].text, /nats-server/);
  test.app.kill("SIGTERM");
  assert.equal(await test.app.ended(), 0);
  await assertGone(started);
});

Deno.test(
  "demo ends by itself after --duration, with 0 where both apps received ticks",
  needsRun,
  async () => {
    await using test = demo(["--duration", "2s"]);
    await test.app.err.find("app1's connection", ({ text }) => text.startsWith("app1 │ "));
    const started = await startedBy(test.app.pid);
    const code = await test.app.ended(30_000);
    const received = (name: string) =>
      test.app.out.items.some(({ text }) => text.startsWith(`${name} │ dt = `));
    assert.equal(code, received("app1") && received("app2") ? 0 : 1);
    await assertGone(started);
  },
);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`demo stops all that it started on ${signal}`, needsRun, async () => {
    await using test = demo();
    const started = await test.running();
    test.app.kill(signal);
    assert.equal(await test.app.ended(), 0);
    await assertGone(started);
  });
}

Deno.test("demo stops the apps when the server dies", needsNatsServer, async () => {
  await using test = demo([], NO_SERVER);
  const started = await test.running();
  Deno.kill(started.find(isServer)!.pid, "SIGKILL");
  await test.app.ended();
  await assertGone(started);
});

Deno.test("demo stops the server and the other app when an app dies", needsRun, async () => {
  await using test = demo([], NO_SERVER);
  const started = await test.running();
  Deno.kill(started.find(isApp)!.pid, "SIGKILL");
  assert.notEqual(await test.app.ended(), 0);
  await assertGone(started);
});

Deno.test(
  "demo stops all that it started when its reader has gone, as with head",
  needsRun,
  async () => {
    await using test = demo();
    const started = await test.running();
    await test.app.closeOut();
    await test.app.ended();
    await assertGone(started);
  },
);

Deno.test("demo prints both summaries, each line marked with its app", needsRun, async () => {
  await using test = demo(["--duration", "500ms"]);
  await test.app.ended();
  const lines = test.app.err.items.map(({ text }) => text);
  for (const name of ["app1", "app2"]) {
    assert.ok(lines.some((line) => line.startsWith(`${name} │ ---`)), `none of ${name}`);
  }
  assert.ok(lines.every((line) => /^(app1|app2|demo) │/.test(line)), lines.join("\n"));
});

Deno.test("demo uses a server that is already there, and leaves it running", needsRun, async () => {
  await using server = await broker();
  await using test = demo(["--server", server.address], NO_SERVER);
  const started = await test.running();
  assert.equal(started.filter(isApp).length, 2);
  assert.equal(started.filter(isServer).length, 0);
  assert.deepEqual(test.said(), []);
  test.app.kill("SIGTERM");
  assert.equal(await test.app.ended(), 0);
  await assertGone(started);
  using _peer = await barePeer(server.address, []);
});

Deno.test("demo finds the server in NATS_URL", needsRun, async () => {
  await using server = await broker();
  using peer = await barePeer(server.address, ["app1_tick", "app2_tick"]);
  await using _app = startApp("lib/demo.ts", [], {
    permissions: permissionsOf("demo"),
    env: { NATS_URL: server.address },
  });
  await peer.messages.find("tick of app1", ({ subject }) => subject === "app1_tick");
  await peer.messages.find("tick of app2", ({ subject }) => subject === "app2_tick");
});

for (const args of [["--publish", "a"], ["--subscribe=a"], ["--name", "a"], ["--frob"]]) {
  Deno.test(`demo refuses ${args.join(" ")} in one line`, needsRun, async () => {
    await using test = demo(args);
    assert.equal(await test.app.ended(), 2);
    assert.equal(test.app.err.items.length, 1);
    assert.ok(test.app.err.items[0].text.includes(args[0].split("=")[0]));
  });
}

Deno.test("demo prints its help and ends with 0", needsRun, async () => {
  await using test = demo(["--help"]);
  assert.equal(await test.app.ended(), 0);
  assert.ok(test.app.out.items.some(({ text }) => text.includes("deno task demo")));
});

Deno.test("demo has no more permissions than it needs to run processes", () => {
  const allowed = permissionsOf("demo");
  assert.deepEqual(allowed, ["--allow-net", "--allow-env=NATS_URL", "--allow-run"]);
});

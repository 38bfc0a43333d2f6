/** `deno task demo`: what it starts, and that it stops all of it. */

import assert from "node:assert/strict";
import { permissionsOf, startApp, startDeno } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { broker, freePort, needsRun } from "../support/nats_server.ts";
import { childrenOf, type Process, processes } from "../support/processes.ts";

/** A demo with a temporary directory of its own, where no server answers unless one is given. */
async function demo(args: string[] = [], server = `127.0.0.1:${freePort()}`) {
  const stack = new AsyncDisposableStack();
  const temporary = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(temporary, { recursive: true }));
  const app = stack.use(startApp("lib/demo.ts", ["--server", server, ...args], {
    permissions: permissionsOf("demo"),
    env: { TMPDIR: temporary },
  }));
  return {
    app,
    /** Waits until both apps receive each other. */
    async running() {
      for (const name of ["app1", "app2"]) {
        await app.out.find(`dt of ${name}`, ({ text }) => text.startsWith(`${name} │ dt = `));
      }
      return await childrenOf(app.pid);
    },
    /** Waits until none of them runs any more, and the server's store is gone. */
    async assertGone(started: Process[]) {
      await assertEnded(started);
      assert.deepEqual([...Deno.readDirSync(temporary)], []);
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

async function assertEnded(started: Process[]) {
  const pids = new Set(started.map(({ pid }) => pid));
  const untilMs = performance.now() + 10_000;
  let left = started;
  while (left.length > 0 && performance.now() < untilMs) {
    left = (await processes()).filter(({ pid }) => pids.has(pid));
  }
  assert.deepEqual(left, []);
}

const isServer = ({ command }: Process) => command.startsWith("nats-server");

Deno.test("demo runs a server and two apps, which receive each other", needsRun, async () => {
  await using test = await demo();
  const started = await test.running();
  assert.equal(started.length, 3);
  assert.equal(started.filter(isServer).length, 1);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`demo stops all that it started on ${signal}`, needsRun, async () => {
    await using test = await demo();
    const started = await test.running();
    test.app.kill(signal);
    assert.equal(await test.app.ended(), 0);
    await test.assertGone(started);
  });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`deno task demo passes ${signal} on, so that all is stopped`, needsRun, async () => {
    const server = `127.0.0.1:${freePort()}`;
    await using task = startDeno(["task", "--quiet", "demo", "--server", server]);
    for (const name of ["app1", "app2"]) {
      await task.out.find(`dt of ${name}`, ({ text }) => text.startsWith(`${name} │ dt = `));
    }
    const [demo] = await childrenOf(task.pid);
    const started = await childrenOf(demo.pid);
    assert.equal(started.length, 3);
    task.kill(signal);
    await task.ended();
    await assertEnded([demo, ...started]);
  });
}

Deno.test("demo stops the apps when the server dies", needsRun, async () => {
  await using test = await demo();
  const started = await test.running();
  Deno.kill(started.find(isServer)!.pid, "SIGKILL");
  await test.app.ended();
  await test.assertGone(started);
});

Deno.test("demo stops the server and the other app when an app dies", needsRun, async () => {
  await using test = await demo();
  const started = await test.running();
  Deno.kill(started.find((process) => !isServer(process))!.pid, "SIGKILL");
  assert.notEqual(await test.app.ended(), 0);
  await test.assertGone(started);
});

Deno.test(
  "demo stops all that it started when its reader has gone, as with head",
  needsRun,
  async () => {
    await using test = await demo();
    const started = await test.running();
    await test.app.closeOut();
    await test.app.ended();
    await test.assertGone(started);
  },
);

Deno.test("demo ends by itself after --duration", needsRun, async () => {
  await using test = await demo(["--duration", "1s"]);
  const started = await test.running();
  assert.equal(await test.app.ended(), 0);
  await test.assertGone(started);
});

Deno.test("demo prints both summaries, each line marked with its app", needsRun, async () => {
  await using test = await demo(["--duration", "500ms"]);
  await test.app.ended();
  const lines = test.app.err.items.map(({ text }) => text);
  for (const name of ["app1", "app2"]) {
    assert.ok(lines.some((line) => line.startsWith(`${name} │ ---`)), `none of ${name}`);
  }
  assert.ok(lines.every((line) => /^(app1|app2|demo) │/.test(line)), lines.join("\n"));
});

Deno.test("demo uses a server that is already there, and leaves it running", needsRun, async () => {
  await using server = await broker();
  await using test = await demo([], server.address);
  const started = await test.running();
  assert.equal(started.length, 2);
  // Longer than the half second in which a server has to greet.
  await test.app.out.reach(test.app.out.items.length + 200, "dt lines");
  test.app.kill("SIGTERM");
  assert.equal(await test.app.ended(), 0);
  await test.assertGone(started);
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
    await using test = await demo(args);
    assert.equal(await test.app.ended(), 2);
    assert.equal(test.app.err.items.length, 1);
    assert.ok(test.app.err.items[0].text.includes(args[0].split("=")[0]));
  });
}

Deno.test("demo prints its help and ends with 0", needsRun, async () => {
  await using test = await demo(["--help"]);
  assert.equal(await test.app.ended(), 0);
  assert.ok(test.app.out.items.some(({ text }) => text.includes("deno task demo")));
});

Deno.test("demo has no more permissions than it needs to run processes", () => {
  const allowed = permissionsOf("demo");
  assert.ok(!allowed.includes("--allow-all") && !allowed.includes("--allow-ffi"));
});

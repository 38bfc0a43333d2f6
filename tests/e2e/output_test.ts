/** Output that can't be written, and what is the last thing on the screen. */

import assert from "node:assert/strict";
import { type App, permissionsOf, startApp, type StartOptions } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { broker, needsRun } from "../support/nats_server.ts";

/** A server, a bare peer in the place of app2, and app1 once it ticks. */
async function app1(
  args: string[],
  options: StartOptions & { permissions?: string[] } = {},
) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await broker());
  const peer = stack.use(await barePeer(server.address, ["app1_tick"]));
  const app = stack.use(startApp("app1.ts", ["--server", server.address, ...args], options));
  await peer.messages.reach(1, "tick");
  const all = stack.move();
  return { server, peer, app, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

const texts = ({ items }: App["err"]) => items.map(({ text }) => text);

/** Where the summary stands in what an app wrote to stderr. */
function summaryAt(lines: string[]): number {
  const at = lines.findIndex((line) => line.startsWith("--- app1"));
  assert.ok(at >= 0, lines.join("\n"));
  return at;
}

Deno.test(
  "app1 says that the disk is full, shows its summary, and ends with 2",
  needsRun,
  async () => {
    await using test = await app1([], { shell: 'exec "$@" >/dev/full' });
    await test.peer.publish("app2_tick", "0");
    assert.equal(await test.app.ended(), 2);
    const lines = texts(test.app.err);
    const said = lines.findIndex((line) => /stdout.*No space left/.test(line));
    assert.ok(said >= 0 && said < summaryAt(lines), lines.join("\n"));
    assert.equal(lines.filter((line) => line.includes("No space left")).length, 1);
  },
);

Deno.test("app1 says that a file may grow no further, and ends with 2", needsRun, async () => {
  const path = await Deno.makeTempFile();
  try {
    // So that the limit leaves Deno's own files alone; sparse, it takes no room.
    await Deno.truncate(path, 400_000 * 512 - 50);
    await using test = await app1([], {
      env: { OUT: path },
      shell: 'ulimit -f 400000; exec "$@" >>"$OUT"',
    });
    for (let n = 0; n < 10; n++) await test.peer.publish("app2_tick", "0");
    assert.equal(await test.app.ended(), 2);
    const lines = texts(test.app.err);
    assert.ok(lines.some((line) => /stdout.*too large/i.test(line)), lines.join("\n"));
    summaryAt(lines);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("app1 --help ends with 2 where it can't be written", needsRun, async () => {
  await using app = startApp("app1.ts", ["--help"], { shell: 'exec "$@" >/dev/full' });
  assert.equal(await app.ended(), 2);
  assert.match(texts(app.err).join("\n"), /^app1: .*No space left/);
});

Deno.test("app1 ends with 2 where its summary can't be written", needsRun, async () => {
  await using test = await app1([], { shell: 'exec "$@" 2>/dev/full' });
  await test.peer.publish("app2_tick", "0");
  await test.app.out.reach(1, "dt line");
  test.app.kill("SIGTERM");
  assert.equal(await test.app.ended(), 2);
});

Deno.test("app1's summary is the last thing in a file that takes both", needsRun, async () => {
  const path = await Deno.makeTempFile();
  try {
    await using test = await app1([], { env: { OUT: path }, shell: 'exec "$@" >"$OUT" 2>&1' });
    await test.peer.publish("app2_tick", "0", 500);
    await test.peer.messages.reach(test.peer.messages.items.length + 5, "ticks");
    test.app.kill("SIGTERM");
    assert.equal(await test.app.ended(), 0);
    const lines = (await Deno.readTextFile(path)).split("\n");
    const at = summaryAt(lines);
    const isDt = (line: string) => line.startsWith("dt = ");
    assert.equal(lines.slice(0, at).filter(isDt).length, 500);
    assert.equal(lines.slice(at).filter(isDt).length, 0);
  } finally {
    await Deno.remove(path);
  }
});

for (const json of [[], ["--json"]]) {
  Deno.test(
    `app1 ${json} says how much a stuck reader never took, and ends with 2`,
    needsRun,
    async () => {
      await using test = await app1(json, { read: false });
      // More than a pipe holds.
      for (let batch = 0; batch < 20; batch++) await test.peer.publish("app2_tick", "0", 1_000);
      await test.peer.messages.reach(test.peer.messages.items.length + 50, "ticks");
      test.app.kill("SIGTERM");
      assert.equal(await test.app.ended(), 2);
      const lines = texts(test.app.err);
      const said = lines.findIndex((line) => /\d+ lines of output were not read/.test(line));
      assert.ok(said >= 0 && said < summaryAt(lines), lines.join("\n"));
    },
  );
}

/** What a histogram takes: the file, and the one beside it. */
function permissionsFor(path: string): string[] {
  const both = `${path},${path}.part`;
  return [...permissionsOf("app1"), `--allow-read=${both}`, `--allow-write=${both}`];
}

Deno.test("app1 writes the histogram whole, in place of the one before", needsRun, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/of run.hgrm`;
    await Deno.writeTextFile(path, "before");
    const permissions = permissionsFor(path);
    await using test = await app1(["--histogram", path], { permissions });
    await test.peer.publish("app2_tick", "0");
    await test.app.out.reach(1, "dt line");
    assert.equal(await Deno.readTextFile(path), "before");
    test.app.kill("SIGTERM");
    assert.equal(await test.app.ended(), 0);
    assert.match(await Deno.readTextFile(path), /^# app2_tick: dt in ms.*\n +Value +Percentile/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["of run.hgrm"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test(
  "app1 ends with 2 where the histogram can't be written at the end",
  needsRun,
  async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/hgrm`;
    const permissions = permissionsFor(path);
    await using test = await app1(["--histogram", path], { permissions });
    await test.peer.publish("app2_tick", "0");
    await test.app.out.reach(1, "dt line");
    await Deno.remove(folder, { recursive: true });
    test.app.kill("SIGTERM");
    assert.equal(await test.app.ended(), 2);
    const lines = texts(test.app.err);
    const said = lines.findIndex((line) =>
      line.includes(`--histogram: cannot write "${path}": No `)
    );
    assert.ok(said >= 0 && said < summaryAt(lines), lines.join("\n"));
  },
);

for (const path of ["/nowhere/at/all", "/"]) {
  Deno.test(`app1 ends with 2 at once where the histogram is ${path}`, needsRun, async () => {
    await using app = startApp("app1.ts", ["--histogram", path], {
      permissions: permissionsFor(path),
    });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1);
    assert.match(texts(app.err)[0], /^app1: --histogram: cannot write "/);
  });
}

Deno.test("app1 leaves nothing beside the histogram where it is refused", needsRun, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/hgrm`;
    const permissions = permissionsFor(path).filter((flag) => flag !== "--allow-net");
    await using app = startApp("app1.ts", ["--histogram", path], { permissions });
    assert.equal(await app.ended(), 2);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** `--live` on a terminal: what it draws, and how the terminal is left. */

import assert from "node:assert/strict";
import { ENTER, LEAVE } from "../../lib/live/terminal.ts";
import { startApp } from "../support/app.ts";
import { scratch } from "../support/authentication.ts";
import { barePeer } from "../support/bare_peer.ts";
import { broker } from "../support/nats_server.ts";
import {
  hasTerminals,
  type OnTerminal,
  startOnTerminal,
  type TerminalOptions,
} from "../support/on_terminal.ts";
import { PATIENT } from "../support/pair.ts";
import { assertGone } from "../support/processes.ts";

const needsTerminal = { ignore: !await hasTerminals() };

/** A server, somebody who receives all of it, and app1 with a screen that says that it is connected. */
async function screened(args: string[] = [], options: TerminalOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const test = stack.use(await starting(args, options));
  await test.app1.frame("connected", (lines) => lines.some((line) => /connected to/.test(line)));
  const moved = stack.move();
  return { ...test, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** The same as soon as it is started: one that ends by itself may do so before it has drawn that. */
async function starting(args: string[], options: TerminalOptions) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await broker());
  const peer = stack.use(await barePeer(server.address, ["app1_tick"]));
  const all = ["--server", server.address, ...PATIENT, "--live", ...args];
  const app1 = stack.use(await startOnTerminal("app1.ts", all, options));
  const moved = stack.move();
  return { server, peer, app1, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** The rows under a title, and those that go on with them. */
function rowsOf(lines: string[], title: string): string[] {
  const at = lines.findIndex((line) => line.startsWith(title.padEnd(11)));
  assert.ok(at >= 0, `${title} in ${lines.join("\n")}`);
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !line.startsWith(" ".repeat(11)));
  return [lines[at], ...rest.slice(0, end)];
}

function framesIn(app: OnTerminal): number {
  return app.text().split("\x1b[J").length - 1;
}

async function fifoIn({ path }: { path(name: string): string }): Promise<string> {
  await new Deno.Command("mkfifo", { args: [path("fifo")] }).output();
  return path("fifo");
}

/** What came after the screen was left, which it was for good. */
function afterScreen({ text }: OnTerminal): string {
  const [, ...drawn] = text().split("\x1b[?1049h");
  assert.ok(drawn.length > 0, "nothing was drawn");
  for (const each of drawn) assert.equal(each.split("\x1b[?1049l").length, 2, JSON.stringify(each));
  const [, after] = text().slice(text().lastIndexOf(ENTER)).split(LEAVE);
  // deno-lint-ignore no-control-regex -- what a screen is drawn with
  assert.doesNotMatch(after, /\x1b/);
  return after.replaceAll("\r", "");
}

Deno.test("the last frame says what the summary says", needsTerminal, async () => {
  await using test = await screened(["--expect", "loss=0"]);
  const { app1, server } = test;
  await using app2 = startApp("app2.ts", [
    "--server",
    server.address,
    "--count",
    "150",
    ...PATIENT,
  ]);
  assert.equal(await app2.ended(), 0);
  const frame = await app1.frame(
    "the peer's end",
    (lines) =>
      lines.some((line) => /lasting: peer ended/.test(line)) &&
      !/pending|not decided/.test(lines[1]),
  );
  assert.ok(frame.some((line) => /^max +[▁▂▃▄▅▆▇█ ]*[▁▂▃▄▅▆▇█] *$/.test(line)), frame.join("\n"));
  app1.kill("SIGTERM");
  assert.equal(await app1.script.ended(), 0);
  const summary = afterScreen(app1).split("\n");
  for (const title of ["loss", "delay"]) {
    assert.deepEqual(rowsOf(frame, title), rowsOf(summary, title));
  }
  const verdict = (lines: string[]) => lines.find((line) => line.startsWith("---"))!.slice(-30);
  assert.equal(verdict(frame), verdict(summary));
  assert.doesNotMatch(app1.text(), /dt = /);
  // Events were on the screen, and come after it as they always are.
  assert.match(summary.join("\n"), /^\d{4}-\d\d-\d\dT[\d:.]+Z app1: receiving app2_tick/m);
});

Deno.test(
  "a frame has the size of the terminal, also of one that changes",
  needsTerminal,
  async () => {
    await using test = await screened([], { columns: 60, rows: 10 });
    const { app1 } = test;
    const isWide = (columns: number) => ([line]: string[]) => line.length === columns;
    await app1.frame(
      "60 columns",
      (lines) => lines.length <= 10 && lines.every(({ length }) => length <= 60),
    );
    await app1.resize(100, 30);
    await app1.frame("100 columns", isWide(100));
    await app1.resize(80, 24);
    await app1.frame("80 columns", isWide(80), app1.script.out.items.length);
  },
);

const ENDINGS: Record<
  string,
  { args?: string[]; end: (app1: OnTerminal) => Promise<void> | void }
> = {
  SIGTERM: { end: ({ kill }) => kill("SIGTERM") },
  SIGHUP: { end: ({ kill }) => kill("SIGHUP") },
  "Ctrl-C": { end: ({ kill }) => kill("SIGINT") },
  "a second Ctrl-C": {
    async end({ kill, said, script }) {
      kill("SIGINT");
      await said(LEAVE);
      const done = script.ended().then(() => true);
      while (!await Promise.race([done, longer()])) kill("SIGINT");
    },
  },
  "--count": { args: ["--count", "100"], end() {} },
  "--duration": { args: ["--duration", "2s"], end() {} },
};

/** Two signals within 100 ms are one press. */
const longer = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 150));

for (const [how, { args, end }] of Object.entries(ENDINGS)) {
  Deno.test(`the terminal is given back at ${how}`, needsTerminal, async () => {
    const start = args ? starting : screened;
    await using test = await start(args ?? [], { bash: '"$@"; stty -a' });
    const { app1 } = test;
    await end(app1);
    await app1.script.ended();
    const after = afterScreen(app1);
    if (how !== "a second Ctrl-C") {
      assert.match(after, /^--- app1, .* at 10 ms -+ FAIL: no ticks received ---$/m);
    }
    assert.match(after, /[ ;]icanon[ ;]/);
    assert.match(after, /[ ;]echo[ ;]/);
  });
}

for (const how of ["throw", "reject"]) {
  Deno.test(
    `the terminal is given back at an error that nobody expects: ${how}`,
    needsTerminal,
    async () => {
      await using app = await startOnTerminal("tests/support/throwing_screen.ts", [how]);
      assert.equal(await app.script.ended(), 1);
      const [, after] = app.text().split(LEAVE);
      assert.match(after, /^what was said before/);
      assert.match(after, /unexpected/);
    },
  );
}

Deno.test(
  "Ctrl-Z gives the terminal back to the shell, and fg draws anew",
  needsTerminal,
  async () => {
    await using folder = await scratch();
    const fifo = await fifoIn(folder);
    const bash =
      `set -m; "$@"; echo "stopped with $?"; stty -a; cat ${fifo}; fg; echo "ended with $?"`;
    await using test = await screened([], { bash });
    const { app1, peer } = test;
    app1.kill("SIGTSTP");
    const stopped = await app1.said("stopped with ");
    const suspended = app1.text();
    assert.ok(suspended.lastIndexOf(LEAVE) > suspended.lastIndexOf(ENTER), "left before it stops");
    await app1.said("-echoprt", stopped);
    const sent = peer.messages.items.length;
    await Deno.writeTextFile(fifo, "");
    await app1.frame("a new frame", () => true, stopped);
    await peer.messages.reach(sent + 10, "ticks again");
    app1.kill("SIGTERM");
    await app1.said("ended with 1");
    await app1.script.ended();
    afterScreen(app1);
  },
);

Deno.test("SIGCONT draws anew where it was stopped without notice", needsTerminal, async () => {
  await using test = await screened();
  const { app1 } = test;
  app1.kill("SIGSTOP");
  app1.reader("SIGCONT"); // script stops along with it
  const from = app1.script.out.items.length;
  app1.kill("SIGCONT");
  await app1.said(ENTER, from);
});

Deno.test(
  "a terminal that takes nothing delays no tick, and gets no old frames",
  needsTerminal,
  async () => {
    await using folder = await scratch();
    const fifo = await fifoIn(folder);
    await using test = await screened([], { bash: `cat ${fifo} >/dev/tty & "$@"` });
    const { app1, peer } = test;
    app1.reader("SIGSTOP");
    const before = framesIn(app1);
    const filled = Deno.writeTextFile(fifo, "x".repeat(1 << 20)); // much more than it holds
    await peer.messages.reach(peer.messages.items.length + 1000, "ticks meanwhile");
    app1.reader("SIGCONT");
    await filled;
    const ranS = (lines: string[]) => Number(/, ([\d.]+) s at/.exec(lines[0])?.[1]);
    await app1.frame("a frame of now", (lines) => ranS(lines) >= 10);
    // One was being written, and one may have been before it was full.
    const frames = framesIn(app1) - before;
    assert.ok(frames < 6, `${frames} frames for 10 s`);
  },
);

Deno.test("an app whose terminal takes nothing ends all the same", needsTerminal, async () => {
  await using folder = await scratch();
  const fifo = await fifoIn(folder);
  await using test = await screened([], { bash: `cat ${fifo} >/dev/tty & "$@"` });
  const { app1, peer } = test;
  app1.reader("SIGSTOP");
  // Whoever reads it ends with its shell.
  const filled = Deno.writeTextFile(fifo, "x".repeat(1 << 20)).catch(() => {});
  await peer.messages.reach(peer.messages.items.length + 200, "ticks meanwhile");
  app1.kill("SIGTERM");
  await assertGone([{ pid: app1.pid, parent: 0, command: "deno" }]);
  app1.reader("SIGCONT");
  await filled;
});

Deno.test("dt goes to a file while the screen is on the terminal", needsTerminal, async () => {
  await using folder = await scratch();
  await using test = await screened([], { bash: `"$@" >${folder.path("dt")}` });
  const { app1, peer } = test;
  await peer.publish("app2_tick", "0");
  await app1.frame("the tick", (lines) => lines.some((line) => /^loss .*received 1$/.test(line)));
  app1.kill("SIGTERM");
  assert.equal(await app1.script.ended(), 0);
  assert.match(await Deno.readTextFile(folder.path("dt")), /^dt = \d+\.\d{3}\n$/);
  afterScreen(app1);
});

Deno.test("on a dumb terminal there are lines, which is said", needsTerminal, async () => {
  await using server = await broker();
  const args = ["--server", server.address, "--live", "--count", "10"];
  await using app1 = await startOnTerminal("app1.ts", args, { env: { TERM: "dumb" } });
  await app1.script.ended();
  assert.match(app1.text(), /app1: no screen, as TERM is dumb: printing lines/);
  // deno-lint-ignore no-control-regex -- not one of any kind
  assert.doesNotMatch(app1.text(), /\x1b/);
});

/** A demo or a test run that is interrupted, however that is done, leaves no process behind. */

import { needsRun } from "../support/nats_server.ts";
import { assertGone, startedBy } from "../support/processes.ts";
import { deadline } from "../support/deadline.ts";

interface Run extends AsyncDisposable {
  pid: number;
  ended: Promise<unknown>;
}

/** `deno task` in a process group of its own, as a shell starts it, once all that it starts is running. */
async function startTask(args: string[], ready: (text: string) => boolean): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: new URL("../..", import.meta.url),
    env: { NATS_URL: "", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const running = Promise.withResolvers<void>();
  async function read() {
    let text = "";
    for await (const more of child.stdout.pipeThrough(new TextDecoderStream())) {
      text = (text + more).slice(-10_000);
      if (ready(text)) running.resolve();
    }
    running.reject(new Error(`it ended: ${text}`));
    await child.status;
  }
  const ended = read();
  ended.catch(() => {}); // awaited by whoever stops it
  await deadline(60_000, "running", running.promise);
  return {
    pid: child.pid,
    ended,
    async [Symbol.asyncDispose]() {
      await ended;
    },
  };
}

const TASKS: Record<string, { args: string[]; ready: (text: string) => boolean }> = {
  "a demo": {
    args: ["demo"],
    ready: (text) => ["app1", "app2"].every((name) => text.includes(`${name} │ dt = `)),
  },
  "a test run": {
    args: ["test", "tests/support/endless_test_run.ts"],
    ready: (text) => text.includes("running\n"),
  },
};

/** How it is interrupted: a whole process group, as by a terminal, has its number below zero. */
const INTERRUPTED: Record<string, (pid: number) => void> = {
  "Ctrl-C": (pid) => Deno.kill(-pid, "SIGINT"),
  "SIGTERM": (pid) => Deno.kill(pid, "SIGTERM"),
  "SIGHUP of its terminal": (pid) => Deno.kill(-pid, "SIGHUP"),
  "SIGKILL": (pid) => Deno.kill(pid, "SIGKILL"),
};

for (const [what, { args, ready }] of Object.entries(TASKS)) {
  for (const [how, interrupt] of Object.entries(INTERRUPTED)) {
    Deno.test(`${what} ended by ${how} leaves no process behind`, needsRun, async () => {
      await using run = await startTask(args, ready);
      const started = await startedBy(run.pid);
      interrupt(run.pid);
      await assertGone(started);
    });
  }

  Deno.test(
    `${what} of which only the inner process is killed leaves no process behind`,
    needsRun,
    async () => {
      await using run = await startTask(args, ready);
      const started = await startedBy(run.pid);
      const inner = started.find(({ parent }) => parent === run.pid)!;
      Deno.kill(inner.pid, "SIGKILL");
      await assertGone(started);
    },
  );
}

/** The processes of this machine, as far as a test needs to know them. */

import assert from "node:assert/strict";

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** Every process that runs; one that has ended and was not yet asked how doesn't. */
export async function processes(): Promise<Process[]> {
  // Files under /proc are not for Deno to read without all permissions; `ps` is not everywhere.
  const linux = Deno.build.os === "linux";
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", linux ? "cat /proc/[0-9]*/stat" : "ps -A -o pid=,comm=,stat=,ppid="],
    stderr: "null",
  }).output();
  const row = linux ? /^(\d+) \((.*)\) (\S) (\d+)/gm : /^ *(\d+) (.*\S) +(\S)\S* +(\d+)$/gm;
  return [...new TextDecoder().decode(stdout).matchAll(row)]
    .filter(([, , , state]) => state !== "Z")
    .map(([, pid, command, , parent]) => ({ pid: Number(pid), parent: Number(parent), command }));
}

/** Every process that this one has started, and those that they have started. */
export async function startedBy(pid: number): Promise<Process[]> {
  const all = await processes();
  const found: Process[] = [];
  for (let next = [pid]; next.length > 0;) {
    const children = all.filter(({ parent }) => next.includes(parent));
    found.push(...children);
    next = children.map(({ pid }) => pid);
  }
  return found;
}

const GONE_MS = 20_000;
const LOOK_MS = 50;

/** Waits until none of them runs any more. */
export async function assertGone(started: Process[]) {
  const untilMs = performance.now() + GONE_MS;
  const key = ({ pid, command }: Process) => `${pid} ${command}`;
  const wanted = new Set(started.map(key));
  while (true) {
    const left = (await processes()).filter((process) => wanted.has(key(process)));
    if (left.length === 0) return;
    assert.ok(performance.now() < untilMs, `still there: ${JSON.stringify(left)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

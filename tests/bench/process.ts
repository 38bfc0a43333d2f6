/** A program under measurement: its lines, and what it costs. Linux only. */

export interface Program extends AsyncDisposable {
  pid: number;
  /** What it printed, piece by piece, and when that came, in ms of `performance.now()`. */
  output: { atMs: number; text: string }[];
  /** Ends it in order; resolves once all it printed has been read. */
  end(): Promise<void>;
}

const running = new Set<number>();

/** An interrupted bench leaves nothing behind. */
export function endWithUs(pid: number) {
  running.add(pid);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    console.error(`ended by ${signal}`);
    for (const pid of running) kill(pid, "SIGKILL");
    Deno.exit(130);
  });
}

function kill(pid: number, signal: Deno.Signal) {
  try {
    Deno.kill(pid, signal);
  } catch { /* it has ended already */ }
}

/** @param maxPieces of what it prints so many are kept, the last ones */
export function start(
  [command, ...args]: string[],
  cwd?: string,
  maxPieces = Infinity,
): Program {
  const child = new Deno.Command(command, {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child.pid);
  const output: Program["output"] = [];
  let ending = false;

  async function readAll() {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output.push({ atMs: performance.now(), text });
      if (output.length > maxPieces) output.shift();
    }
  }

  async function watch() {
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said = (said + text).slice(-1000);
    }
    const { code } = await child.status;
    running.delete(child.pid);
    // The one that is only started ends by itself, in order.
    if (!ending && code !== 0) {
      throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${said.trim()}`);
    }
  }

  const ended = Promise.all([readAll(), watch()]);
  ended.catch(() => {}); // thrown where it is ended
  async function end(signal: Deno.Signal) {
    if (running.has(child.pid)) {
      ending = true;
      kill(child.pid, signal);
    }
    await ended;
  }
  return {
    pid: child.pid,
    output,
    end: () => end("SIGTERM"),
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

/** What a program has used so far. */
export interface Cost {
  /** CPU time of each of its threads, to the nanosecond as the scheduler counts it. */
  cpuMs: Map<string, number>;
  rssMb: number;
}

export async function costOf(pid: number): Promise<Cost> {
  // Files under /proc are not for Deno to read without all permissions. A thread may end meanwhile.
  const text = await run([
    "sh",
    "-c",
    `cd /proc/${pid}; grep -s . task/*/schedstat; grep VmRSS status`,
  ]);
  const threads = [...text.matchAll(/^task\/(\d+)\/schedstat:(\d+)/gm)];
  const [, kb] = /^VmRSS:\s+(\d+)/m.exec(text)!;
  return {
    cpuMs: new Map(threads.map(([, thread, ns]) => [thread, Number(ns) / 1e6])),
    rssMb: Number(kb) / 1024,
  };
}

/** CPU time between two moments; that of a thread which ended in between is left out. */
export function cpuMsBetween(before: Cost, after: Cost): number {
  return [...after.cpuMs].reduce(
    (sum, [thread, ms]) => sum + ms - (before.cpuMs.get(thread) ?? 0),
    0,
  );
}

/**
 * What a command prints.
 *
 * @throws {Error} where it isn't there, or fails, with what it said
 */
export async function run(
  [command, ...args]: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(command, { args, env, stdin: "null" })
    .output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${text.decode(stderr).trim()}`);
  return text.decode(stdout);
}

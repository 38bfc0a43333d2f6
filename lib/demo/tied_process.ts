/** A program that ends with whoever started it, however that one ends. Needs --allow-run. */

/** Like Deno's own child, but for its stdin, which it doesn't have. */
export interface TiedProcess {
  pid: number;
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** How it has ended. */
  status: Promise<Deno.CommandStatus>;
  /** Does nothing once it has ended. */
  kill(signal: Deno.Signal): void;
}

export type TiedOptions = Pick<
  Deno.CommandOptions,
  "args" | "cwd" | "env" | "stdout" | "stderr" | "detached"
>;

/**
 * The shell becomes the program; before that it leaves a watcher behind, which reads a pipe of the parent's.
 * A line in it says that the program has ended; its end without one, that the parent has: then the watcher
 * asks the program to end, and insists after five seconds. A killed parent can't do that itself.
 */
const WATCHED = `exec 3<&0 </dev/null
{
  read -r _ <&3 && exit
  kill -TERM $$ && kill -CONT $$
  for _ in 1 2 3 4 5; do
    sleep 1
    kill -0 $$ || exit
  done
  kill -KILL $$
} >/dev/null 2>&1 &
exec 3<&- "$@"`;

/** Starts a program; where there is no `sh`, on Windows, it is not tied. */
export function spawnTied(command: string, options: TiedOptions): TiedProcess {
  const tied = Deno.build.os !== "windows";
  const { args = [], ...others } = options;
  const child = new Deno.Command(tied ? "sh" : command, {
    ...others,
    args: tied ? ["-c", WATCHED, "sh", command, ...args] : args,
    stdin: tied ? "piped" : "null",
  }).spawn();
  const watcher = tied ? child.stdin.getWriter() : undefined;
  let alive = true;

  async function ended() {
    const status = await child.status;
    alive = false;
    try {
      await watcher?.write(new TextEncoder().encode("\n"));
      await watcher?.close();
    } catch { /* the watcher has been killed along with it, as a whole group is by Ctrl-C */ }
    return status;
  }

  const status = ended();
  return {
    pid: child.pid,
    get stdout() {
      return child.stdout;
    },
    get stderr() {
      return child.stderr;
    },
    status,
    kill(signal) {
      if (!alive) return;
      try {
        child.kill(signal);
      } catch { /* it has ended, which is told to us in a turn of its own */ }
    },
  };
}

/** How often it is looked whether the parent is still there. */
const PARENT_MS = 250;

/** Calls back once the process that started this one has ended, until disposed of. */
export function onOrphaned(callback: () => void): Disposable {
  const parent = Deno.ppid;
  const timer = setInterval(() => {
    if (Deno.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

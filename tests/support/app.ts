/** An app as a process of its own, with just the permissions that its task gives it. */

import config from "../../deno.json" with { type: "json" };
import { APP_FLAGS } from "../../lib/demo/app_flags.ts";
import { spawnTied } from "../../lib/demo/tied_process.ts";
import { deadline } from "./deadline.ts";
import { Log } from "./log.ts";

export interface Line {
  text: string;
  /** When it was read, in ms of `performance.now()`. */
  atMs: number;
}

export interface App extends AsyncDisposable {
  pid: number;
  /** Lines on stdout: dt. */
  out: Log<Line>;
  /** Lines on stderr: events. */
  err: Log<Line>;
  kill(signal: Deno.Signal): void;
  /** Stops reading stdout, and closes it as `head` does. */
  closeOut(): Promise<void>;
  /** Its exit code, once all that it wrote is read. */
  ended(withinMs?: number): Promise<number>;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** False leaves stdout unread. */
  read?: boolean;
  /** What a shell does around it, where `"$@"` is the command: `exec "$@" >/dev/full`. */
  shell?: string;
}

/** The permissions that a task of deno.json gives. */
export function permissionsOf(task: keyof typeof config.tasks): string[] {
  return config.tasks[task].command.split(" ").filter((word) => word.startsWith("--allow-"));
}

/**
 * Starts app1.ts, app2.ts or another script of the project.
 *
 * @param permissions the flags it runs with; when they aren't given, those of the task app1
 */
export function startApp(
  script: string,
  args: string[],
  { permissions = permissionsOf("app1"), ...options }: StartOptions & { permissions?: string[] } =
    {},
): App {
  const engine = APP_FLAGS.filter((flag) => flag.startsWith("--v8"));
  const flags = ["--quiet", "--no-prompt", ...engine, ...permissions];
  return startDeno(
    ["run", ...flags, new URL(`../../${script}`, import.meta.url).href, ...args],
    options,
  );
}

/** Starts this Deno itself, with no variables of a bus but given ones. */
export function startDeno(args: string[], { env, read = true, shell }: StartOptions = {}): App {
  const child = spawnTied(shell ? "sh" : Deno.execPath(), {
    args: shell ? ["-c", shell, "sh", Deno.execPath(), ...args] : args,
    cwd: new URL("../..", import.meta.url),
    env: {
      NATS_URL: "",
      NATS_USER: "",
      NATS_PASSWORD: "",
      NATS_TOKEN: "",
      NATS_CREDS: "",
      NATS_NKEY: "",
      NATS_CA: "",
      NATS_CERT: "",
      NATS_KEY: "",
      RABBITMQ_URL: "",
      RABBITMQ_USER: "",
      RABBITMQ_PASSWORD: "",
      NO_COLOR: "1",
      ...env,
    },
    stdout: "piped",
    stderr: "piped",
  });
  const out = readLines(child.stdout, read);
  const err = readLines(child.stderr, true);
  const { status } = child;
  return {
    pid: child.pid,
    out: out.log,
    err: err.log,
    kill: child.kill,
    closeOut: out.close,
    async ended(withinMs = 60_000) {
      const all = Promise.all([status, err.done, ...(read ? [out.done] : [])]);
      const [{ code }] = await deadline(withinMs, `end of ${args.join(" ")}`, all).catch(
        (error) => {
          const last = err.log.items.slice(-5).map(({ text }) => text);
          throw new Error(`${error.message}; its last words: ${JSON.stringify(last)}`);
        },
      );
      return code;
    },
    async [Symbol.asyncDispose]() {
      // In order, so that it can stop what it has started itself.
      child.kill("SIGTERM");
      await deadline(20_000, "end", status).catch(() => child.kill("SIGKILL"));
      await out.close();
      await status;
    },
  };
}

function readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>, read: boolean) {
  const log = new Log<Line>();
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();

  async function readAll() {
    let rest = "";
    for (let chunk; !(chunk = await reader.read()).done;) {
      const atMs = performance.now();
      const lines = (rest + chunk.value).split("\n");
      rest = lines.pop()!;
      for (const text of lines) log.push({ text, atMs });
    }
    if (rest) log.push({ text: rest, atMs: performance.now() });
    log.end();
  }

  return { log, done: read ? readAll() : Promise.resolve(), close: () => reader.cancel() };
}

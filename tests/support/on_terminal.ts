/** A program on a terminal of its own, which util-linux's `script` makes, and what it draws there. */

import { type App, permissionsOf, startDeno } from "./app.ts";
import { APP_FLAGS } from "../../lib/demo/app_flags.ts";

export interface OnTerminal extends AsyncDisposable {
  /** All that the terminal was given so far is the output of this one, in lines. */
  script: App;
  /** Stops and continues who reads what is written to the terminal. */
  reader(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Of the program on the terminal. */
  pid: number;
  /** All that the terminal was given so far. */
  text(): string;
  /** Waits for a whole frame that fits, from an index of the lines on. */
  frame(what: string, fits: (lines: string[]) => boolean, from?: number): Promise<string[]>;
  /** Waits for a text in a line. */
  said(text: string, from?: number): Promise<number>;
  /** Gives the terminal another size. */
  resize(columns: number, rows: number): Promise<void>;
  kill(signal: Deno.Signal): void;
}

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** What bash does on the terminal; `"$@"` is the command. */
  bash?: string;
  /** The flags it runs with; when they aren't given, those of the task app1. */
  permissions?: string[];
}

const START = "\x1b[H\x1b[K";
const END = "\x1b[J\x1b[H\r";

/** Whether this machine has a `script`, and `bash` and `stty`, as every Debian has. */
export async function hasTerminals(): Promise<boolean> {
  if (Deno.permissions.querySync({ name: "run" }).state !== "granted") return false;
  if (Deno.build.os !== "linux") return false;
  const { success } = await new Deno.Command("sh", {
    args: ["-c", "command -v script && command -v bash && command -v stty"],
    stdout: "null",
  }).output();
  return success;
}

/** Does nothing where it has ended. */
function killed(pid: number, signal: Deno.Signal) {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Starts app1.ts or another script of the project. */
export async function startOnTerminal(
  path: string,
  args: string[],
  { columns = 80, rows = 24, env = {}, bash = '"$@"', permissions = permissionsOf("app1") }:
    TerminalOptions = {},
): Promise<OnTerminal> {
  const engine = APP_FLAGS.filter((flag) => flag.startsWith("--v8"));
  const url = new URL(`../../${path}`, import.meta.url).href;
  const run = ["run", "--quiet", "--no-prompt", ...engine, ...permissions, url, ...args];
  const announced = `run() { sh -c 'echo pid $$ >&2; exec "$0" "$@"' "$@"; }`;
  // A child of the shell, and not what it becomes: it would wait for children that it doesn't know.
  const inside = `stty columns ${columns} rows ${rows}; tty; echo script $PPID; ${announced}; ${
    bash.replace('"$@"', 'run "$@"')
  }`;
  const script = startDeno(run, {
    env: { TERM: "xterm", INSIDE: inside, ...env },
    shell:
      `trap 'kill $!' TERM; script -qefc "exec bash -c \\"\\$INSIDE\\" bash $(printf "'%s' " "$@")" /dev/null & wait $!`,
  });
  const { items } = script.out;
  const find = (what: string, fits: (text: string, index: number) => boolean, from = 0) =>
    script.out.find(what, ({ text }, index) => fits(text, index), { from });
  const said = (part: string, from = 0) => find(part, (text) => text.includes(part), from);

  function frameAt(end: number): string[] {
    let start = end;
    while (!items[start].text.includes(START)) start--;
    const shown = items.slice(start, end + 1).map(({ text }) => text.replace(END, "\r"));
    return shown.map((text) => text.slice(text.indexOf("\x1b[K") + 3).replace(/\r+$/, ""));
  }

  const tty = items[await said("/dev/pts/")].text.trim();
  const number = async (of: string) =>
    Number(new RegExp(`^${of} (\\d+)`).exec(items[await said(`${of} `)].text)![1]);
  const [reader, pid] = [await number("script"), await number("pid")];
  return {
    script,
    pid,
    reader: (signal) => killed(reader, signal),
    text: () => items.map(({ text }) => text).join("\n"),
    async frame(what, fits, from = 0) {
      const whole = (text: string, index: number) => text.endsWith(END) && fits(frameAt(index));
      return frameAt(await find(what, whole, from));
    },
    said,
    async resize(columns, rows) {
      const args = ["-F", tty, "columns", String(columns), "rows", String(rows)];
      await new Deno.Command("stty", { args }).output();
    },
    kill: (signal) => killed(pid, signal),
    async [Symbol.asyncDispose]() {
      killed(pid, "SIGTERM");
      killed(pid, "SIGCONT");
      killed(reader, "SIGCONT");
      await script[Symbol.asyncDispose]();
    },
  };
}

/** The terminal that a screen is drawn on: another page of it, which is left as it was found. */

import { fstatSync } from "node:fs";

/** The other page, without a cursor, and without going on in the next line where one is too long. */
export const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
export const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
/** Before a line, as at the end of a full one it would erase the last character. */
const LINE = "\x1b[K";
const REST = "\x1b[J";

/** Of a terminal that says nothing of its size. */
const USUAL = { columns: 80, rows: 24 };

/** Why no screen can be drawn, if so. */
export function unfit(variable: (name: string) => string | undefined): string | undefined {
  if (!Deno.stderr.isTerminal()) return "stderr is not a terminal";
  if (variable("TERM") === "dumb") return "the terminal is a dumb one";
  return undefined;
}

export function sizeOf(): { columns: number; rows: number } {
  const { columns, rows } = Deno.consoleSize();
  return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
}

/** All of a frame, to be written at once; the cursor ends where a line's end scrolls nothing. */
export function frameText(lines: string[]): string {
  return HOME + lines.map((line) => LINE + line).join("\r\n") + REST + HOME;
}

/** Whether stdout and stderr are one terminal. */
export function isShared(): boolean {
  if (!Deno.stdout.isTerminal()) return false;
  const [out, err] = [1, 2].map((fd) => fstatSync(fd));
  return out.rdev === err.rdev;
}

/** In the background, this stops the process, as it does any program that sets up a terminal, until it is brought back. */
export function awaitForeground() {
  if (Deno.build.os === "windows" || !Deno.stdin.isTerminal()) return;
  try {
    Deno.stdin.setRaw(true, { cbreak: true });
    Deno.stdin.setRaw(false);
  } catch {
    // There is nobody left to bring it back.
  }
}

/** Calls back on a signal, where the platform has it, until it is disposed of. */
export function onSignal(signal: Deno.Signal, handler: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]() {} };
  Deno.addSignalListener(signal, handler);
  return { [Symbol.dispose]: () => Deno.removeSignalListener(signal, handler) };
}

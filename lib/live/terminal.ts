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
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
  } catch {
    return USUAL; // it has gone, and nobody sees a frame
  }
}

/** All of a frame, to be written at once; the cursor ends where a line's end scrolls nothing. */
export function frameText(lines: string[]): string {
  return HOME + lines.map((line) => LINE + line).join("\r\n") + REST + HOME;
}

/** What a process calls its own terminal on Linux, whichever that is. */
const DEV_TTY = 0x500;

/** Whether stdout and stderr are one terminal, or may be. */
export function isShared(): boolean {
  if (!Deno.stdout.isTerminal()) return false;
  const [out, err] = [1, 2].map((fd) => fstatSync(fd).rdev);
  return out === err || out === DEV_TTY || err === DEV_TTY;
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

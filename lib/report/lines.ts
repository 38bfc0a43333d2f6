/** Writes lines to whoever reads them, without ever waiting for it. */

import { turn, type Wait, within } from "../time/wait.ts";

/** What a {@linkcode LineWriter} writes to: `Deno.stdout`, or a test's own. */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

export interface LineWriter {
  line(text: string): void;
  /** One that is never dropped, as there are only a few of its kind. */
  keep(text: string): void;
  /** Lines dropped so far, as the reader was too slow. */
  readonly dropped: number;
  /** Lines that are neither dropped nor taken yet. */
  readonly waiting: number;
  /** Why it can't be written to: a full disk, but not a reader that has gone. */
  readonly failure: Error | undefined;
  /** Bytes that were taken so far. */
  readonly taken: number;
  /** Resolves once all is written, or nothing more can be. */
  flush(): Promise<void>;
}

export interface LineWriterOptions {
  /** How much waits at most for a slow reader, in characters; lines beyond it are dropped and counted. */
  limit?: number;
  /** Writes what comes in one turn of the event loop in one go: a call of the system is most of what a line costs. */
  gather?: boolean;
  /** Called once when nothing more can be written: nobody reads any more, or it failed. */
  onClosed?: () => void;
}

const encoder = new TextEncoder();
const LINE_END = 10;
/** Written at once at most: a pipe says nothing of what was taken before it has taken all. */
const MAX_WRITE_BYTES = 64 * 1024;

export function lineWriter(
  sink: Sink,
  { limit = 1 << 18, gather = false, onClosed = () => {} }: LineWriterOptions = {},
): LineWriter {
  let waiting = "";
  let bytes = new Uint8Array(); // being written
  let taken = 0;
  let dropped = 0;
  let closed = false;
  let failure: Error | undefined;
  let writing: Promise<void> | undefined;

  async function writeAll() {
    try {
      if (gather) await turn();
      while (waiting !== "") {
        bytes = encoder.encode(waiting);
        waiting = "";
        while (bytes.length > 0) {
          const written = await sink.write(bytes.subarray(0, MAX_WRITE_BYTES));
          taken += written;
          bytes = bytes.subarray(written);
        }
      }
    } catch (error) {
      // A reader that has gone, as with `| head`, is an ending like any other.
      if (!isGone(error)) failure = error as Error;
      closed = true;
      onClosed();
    } finally {
      writing = undefined;
    }
  }

  function add(text: string) {
    waiting += `${text}\n`;
    writing ??= writeAll();
  }

  return {
    line(text) {
      if (closed || waiting.length + text.length >= limit) dropped++;
      else add(text);
    },
    keep(text) {
      if (!closed) add(text);
    },
    get dropped() {
      return dropped;
    },
    get waiting() {
      const inHand = bytes.reduce((lines, byte) => lines + Number(byte === LINE_END), 0);
      return closed ? 0 : inHand + waiting.split("\n").length - 1;
    },
    get failure() {
      return failure;
    },
    get taken() {
      return taken;
    },
    async flush() {
      while (writing) await writing;
    },
  };
}

/**
 * Resolves once all is written, nothing more can be, or its reader has taken nothing for so long: one that is slow,
 * or has much to read, is waited for.
 */
export async function flushed(writer: LineWriter, idleMs: number, wait?: Wait): Promise<void> {
  let before: number;
  do before = writer.taken; while (
    !await within(idleMs, writer.flush(), wait) && writer.taken > before
  );
}

/** The same writer, but for what is done with a line that may be dropped. */
export function withLine(writer: LineWriter, line: LineWriter["line"]): LineWriter {
  return {
    line,
    keep: writer.keep,
    flush: writer.flush,
    get taken() {
      return writer.taken;
    },
    get dropped() {
      return writer.dropped;
    },
    get waiting() {
      return writer.waiting;
    },
    get failure() {
      return writer.failure;
    },
  };
}

/** A pipe or a socket that its reader has closed. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
}

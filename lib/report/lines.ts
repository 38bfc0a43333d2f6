/** Writes lines to whoever reads them, without ever waiting for it. */

import { turn } from "../time/wait.ts";

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

export function lineWriter(
  sink: Sink,
  { limit = 1 << 18, gather = false, onClosed = () => {} }: LineWriterOptions = {},
): LineWriter {
  let waiting = "";
  let bytes = new Uint8Array(); // being written
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
        while (bytes.length > 0) bytes = bytes.subarray(await sink.write(bytes));
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
    async flush() {
      while (writing) await writing;
    },
  };
}

/** The same writer, but for what is done with a line that may be dropped. */
export function withLine(writer: LineWriter, line: LineWriter["line"]): LineWriter {
  return {
    line,
    keep: writer.keep,
    flush: writer.flush,
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

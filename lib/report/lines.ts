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
  /** Resolves once all is written, or the reader is gone. */
  flush(): Promise<void>;
}

export interface LineWriterOptions {
  /** How much waits at most for a slow reader, in characters; lines beyond it are dropped and counted. */
  limit?: number;
  /** Writes what comes in one turn of the event loop in one go: a call of the system is most of what a line costs. */
  gather?: boolean;
  /** Called once when nobody reads any more. */
  onClosed?: () => void;
}

const encoder = new TextEncoder();

export function lineWriter(
  sink: Sink,
  { limit = 1 << 18, gather = false, onClosed = () => {} }: LineWriterOptions = {},
): LineWriter {
  let waiting = "";
  let dropped = 0;
  let closed = false;
  let writing: Promise<void> | undefined;

  async function writeAll() {
    try {
      if (gather) await turn();
      while (waiting !== "") {
        let bytes = encoder.encode(waiting);
        waiting = "";
        while (bytes.length > 0) bytes = bytes.subarray(await sink.write(bytes));
      }
    } catch {
      // The reader has gone, as with `| head`: there is nobody left to tell.
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
    async flush() {
      while (writing) await writing;
    },
  };
}

/** A connection to a NATS server without a client: latin1 text out, lines in, so that every byte is seen. */

import { Buffer } from "node:buffer";
import { deadline } from "./deadline.ts";

const PATIENCE_MS = 20_000;

export interface RawClient extends Disposable {
  /** The server's INFO. */
  readonly info: Record<string, unknown>;
  /** Writes all of it; what a server that has hung up doesn't take is dropped. */
  write(data: string | Uint8Array): Promise<void>;
  /** Sends no more, which the server sees; it can still be read. */
  end(): Promise<void>;
  /** The next line, without its end; undefined once the server has hung up. */
  line(): Promise<string | undefined>;
  /** The lines until so many are PONG, or the server hangs up; its own PINGs are left out. */
  linesToPong(pongs?: number): Promise<string[]>;
  /** The lines until the server hangs up; its own PINGs are left out. */
  linesToEnd(): Promise<string[]>;
}

/** Connects, and reads the greeting. */
export async function rawClient(address: string): Promise<RawClient> {
  const [hostname, port] = address.split(":");
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(65_536);
  let text = "";
  let open = true;

  async function line() {
    for (let searched = 0;;) {
      const end = text.indexOf("\r\n", searched);
      if (end >= 0) {
        const found = text.slice(0, end);
        text = text.slice(end + 2);
        return found;
      }
      searched = Math.max(0, text.length - 1);
      const length = await deadline(PATIENCE_MS, "line", connection.read(buffer).catch(hungUp));
      if (length === null) return undefined;
      text += Buffer.from(buffer.buffer, 0, length).toString("latin1");
    }
  }

  async function linesTo(pongs: number) {
    const lines: string[] = [];
    for (let left = pongs; left > 0;) {
      const next = await line();
      if (next === undefined) break;
      if (next === "PONG") left--;
      if (next !== "PING") lines.push(next);
    }
    return lines;
  }

  const greeting = await line();
  return {
    info: JSON.parse(greeting!.replace(/^INFO /, "")),
    async write(data) {
      const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
      for (let at = 0; at < bytes.length;) {
        const written = await connection.write(bytes.subarray(at)).catch(hungUp);
        if (written === null) return;
        at += written;
      }
    },
    end: () => connection.closeWrite(),
    line,
    linesToPong: (pongs = 1) => linesTo(pongs),
    linesToEnd: () => linesTo(Infinity),
    [Symbol.dispose]() {
      if (open) connection.close();
      open = false;
    },
  };
}

/** A server that hangs up on what it hasn't read resets the connection. */
function hungUp(error: Error): null {
  if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) {
    return null;
  }
  throw error;
}

/** A CONNECT that is quiet and not pedantic, with these options beside. */
export function connect(options: Record<string, unknown> = {}): string {
  return `CONNECT ${JSON.stringify({ verbose: false, pedantic: false, ...options })}\r\n`;
}

export const WITH_HEADERS = { headers: true, no_responders: true, protocol: 1 };

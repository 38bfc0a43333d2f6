/** A TCP server that greets like a NATS server and then does what no NATS server does. */

import { listenOnFreePort } from "../../lib/demo/free_port.ts";

/** One connection to it, as it sees it. */
export interface Client {
  /** Which connection it is, from 0 on. */
  nth: number;
  /** Waits until it is written; false where the client has gone. */
  write(data: string | Uint8Array): Promise<boolean>;
  /** Waits for this in what the client writes, and passes over it; false where it has gone. */
  reads(text: string): Promise<boolean>;
  /** Reads on until it has gone, and drops what it reads. */
  drain(): Promise<void>;
  /** Resolves once it has gone, or the fake is disposed of; reads nothing. */
  gone: Promise<void>;
}

export interface FakeServer extends Disposable {
  /** host:port to connect to. */
  address: string;
  port: number;
  /** How many connections there have been. */
  connections: number;
  /** How many the client hasn't closed yet, as far as something was read from or written to them. */
  open: number;
}

/** Listens on a free port of 127.0.0.1; a connection is closed once `behave` has ended. */
export function fakeServer(behave: (client: Client) => Promise<unknown>): FakeServer {
  const listener = listenOnFreePort(); // a server may follow on it
  const stopped = Promise.withResolvers<void>();
  const open = new Set<Deno.TcpConn>();
  const { port } = listener.addr;
  let connections = 0;
  let listening = true;

  async function serve() {
    for await (const connection of listener) {
      connection.setNoDelay(true);
      open.add(connection);
      behave(clientOf(connection, connections++, stopped.promise)).finally(() => close(connection));
    }
  }

  function close(connection: Deno.TcpConn) {
    if (open.delete(connection)) connection.close();
  }

  serve();
  return {
    address: `127.0.0.1:${port}`,
    port,
    get connections() {
      return connections;
    },
    get open() {
      return open.size;
    },
    [Symbol.dispose]() {
      if (!listening) return;
      listening = false;
      stopped.resolve();
      listener.close();
      open.forEach(close);
    },
  };
}

function clientOf(connection: Deno.TcpConn, nth: number, stopped: Promise<void>): Client {
  const gone = Promise.withResolvers<void>();
  stopped.then(gone.resolve);
  const buffer = new Uint8Array(65_536);
  let text = "";

  async function read(): Promise<string | undefined> {
    const length = await connection.read(buffer).catch(() => null);
    if (length !== null) return new TextDecoder().decode(buffer.subarray(0, length));
    gone.resolve();
  }

  return {
    nth,
    gone: gone.promise,
    async write(data) {
      let bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      try {
        while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
        return true;
      } catch {
        gone.resolve();
        return false;
      }
    },
    async reads(wanted) {
      while (!text.includes(wanted)) {
        const more = await read();
        if (more === undefined) return false;
        text += more;
      }
      text = text.slice(text.indexOf(wanted) + wanted.length);
      return true;
    },
    async drain() {
      while (await read() !== undefined);
    },
  };
}

const ABOUT = {
  server_id: "FAKE",
  server_name: "fake",
  version: "2.10.0",
  proto: 1,
  headers: true,
  max_payload: 1_048_576,
};

/** The line that a NATS server greets with. */
export function greeting(about: Record<string, unknown> = {}): string {
  return `INFO ${JSON.stringify({ ...ABOUT, ...about })}\r\n`;
}

/** Lets the client in as a NATS server does, and waits for its first subscription; false where it has gone. */
export async function letIn(client: Client): Promise<boolean> {
  return await client.write(greeting()) && await client.reads("PING\r\n") &&
    await client.write("PONG\r\n") && await client.reads("SUB ") && await client.reads("\r\n");
}

/** Answers each PING until the client has gone. */
export async function answerPings(client: Client): Promise<void> {
  while (await client.reads("PING\r\n") && await client.write("PONG\r\n"));
}

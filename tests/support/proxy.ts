/** A TCP link to a server that a test can cut, freeze and mend. */

import { freePort } from "../../lib/demo/free_port.ts";

/** Towards the server, or away from it. */
export type Direction = "up" | "down";

export interface Proxy extends Disposable {
  /** host:port to connect to. */
  address: string;
  /** How many it has taken. */
  readonly connections: number;
  /** Closes every connection, and takes no more. */
  cut(): void;
  /** Takes connections again; a new proxy does so only once it is opened. */
  open(): void;
  /** Lets nothing through, or nothing in one direction, and closes nothing. */
  freeze(direction?: Direction): void;
  thaw(): void;
}

const REOPEN_MS = 20;

export function proxy(target: string): Proxy {
  const [hostname, port] = target.split(":");
  let listener: Deno.TcpListener | undefined;
  const own = freePort();
  const connections = new Set<Deno.TcpConn>();
  let taken = 0;
  let reopening: ReturnType<typeof setTimeout> | undefined;
  const passing = () => {
    const gate = Promise.withResolvers<void>();
    gate.resolve();
    return gate;
  };
  const gates = { up: passing(), down: passing() };

  function close(connection: Deno.TcpConn) {
    if (connections.delete(connection)) connection.close();
  }

  async function copy(from: Deno.TcpConn, to: Deno.TcpConn, direction: Direction) {
    const buffer = new Uint8Array(65_536);
    try {
      for (let length; (length = await from.read(buffer)) !== null;) {
        await gates[direction].promise;
        let bytes = buffer.subarray(0, length);
        while (bytes.length > 0) bytes = bytes.subarray(await to.write(bytes));
      }
    } catch { /* one of the two is closed: so is the other */ }
    close(from);
    close(to);
  }

  async function serve(listener: Deno.TcpListener) {
    for await (const client of listener) {
      taken++;
      connections.add(client);
      try {
        const server = await Deno.connect({ hostname, port: Number(port) });
        connections.add(server);
        client.setNoDelay(true);
        server.setNoDelay(true);
        copy(client, server, "up");
        copy(server, client, "down");
      } catch {
        close(client); // the server is gone
      }
    }
  }

  function cut() {
    clearTimeout(reopening);
    listener?.close();
    listener = undefined;
    connections.forEach(close);
  }

  function open() {
    try {
      listener = Deno.listen({ hostname: "127.0.0.1", port: own });
      serve(listener);
    } catch (error) {
      // Whoever had the port may hold it for a moment longer.
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      reopening = setTimeout(open, REOPEN_MS);
    }
  }

  function thaw() {
    gates.up.resolve();
    gates.down.resolve();
  }

  return {
    address: `127.0.0.1:${own}`,
    get connections() {
      return taken;
    },
    cut,
    open,
    freeze(direction) {
      for (const each of direction ? [direction] : ["up", "down"] as const) {
        gates[each] = Promise.withResolvers();
      }
    },
    thaw,
    [Symbol.dispose]() {
      thaw();
      cut();
    },
  };
}

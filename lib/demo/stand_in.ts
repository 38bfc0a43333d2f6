/**
 * A NATS server for a machine that has none, on loopback, in this process: core NATS with headers and wildcards.
 * It answers what nats-server answers, and sends away whom that sends away. Left out are queue groups (whose
 * SUB gets an error), authentication, TLS, clusters and JetStream; a line's 4,096 bytes include its operation
 * and white space. Not for measuring: it shares the turns of this process's event loop.
 */

import { StandInConnection } from "./stand_in_connection.ts";
import type { Subscription } from "./stand_in_session.ts";
import { Subscriptions } from "./subject_match.ts";

export interface StandInOptions {
  /** Port of 127.0.0.1; 0 for a free one. */
  port?: number;
  /** Bytes of a message, headers included; 1 MiB where not given. */
  maxPayload?: number;
  /** Bytes that may wait for a reader before it is dropped as a slow consumer; 8 MiB where not given. */
  maxPending?: number;
  /** Between two pings of each client; the third that is due unanswered drops it. 30 s where not given. */
  pingIntervalMs?: number;
  /** Ends it, as disposing of it does. */
  signal?: AbortSignal;
}

/** A stand-in that serves; disposing of it closes every connection, and leaves nothing behind. */
export interface StandIn extends AsyncDisposable {
  /** 127.0.0.1:port */
  readonly address: string;
  /** How many clients are connected. */
  readonly clients: number;
  /** Resolves once it has ended. */
  readonly ended: Promise<void>;
}

/** nats.js reads the first three numbers, to know what a server can. */
const VERSION = "2.9.0-stand-in";
const MAX_CLIENTS = 4096;
const ACCEPT_AGAIN_MS = 10;

/**
 * Starts a stand-in on 127.0.0.1, and nowhere else. Needs only --allow-net.
 *
 * @throws {Deno.errors.AddrInUse} where the port is taken
 */
export function startStandIn(options: StandInOptions = {}): StandIn {
  const { maxPayload = 2 ** 20, maxPending = 8 * 2 ** 20, pingIntervalMs = 30_000 } = options;
  const { signal } = options;
  const subscriptions = new Subscriptions<Subscription>();
  const clients = new Set<StandInConnection>();
  const serving = new Set<Promise<void>>();
  const closing = new AbortController();
  const fault = Promise.withResolvers<never>();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: options.port ?? 0 });
  const { port } = listener.addr;
  const pings = setInterval(() => clients.forEach((client) => client.ping()), pingIntervalMs);
  const serverId = crypto.randomUUID().replaceAll("-", "").toUpperCase();
  let clientId = 0;

  function greeting(): string {
    const info = {
      ...{ server_id: serverId, server_name: "stand-in", version: VERSION, proto: 1 },
      ...{ host: "127.0.0.1", port, headers: true, max_payload: maxPayload },
      ...{ client_id: ++clientId, client_ip: "127.0.0.1" },
    };
    return `INFO ${JSON.stringify(info)}\r\n`;
  }

  function close() {
    if (closing.signal.aborted) return;
    closing.abort();
    signal?.removeEventListener("abort", close);
    clearInterval(pings);
    listener.close();
    clients.forEach((client) => client.close());
  }

  async function accept() {
    while (!closing.signal.aborted) {
      const connection = await listener.accept().catch(() => undefined);
      // Closed, or too many files are open: then some may have been closed a little later.
      if (connection) start(connection);
      else await pause(ACCEPT_AGAIN_MS, closing.signal);
    }
  }

  function start(connection: Deno.TcpConn) {
    if (closing.signal.aborted || clients.size >= MAX_CLIENTS) return connection.close();
    try {
      connection.setNoDelay(true);
    } catch {
      return connection.close(); // some systems set nothing where the client has gone already
    }
    const client = new StandInConnection(connection, subscriptions, { maxPayload, maxPending });
    clients.add(client);
    const served = client.run(greeting()).catch((error) => {
      fault.reject(error);
      close();
    }).finally(() => {
      clients.delete(client);
      serving.delete(served);
    });
    serving.add(served);
  }

  signal?.addEventListener("abort", close);
  if (signal?.aborted) close();
  const ended = Promise.race([
    fault.promise,
    accept().then(async () => void await Promise.all(serving)),
  ]);
  return {
    address: `127.0.0.1:${port}`,
    get clients() {
      return clients.size;
    },
    ended,
    async [Symbol.asyncDispose]() {
      close();
      await ended;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

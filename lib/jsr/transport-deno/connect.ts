/** Opens a connection of the client on this transport. */

import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
import {
  errors,
  hasWsProtocol,
  NatsConnectionImpl,
  setTransportFactory,
} from "@nats-io/nats-core/internal";
import { GuardedHandler } from "./handler.ts";
import { DenoTransport } from "./transport.ts";

export interface ReadOptions {
  /**
   * Called as soon as a read of the socket has returned, before anything looks at what it brought: the
   * moment at which every message in it arrived. The callbacks of those messages follow before the next call.
   *
   * @param bytes how much it brought
   * @param waitedMs for how long there was nothing to read before
   */
  onRead?: (bytes: number, waitedMs: number) => void;
  /** Gives the try up, and whatever it has open; does nothing once there is a connection. */
  signal?: AbortSignal;
}

/** Deno.connect() looks a host up, and tries each of its addresses. */
const dnsResolveFn = (host: string) => Promise.resolve([host]);

/** The client has a constructor, but keeps it from its types. */
const Connection = NatsConnectionImpl as unknown as {
  new (options: ConnectionOptions): NatsConnectionImpl;
};

/**
 * Connects to the first of the servers that lets us in.
 *
 * @throws what the last server tried is refused for, or refuses us for
 */
export async function connect(
  options: ConnectionOptions & ReadOptions = {},
): Promise<NatsConnection> {
  if (hasWsProtocol(options)) {
    throw errors.InvalidArgumentError.format("servers", "can't be WebSockets: use wsconnect()");
  }
  setTransportFactory({ dnsResolveFn }); // the constructor asks no more than whether there is one
  const connection = new Connection(options);
  const handler: GuardedHandler = new GuardedHandler(connection.options, connection, () => {
    const factory = () => new DenoTransport((bytes) => handler.parser.parse(bytes), options.onRead);
    setTransportFactory({ factory, dnsResolveFn });
  });
  const giveUp = () => handler.giveUp(new Error("given up"));
  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", giveUp);
  try {
    await handler.dialLoop();
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
  }
  connection.protocol = handler;
  return connection;
}

/** Sends a whole frame of the protocol as it is, behind all that was published before. */
export function sendFrame(connection: NatsConnection, frame: Uint8Array) {
  const { protocol } = connection as NatsConnectionImpl;
  if (protocol.outbound.length() > 0) protocol.sendCommand(frame);
  else protocol.transport.send(frame);
}

/** The NATS bus: the only file that knows the NATS client. Its defaults are wrong for time signals; see below. */

import { connect, errors, headers, type NatsConnection } from "@nats-io/transport-deno";
import { type Clock, systemClock } from "../clock.ts";
import { TICK_HEADER } from "../wire.ts";
import { type Bus, type BusEvent, BusRefusal, type Message } from "./bus.ts";

export interface NatsOptions {
  /** host:port of each server; the others of a cluster are learned from it. */
  servers: string[];
  /** What the server shows for this connection. */
  name: string;
  /** How long making a connection may take, the handshake included; half a second when it isn't given. */
  dialTimeoutMs?: number;
  /** Insist on TLS. */
  tls?: boolean;
  clock?: Clock;
  onEvent?: (event: BusEvent) => void;
}

/** Between two tries to find a server at the start: an attempt costs about 2 ms of a core. */
const RETRY_MS = 100;

/**
 * Opens a bus that connects by itself, now or as soon as a server answers, and again whenever the
 * connection is lost, for as long as it isn't disposed of.
 */
export function connectNats(options: NatsOptions): Bus {
  const { clock = systemClock, onEvent = () => {} } = options;
  const subscriptions = new Set<(nc: NatsConnection) => void>();
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const refusal = Promise.withResolvers<never>();
  refusal.promise.catch(() => {}); // heard by whoever waits for it, if anybody does
  let nc: NatsConnection | undefined;
  let open = false; // publishing gate: the client takes messages while it is reconnecting, and drops them
  let darkSinceUs = clock.monoUs();
  const darkMs = () => (clock.monoUs() - darkSinceUs) / 1000;

  async function dial(): Promise<NatsConnection | undefined> {
    const said = new Set<string>();
    while (!stop.signal.aborted) {
      try {
        return await connect(connectOptions(options));
      } catch (error) {
        if (error instanceof errors.AuthorizationError) throw new BusRefusal(error.message);
        const reason = reasonOf(error);
        const server = options.servers.join(", ");
        if (!said.has(reason)) onEvent({ type: "waiting", server, reason });
        said.add(reason);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async function follow(nc: NatsConnection) {
    const server = () => nc.getServer();
    for await (const status of nc.status()) {
      if (status.type === "disconnect") {
        open = false;
        darkSinceUs = clock.monoUs();
        if (!stop.signal.aborted) onEvent({ type: "disconnected", server: status.server });
      } else if (status.type === "reconnect") {
        open = true;
        onEvent({ type: "reconnected", server: server(), afterMs: darkMs() });
      } else if (status.type === "error") {
        onEvent({ type: "fault", reason: status.error.message });
      }
    }
    open = false;
  }

  async function run() {
    for (let again = false; !stop.signal.aborted; again = true) {
      const connection = await dial();
      if (!connection) return;
      if (stop.signal.aborted) return void connection.close();
      nc = connection;
      open = true;
      for (const subscribe of subscriptions) subscribe(nc);
      const type = again ? "reconnected" : "connected";
      onEvent({ type, server: nc.getServer(), afterMs: darkMs() });
      ready.resolve();
      await follow(nc);
    }
  }
  const running = run().catch(refusal.reject);

  return {
    ready: ready.promise,
    refused: refusal.promise,

    publish(subject, body, header) {
      if (!open) return false;
      const rides = headers();
      if (header !== undefined) rides.set(TICK_HEADER, header);
      nc!.publish(subject, body, { headers: rides });
      return true;
    },

    subscribe(subject, onMessage) {
      let close = () => {};
      const subscribe = (nc: NatsConnection) => {
        const subscription = nc.subscribe(subject, {
          callback(error, message) {
            // Whatever is thrown here would end the client's read loop and leave the connection deaf.
            try {
              if (error) throw error;
              onMessage(messageOf(message));
            } catch (error) {
              onEvent({ type: "fault", reason: reasonOf(error) });
            }
          },
        });
        close = () => subscription.unsubscribe();
      };
      subscriptions.add(subscribe);
      if (nc && !nc.isClosed()) subscribe(nc);
      return {
        [Symbol.dispose]() {
          subscriptions.delete(subscribe);
          if (!nc?.isClosed()) close();
        },
      };
    },

    async flush(timeoutMs) {
      if (!open) return false;
      return await within(timeoutMs, nc!.flush());
    },

    renew(silentMs) {
      if (!open) return;
      onEvent({ type: "silent", server: nc!.getServer(), forMs: silentMs });
      open = false; // at once: what is published from here on would be lost with the connection
      nc!.reconnect().catch(() => {}); // that it is closed by now is told by its status
    },

    async [Symbol.asyncDispose]() {
      stop.abort();
      open = false;
      // A try to connect still under way ends by itself, and closes what it opened.
      if (nc) await within(500, Promise.all([nc.close(), running]));
    },
  };
}

/** The client changes the object it is given, so each connection gets a fresh one. */
function connectOptions({ servers, name, tls, dialTimeoutMs = 500 }: NatsOptions) {
  return {
    servers,
    name,
    ...(tls ? { tls: {} } : {}), // without it, the client would also talk in clear
    timeout: dialTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    reconnectJitter: 20,
    reconnectJitterTLS: 20,
    pingInterval: 1000,
    maxPingOut: 2,
    pedantic: true, // or else the server drops what has a wrong subject without a word
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  };
}

type NatsMessage = Parameters<
  NonNullable<NonNullable<Parameters<NatsConnection["subscribe"]>[1]>["callback"]>
>[1];

function messageOf(message: NatsMessage): Message {
  const header = message.headers?.get(TICK_HEADER);
  return { subject: message.subject, body: message.data, header: header || undefined };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a promise is fulfilled in time. */
async function within(timeoutMs: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, timeoutMs, false);
  try {
    return await Promise.race([promise.then(() => true, () => false), late]);
  } finally {
    clearTimeout(timer);
  }
}

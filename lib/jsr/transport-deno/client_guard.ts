/**
 * Guards the NATS client against what is no NATS server, or a broken one. By itself it keeps the socket of
 * a try that failed open for ever, reads a greeting of any length, and at what it can't read goes deaf,
 * with a stack on stdout.
 */

import {
  errors,
  Parser,
  type Parser as ClientParser,
  ProtocolHandler,
} from "@nats-io/transport-node";

/** A cluster's greeting names its servers, 30 bytes each. */
const LONGEST_GREETING = 256 * 1024;
/** A NATS server asks once in two minutes. */
const MOST_PINGS_A_SECOND = 100;
/** How much is shown of what can't be read. */
const SHOWN = 40;

/** What of the client's inside is used here. */
interface Socket {
  on(event: "data", listener: (frame: Uint8Array) => void): void;
  on(event: "close", listener: () => void): void;
  destroy(): void;
}
interface Transport {
  socket: Socket;
  peekInfo(): Promise<unknown>;
  closed(): Promise<unknown>;
  close(error?: Error): Promise<void>;
  discard(): void;
}
interface Handler {
  transport: Transport;
  connectedOnce: boolean;
  connectError?: (error: Error) => void;
  lastError?: Error;
  prepare(): Promise<void>;
  disconnected(error?: Error): Promise<void>;
  dial(server: unknown): Promise<void>;
  processPing(): void;
  dispatchStatus(status: { type: "error"; error: Error }): void;
}

const handlers = ProtocolHandler.prototype as unknown as Handler;
const parsers = Parser.prototype as { parse(this: ClientParser, bytes: Uint8Array): void };
const { prepare, disconnected, dial, processPing } = handlers;
const { parse } = parsers;

/** Connections that were given up for what came over them. */
const broken = new WeakSet<Transport>();
const pings = new WeakMap<Transport, { sinceMs: number; count: number }>();

handlers.prepare = function () {
  const pong = prepare.call(this);
  const { transport } = this;
  guardGreeting(transport);
  transport.closed().then(() => {
    // Without it, a hang-up is told as a timeout.
    if (this.transport !== transport) return;
    this.connectError?.(this.lastError ?? new Error("it hangs up after its greeting"));
  });
  return pong;
};

// A try that fails is no lost connection: it would be told as whatever the socket says of its end.
handlers.disconnected = async function (error) {
  if (this.connectedOnce) await disconnected.call(this, error);
};

handlers.dial = async function (server) {
  try {
    await dial.call(this, server);
  } catch (error) {
    this.transport.discard(); // or else its socket stays open
    throw error;
  }
};

handlers.processPing = function () {
  const nowMs = performance.now();
  const counted = pings.get(this.transport);
  if (!counted || nowMs - counted.sinceMs > 1000) {
    pings.set(this.transport, { sinceMs: nowMs, count: 1 });
  } else if (++counted.count > MOST_PINGS_A_SECOND) {
    throw new Error(`the server sends more than ${MOST_PINGS_A_SECOND} PINGs a second`);
  }
  processPing.call(this);
};

parsers.parse = function (bytes) {
  const handler = this.dispatcher as unknown as Handler;
  const { transport } = handler;
  if (broken.has(transport)) return;
  try {
    parse.call(this, bytes);
  } catch (error) {
    broken.add(transport);
    const fault = new errors.ProtocolError(faultText(error));
    if (handler.connectError) return handler.connectError(fault);
    handler.dispatchStatus({ type: "error", error: fault });
    transport.close(fault);
  }
};

function faultText(error: unknown): string {
  const { message } = error as Error;
  const [, unread] = /^[^[]*\[\d+\]: ([^]*)/.exec(message) ?? [];
  if (unread !== undefined) {
    return `the server sends what isn't NATS: ${JSON.stringify(cut(unread))}`;
  }
  return error instanceof SyntaxError ? `the server sends a broken INFO: ${message}` : message;
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** Ends a greeting that is too long, and names what is none. */
function guardGreeting(transport: Transport) {
  const peekInfo = transport.peekInfo;
  transport.peekInfo = async function () {
    const { socket } = this;
    const fault = Promise.withResolvers<never>();
    let length = 0;
    let start = "";
    socket.on("data", (frame) => {
      length += frame.length;
      if (start.length < SHOWN) start += new TextDecoder().decode(frame.subarray(0, SHOWN + 1));
      if (length <= LONGEST_GREETING) return;
      fault.reject(new Error(`its greeting is longer than ${LONGEST_GREETING} bytes`));
      socket.destroy();
    });
    socket.on("close", () => fault.reject(new Error("it hangs up without a greeting")));
    try {
      return await Promise.race([peekInfo.call(this), fault.promise]);
    } catch (error) {
      if (!"INFO ".startsWith(start.slice(0, 5).toUpperCase())) {
        throw new Error(`it doesn't greet as NATS does: ${JSON.stringify(cut(start.trim()))}`);
      }
      throw error instanceof SyntaxError
        ? new Error(`its greeting can't be read: ${error.message}`)
        : error;
    }
  };
}

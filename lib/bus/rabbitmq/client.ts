/** One connection of the client's to one server, which it makes once and never again by itself. */

import type { Socket } from "node:net";
import { Connection as Client } from "rabbitmq-client";
import { type Clock, type Moment, momentOf } from "../../time/clock.ts";
import { reasonOf } from "../reason.ts";
import { foreignText } from "./greeting.ts";

export type Channel = Awaited<ReturnType<Client["acquire"]>>;

export interface ClientOptions {
  hostname: string;
  port: number;
  vhost: string;
  username: string;
  password: string;
  /** What the server shows for this connection. */
  connectionName: string;
  tls?: { ca?: string; cert?: string; key?: string; servername: string };
  /** How long making it may take. */
  timeoutMs: number;
  signal: AbortSignal;
  clock: Clock;
  /** The server takes nothing for now, or does so again where there is no reason. */
  onBlocked: (reason: string | undefined) => void;
}

/** Both ends tell each other that they are there this often: one that is silent for two of them is gone. */
const HEARTBEAT_S = 1;
/** It is closed before it would try again. */
const NEVER_MS = 2 ** 30;

export class ClientConnection {
  /** Resolves with why, where that is known, once its socket is closed; never rejects. */
  readonly closed: Promise<unknown>;
  readonly #client: Client;
  readonly #socket: Socket;
  #arrived: Moment | undefined;
  #error: unknown;
  #isClosed = false;

  private constructor(
    { clock, onBlocked, timeoutMs, ...others }: Omit<ClientOptions, "signal">,
  ) {
    const client = this.#client = new Client({
      ...others,
      noDelay: true,
      heartbeat: HEARTBEAT_S,
      connectionTimeout: timeoutMs,
      acquireTimeout: timeoutMs,
      retryLow: NEVER_MS,
      retryHigh: NEVER_MS,
    });
    client.on("error", (error) => this.#error ??= error);
    client.on("connection.blocked", onBlocked);
    client.on("connection.unblocked", () => onBlocked(undefined));
    // The client shows its socket to nobody. Before its own listeners: it reads, and calls back turns later.
    const socket = this.#socket = Reflect.get(client, "_socket") as Socket;
    socket.prependListener("readable", () => this.#arrived = momentOf(clock));
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.#isClosed = true;
        client.unsafeDestroy(); // or else it would connect again
        resolve(this.#error);
      })
    );
  }

  /** @throws {Error} what the client or the socket says */
  static async open(options: ClientOptions): Promise<ClientConnection> {
    const { signal, ...others } = options;
    const opening = new ClientConnection(others);
    const abort = () => opening.close();
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    try {
      await opening.#opened();
      return opening;
    } catch (error) {
      opening.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /**
   * When the socket's last read returned: taken as its stream says that there is something to read, before the
   * client parses it. What is called back by now was part of that read, or of one before, as the client calls back
   * a turn later: a stamp is never before its message, and at most that turn behind.
   */
  get arrived(): Moment | undefined {
    return this.#arrived;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many bytes wait for the socket. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** A channel whose errors are its own. */
  channel(): Promise<Channel> {
    return this.#client.acquire({ emitErrorsFromChannel: true });
  }

  /** Cuts it at once. */
  close(reason?: unknown) {
    this.#isClosed = true;
    this.#error ??= reason;
    this.#client.unsafeDestroy();
  }

  async #opened() {
    const opened = Promise.withResolvers<void>();
    const first = (chunk: Uint8Array) => {
      this.#socket.off("data", first);
      const text = foreignText(chunk);
      if (text === undefined) return;
      opened.reject(new Error(text));
    };
    this.#socket.prependListener("data", first);
    this.#client.once("connection", opened.resolve);
    this.closed.then((error) => opened.reject(error ?? new Error("it hangs up")));
    try {
      await opened.promise;
    } finally {
      this.#socket.off("data", first);
    }
  }
}

/** A fault of the client's, in words: what it puts before them names a method, or nothing. */
export function wordsOf(error: unknown): string {
  return reasonOf(error).replace(/^\w+: (?=[A-Z]+_[A-Z]+ - )/, "");
}

/** The name of an AMQP reply code (NOT_FOUND), of the client's own (NACK), or of the system's (ECONNREFUSED). */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** That a streaming server knows us: asked for once a connection, kept by answering it, and ended in order. */

import { BusRefusal } from "../bus.ts";
import { ServerSaid } from "../driver.ts";
import type { NatsLine } from "../nats/connection.ts";
import { isNamed } from "../nats/error_name.ts";
import { reasonOf } from "../reason.ts";
import {
  closeRequest,
  connectRequest,
  type ConnectResponse,
  pingRequest,
  readConnectResponse,
  readError,
} from "./session_messages.ts";

export interface SessionOptions {
  cluster: string;
  clientId: string;
  timeoutMs: number;
}

/** How often the server may ask for us, and how many answers it may miss: pings of ours come oftener. */
const PING_INTERVAL_S = 5;
const PING_MAX_OUT = 3;
/** Longer than an answer may be waited for: where the connection is given up before, that rejects. */
const PING_MS = 120_000;
/** A server that owes an answer for so long isn't asked for another one. */
const SILENT_MS = 150;
const END_MS = 250;

export class Session {
  readonly line: NatsLine;
  readonly clientId: string;
  /** Names what is of this connection: inboxes, messages. */
  readonly id: string;
  readonly connectionId: Uint8Array;
  readonly server: ConnectResponse;
  #askedMs: number | undefined;

  constructor(
    line: NatsLine,
    { clientId, id, server }: Pick<Session, "clientId" | "id" | "server">,
  ) {
    this.line = line;
    this.clientId = clientId;
    this.id = id;
    this.connectionId = bytes(id);
    this.server = server;
  }

  /**
   * Resolves with the answer to a request.
   *
   * @throws {Error} where there is none
   */
  async request(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return (await this.line.client.request(subject, data, { timeout: timeoutMs })).data;
  }

  /** Resolves with why the server doesn't know us any more; empty where it does. */
  async ping(): Promise<string> {
    const data = pingRequest(this.connectionId);
    this.#askedMs ??= performance.now();
    const answer = await this.request(this.server.ping, data, PING_MS);
    this.#askedMs = undefined;
    return readError(answer, 1);
  }

  /**
   * Resolves once another app may have this client id, or that can't be had. The server knows us by that alone: what
   * it has not done yet when we are back would end the session that is new.
   */
  async end() {
    const asked = this.#askedMs ?? Infinity;
    if (this.line.isDown || performance.now() - asked > SILENT_MS) return;
    // Whoever doesn't answer forgets us by itself.
    await this.request(this.server.close, closeRequest(this.clientId), END_MS).catch(() => {});
  }
}

/**
 * @throws {BusRefusal} where the client id is taken
 * @throws {ServerSaid} where there is no such cluster, or it won't have us for now
 */
export async function startSession(line: NatsLine, options: SessionOptions): Promise<Session> {
  const { cluster, clientId, timeoutMs } = options;
  const id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const heartbeatInbox = `_INBOX.${id}.heartbeat`;
  line.client.subscribe(heartbeatInbox, {
    callback: (error, message) => {
      if (!error) message.respond();
    },
  });
  const data = connectRequest({
    clientId,
    heartbeatInbox,
    connectionId: bytes(id),
    pingIntervalS: PING_INTERVAL_S,
    pingMaxOut: PING_MAX_OUT,
  });
  const answer = await line.client
    .request(`_STAN.discover.${cluster}`, data, { timeout: timeoutMs })
    .catch((error) => {
      throw absence(error, cluster);
    });
  const server = readConnectResponse(answer.data);
  if (/clientID already registered/.test(server.error)) {
    throw new BusRefusal(
      `the client id "${clientId}" is in use by another app; --name gives this one another`,
    );
  }
  if (server.error !== "") throw new ServerSaid(server.error);
  return new Session(line, { clientId, id, server });
}

function absence(error: unknown, cluster: string): Error {
  if (isNamed(error, "NoResponders")) {
    return new ServerSaid(`no NATS Streaming cluster "${cluster}" answers there`);
  }
  if (isNamed(error, "TimeoutError")) {
    return new ServerSaid(`the NATS Streaming cluster "${cluster}" does not answer`);
  }
  return new Error(reasonOf(error), { cause: error });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** One client's connection to the stand-in: read until it ends, pinged, and ended where it may not go on. */

import { Outbox } from "./outbox.ts";
import { CommandReader, Violation } from "./stand_in_protocol.ts";
import { Session, type Subscription } from "./stand_in_session.ts";
import type { Subscriptions } from "./subject_match.ts";

export interface ConnectionLimits {
  /** Bytes of a message, headers included. */
  maxPayload: number;
  /** Bytes that may wait for a reader before it is dropped as a slow consumer. */
  maxPending: number;
}

const MAX_PINGS_OUT = 2;
const READ_BYTES = 32 * 1024;

export class StandInConnection {
  readonly #connection: Deno.TcpConn;
  readonly #limits: ConnectionLimits;
  readonly #outbox: Outbox;
  readonly #session: Session;
  /** Below 0 for the first time: that may be right after the greeting. */
  #pingsOut = -1;
  /** Sent away: it has until the next ping is due to take what waits for it. */
  #refused = false;
  #closed = false;

  constructor(
    connection: Deno.TcpConn,
    everybodys: Subscriptions<Subscription>,
    limits: ConnectionLimits,
  ) {
    this.#connection = connection;
    this.#limits = limits;
    this.#outbox = new Outbox(connection, () => this.close());
    this.#session = new Session(everybodys, (...parts) => this.#send(...parts));
  }

  /** Serves until the client has gone or was sent away; nothing of it is left then. */
  async run(greeting: string) {
    this.#outbox.add(greeting);
    const reader = new CommandReader(this.#limits.maxPayload);
    const buffer = new Uint8Array(READ_BYTES);
    while (!this.#closed) {
      // Reset, or closed on this side: it has gone either way.
      const length = await this.#connection.read(buffer).catch(() => null);
      if (length === null) break;
      if (!this.#refused) this.#take(reader, buffer.subarray(0, length));
    }
    this.#session.end();
    await this.#outbox.flushed(); // it may have closed only its own side
    this.close();
  }

  /** Pings, and drops the client where it didn't answer the last two; to be called at an interval. */
  ping() {
    if (this.#refused) return this.close();
    if (this.#pingsOut === MAX_PINGS_OUT) return this.#refuse("Stale Connection");
    if (this.#pingsOut++ >= 0) this.#send("PING\r\n");
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#session.end();
    this.#connection.close();
  }

  #take(reader: CommandReader, bytes: Uint8Array) {
    try {
      for (const command of reader.read(bytes)) {
        if (this.#closed) return;
        if (command.operation === "PONG") this.#pingsOut = 0;
        else this.#session.execute(command);
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#refuse(error.message);
    }
  }

  #send(text: string, bytes?: Uint8Array, tail?: string) {
    if (this.#closed || this.#refused) return;
    this.#outbox.add(text, bytes, tail);
    // A slow consumer: it can't be told, as it would have to read what waits first.
    if (this.#outbox.pending > this.#limits.maxPending) this.close();
  }

  #refuse(reason: string) {
    if (reason) this.#send(`-ERR '${reason}'\r\n`);
    if (this.#closed) return;
    this.#refused = true;
    this.#session.end();
    this.#outbox.flushed().then(() => this.close());
  }
}

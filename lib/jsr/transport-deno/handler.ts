/**
 * The client's core, guarded against what is no NATS server, or a broken one. By itself it goes deaf at
 * what it can't read, takes lines of any length, and is closed for good by a server that hangs up on a login.
 */

import type { ConnectionOptions, Server } from "@nats-io/nats-core";
import { errors, Parser, ProtocolHandler, type Publisher } from "@nats-io/nats-core/internal";
import { cut } from "./excerpt.ts";
import { LONGEST_GREETING } from "./greeting.ts";
import { HandshakeCut } from "./handshake_cut.ts";
import { CertificateVerdict } from "./verdict.ts";

/** A NATS server asks once in two minutes. */
const MOST_PINGS_A_SECOND = 100;
/** The longest that a server sends is what it says of itself. */
const LONGEST_LINE = LONGEST_GREETING;

export class GuardedHandler extends ProtocolHandler {
  #pings = { sinceMs: -Infinity, count: 0 };
  /** What was said last before this try to connect. */
  #saidBefore: Error | undefined;
  readonly #beforeTransport: () => void;

  /**
   * @param publisher the connection that it belongs to
   * @param beforeTransport called right before each transport is made, in the same turn, to set the factory for it:
   *   the core has one for all connections, and another may have set its own since
   */
  constructor(options: ConnectionOptions, publisher: Publisher, beforeTransport: () => void) {
    super(options, publisher);
    this.#beforeTransport = beforeTransport;
  }

  /** Called before each try to connect, and what was read on the connection before is forgotten. */
  override resetOutbound() {
    super.resetOutbound();
    this.#beforeTransport();
    this.#saidBefore = this.lastError;
    this.parser = new GuardedParser(this);
  }

  override async dial(server: Server) {
    const { connectedOnce } = this;
    await super.dial(server);
    if (!this.transport.isClosed) return;
    // What let us in also ended it, in one read: that is no connection.
    this.heartbeats.cancel();
    this.connected = false;
    this.connectedOnce = connectedOnce;
    throw loginFault(this.lastError, this.transport.closeError);
  }

  /** A login that fails is no lost connection: its try ends at once, and the next server is tried. */
  override async disconnected(error?: Error) {
    const said = this.lastError === this.#saidBefore ? undefined : this.lastError;
    if (this.connectError) this.connectError(loginFault(said, error));
    else await super.disconnected(error);
  }

  override processPing() {
    const nowMs = performance.now();
    if (nowMs - this.#pings.sinceMs > 1000) this.#pings = { sinceMs: nowMs, count: 0 };
    if (++this.#pings.count > MOST_PINGS_A_SECOND) {
      throw new Error(`the server sends more than ${MOST_PINGS_A_SECOND} PINGs a second`);
    }
    super.processPing();
  }

  /** Ends a try to connect, and all further ones. */
  giveUp(error: Error) {
    this.abortReconnect = true;
    this.connectError?.(error);
    this.transport?.close(error);
  }

  /** Gives up a connection that brought what can't be read. */
  fault(error: Error) {
    this.lastError = error;
    this.connectError?.(error);
    this.dispatchStatus({ type: "error", error });
    this.transport.disconnect();
  }
}

/** What says by itself why a login failed. */
const KNOWN = [CertificateVerdict, HandshakeCut, errors.ProtocolError];

/** Why a login failed: what the server said, however it hung up then, or else that it did. */
function loginFault(said?: Error, error?: Error): Error {
  for (const fault of [said, error]) {
    if (KNOWN.some((known) => fault instanceof known)) return fault!;
  }
  return new Error("it hangs up after its greeting", { cause: error ?? said });
}

/** Throws nothing, and reads no more after a fault. */
export class GuardedParser extends Parser {
  readonly #handler: GuardedHandler;
  #isBroken = false;

  constructor(handler: GuardedHandler) {
    super(handler);
    this.#handler = handler;
  }

  override parse(bytes: Uint8Array) {
    if (this.#isBroken) return;
    try {
      super.parse(bytes);
      if (this.argBuf && this.argBuf.length > LONGEST_LINE) {
        throw new Error(`the server sends a line longer than ${LONGEST_LINE} bytes`);
      }
    } catch (error) {
      this.#isBroken = true;
      this.#handler.fault(new errors.ProtocolError(faultText(error as Error)));
    }
  }
}

function faultText(error: Error): string {
  const [, unread] = /^[^[]*\[\d+\]: ([^]*)/.exec(error.message) ?? [];
  if (unread !== undefined) {
    return `the server sends what isn't NATS: ${JSON.stringify(cut(unread))}`;
  }
  return error instanceof SyntaxError
    ? `the server sends a broken INFO: ${error.message}`
    : error.message;
}

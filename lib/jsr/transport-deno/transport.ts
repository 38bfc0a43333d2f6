/** What the client's core asks of a transport: one socket, from its dialling to its end. */

import type { ConnectionOptions, Server } from "@nats-io/nats-core";
import type { Transport } from "@nats-io/nats-core/internal";
import { setImmediate } from "node:timers";
import { dial } from "./dial.ts";
import { joined } from "./greeting.ts";
import { HandshakeCut } from "./handshake_cut.ts";
import type { OnRead, Socket } from "./socket.ts";
import { silentVerdict, verdictOf } from "./verdict.ts";

/**
 * So much is read at most before signals, timers and what is to be sent have their turn: reads of what is there
 * already end by themselves only after 4 MB, which takes a fifth of a second to take in.
 */
const BYTES_A_TURN = 32 * 1024;

export class DenoTransport implements Transport {
  readonly lang = "nats.deno";
  readonly version = "3.4.0";
  closeError?: Error;
  isClosed = false;
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #onRead: OnRead | undefined;
  readonly #dialling = new AbortController();
  readonly #closed = Promise.withResolvers<void | Error>();
  #options: ConnectionOptions = {};
  #socket: Socket | undefined;
  /** What was read with the greeting. */
  #first: Uint8Array | undefined;
  #isJudging = false;
  /** Since others had their turn. */
  #taken = 0;
  #waiting: Uint8Array[] = [];
  #isWriting = false;

  /**
   * @param onBytes takes in what was read, in order
   * @param onRead called right after each read of the socket
   */
  constructor(onBytes: (bytes: Uint8Array) => void, onRead?: OnRead) {
    this.#onBytes = onBytes;
    this.#onRead = onRead;
  }

  async connect(server: Server, options: ConnectionOptions): Promise<void> {
    this.#options = options;
    const { signal } = this.#dialling;
    const dialled = await dial(server, options, { signal, onRead: this.#onRead });
    if (signal.aborted) return dialled.socket.close();
    this.#socket = dialled.socket;
    this.#first = dialled.bytes;
    this.#isJudging = dialled.isJudging;
  }

  /** The client reads as long as this goes on, and is handed what comes meanwhile: step by step costs twice. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return {
      next: () => this.#readAll(),
      [Symbol.asyncIterator]: () => this[Symbol.asyncIterator](),
    };
  }

  async #readAll(): Promise<IteratorReturnResult<undefined>> {
    this.#onBytes(this.#first!);
    try {
      for (let bytes; (bytes = await this.#socket!.read()) && !this.isClosed;) {
        this.#isJudging = false;
        await this.#take(bytes);
      }
      this.#end(this.#isJudging ? silentVerdict() : undefined);
    } catch (error) {
      const isJudging = this.#isJudging && !(error instanceof HandshakeCut);
      const verdict = verdictOf(error, this.#options.tls);
      this.#end(verdict ?? (isJudging ? silentVerdict(error) : error as Error));
    }
    return { value: undefined, done: true };
  }

  /** A read by TLS may bring more than a turn takes, too. */
  async #take(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length && !this.isClosed;) {
      const piece = bytes.subarray(at, at + BYTES_A_TURN - this.#taken);
      this.#onBytes(piece);
      at += piece.length;
      this.#taken += piece.length;
      if (this.#taken < BYTES_A_TURN) continue;
      await new Promise<void>((resolve) => void setImmediate(resolve));
      this.#taken = 0;
    }
  }

  isEncrypted(): boolean {
    return this.#socket?.isEncrypted ?? false;
  }

  /** Where nothing is being written, it is handed to the system within this call. */
  send(frame: Uint8Array) {
    if (this.isClosed || !this.#socket) return;
    this.#waiting.push(frame);
    if (!this.#isWriting) this.#write(this.#socket);
  }

  async #write(socket: Socket) {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0) {
        const frames = this.#waiting;
        this.#waiting = [];
        await socket.write(joined(frames));
      }
      this.#isWriting = false;
    } catch {
      // No more is written; reading says why: a server that hangs up may have said so before.
    }
  }

  /** The client gives it up, and waits for closed(). */
  disconnect() {
    this.#end();
  }

  /** The client closes it, and doesn't wait for closed(), which is for what it doesn't do itself. */
  close(error?: Error): Promise<void> {
    this.#stop(error);
    return Promise.resolve();
  }

  discard() {
    this.#stop();
  }

  /** Resolves once the other end, the link or disconnect() has ended it. */
  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  #end(error?: Error) {
    if (this.isClosed) return;
    this.#stop(error);
    this.#closed.resolve(error);
  }

  #stop(error?: Error) {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeError = error;
    this.#waiting = [];
    this.#dialling.abort();
    this.#socket?.close();
  }
}

/** What waits to be written to one connection, gathered so that a turn's messages leave in one write. */

import { Buffer } from "node:buffer";

/** Larger buffers than this are not kept once they are written. */
const KEPT_BYTES = 64 * 1024;

export class Outbox {
  #filling = Buffer.allocUnsafe(1024);
  #written = Buffer.allocUnsafe(1024);
  #length = 0;
  #inFlight = 0;
  #draining?: Promise<void>;
  readonly #connection: Deno.TcpConn;
  readonly #onGone: () => void;

  /** @param onGone called where a write shows that nobody reads any more */
  constructor(connection: Deno.TcpConn, onGone: () => void) {
    this.#connection = connection;
    this.#onGone = onGone;
  }

  /** Bytes that are not written yet. */
  get pending(): number {
    return this.#length + this.#inFlight;
  }

  /** Adds latin1 text, then bytes, then latin1 text. */
  add(text: string, bytes?: Uint8Array, tail = "") {
    const bodyAt = this.#length + text.length;
    const tailAt = bodyAt + (bytes?.length ?? 0);
    this.#reserve(tailAt + tail.length);
    this.#filling.write(text, this.#length, "latin1");
    if (bytes) this.#filling.set(bytes, bodyAt);
    this.#filling.write(tail, tailAt, "latin1");
    this.#length = tailAt + tail.length;
    this.#draining ??= this.#drain();
  }

  /** Resolves once nothing waits any more, written or not. */
  async flushed() {
    await this.#draining;
  }

  #reserve(length: number) {
    if (length <= this.#filling.length) return;
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#filling.length));
    larger.set(this.#filling.subarray(0, this.#length));
    this.#filling = larger;
  }

  async #drain() {
    await undefined; // what else this turn brings goes with the first write
    try {
      while (this.#length > 0) {
        const bytes = this.#filling.subarray(0, this.#length);
        [this.#filling, this.#written] = [this.#written, this.#filling];
        this.#inFlight = this.#length;
        this.#length = 0;
        while (this.#inFlight > 0) {
          this.#inFlight -= await this.#connection.write(bytes.subarray(-this.#inFlight));
        }
        if (this.#written.length > KEPT_BYTES) this.#written = Buffer.allocUnsafe(1024);
      }
    } catch {
      // Reset, or closed on this side: the connection has gone either way.
      this.#length = this.#inFlight = 0;
      this.#onGone();
    }
    this.#draining = undefined;
  }
}

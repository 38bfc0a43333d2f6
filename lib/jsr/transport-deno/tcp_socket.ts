/** Plain TCP by Deno's own sockets. */

import type { Address, DialOptions, OnRead, Socket } from "./socket.ts";

const BUFFER_BYTES = 32 * 1024;

export class TcpSocket implements Socket {
  readonly isEncrypted = false;
  readonly #connection: Deno.TcpConn;
  readonly #onRead: OnRead;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);

  constructor(connection: Deno.TcpConn, onRead: OnRead = () => {}) {
    this.#connection = connection;
    this.#onRead = onRead;
  }

  static async dial(address: Address, { signal, onRead }: DialOptions): Promise<TcpSocket> {
    const connection = await Deno.connect({ ...address, signal });
    connection.setNoDelay(true);
    return new TcpSocket(connection, onRead);
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let length: number | null = null;
    const fromMs = performance.now();
    try {
      length = await this.#connection.read(this.#buffer);
    } finally {
      this.#onRead(length ?? 0, performance.now() - fromMs);
    }
    // The client's messages are views of what it is given, and outlive the next read.
    return length === null ? undefined : this.#buffer.slice(0, length);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#connection.write(at === 0 ? bytes : bytes.subarray(at));
    }
  }

  close() {
    try {
      this.#connection.close();
    } catch {
      // closed before
    }
  }
}

/** Plain TCP by Deno's own sockets, and TLS with the authorities that Deno knows. */

import type { Address, DialOptions, Socket } from "./socket.ts";

const BUFFER_BYTES = 32 * 1024;

export class TcpSocket implements Socket {
  readonly isEncrypted: boolean;
  readonly #connection: Deno.TcpConn | Deno.TlsConn;
  readonly #onRead: () => void;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);

  constructor(connection: Deno.TcpConn | Deno.TlsConn, onRead = () => {}) {
    this.isEncrypted = "handshake" in connection;
    this.#connection = connection;
    this.#onRead = onRead;
  }

  static async dial(address: Address, { signal, onRead }: DialOptions): Promise<TcpSocket> {
    const connection = await Deno.connect({ ...address, signal });
    connection.setNoDelay(true);
    return new TcpSocket(connection, onRead);
  }

  /** Goes on in TLS, with a server whose certificate is for this name or address. */
  async upgrade(name: string): Promise<TcpSocket> {
    const connection = await Deno.startTls(this.#connection as Deno.TcpConn, { hostname: name });
    const upgraded = new TcpSocket(connection, this.#onRead);
    try {
      await connection.handshake();
    } catch (error) {
      upgraded.close();
      throw error;
    }
    return upgraded;
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const length = await this.#connection.read(this.#buffer);
    this.#onRead();
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
      // taken over by an upgrade, or closed before
    }
  }
}

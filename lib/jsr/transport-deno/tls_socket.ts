/**
 * TLS with what Deno's own doesn't have: client certificates, and authorities in place of the system's.
 * The sockets are owned here from first to last, so that their errors end here too.
 */

import { connect as connectTcp, isIP, type Socket as NodeSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsOptions } from "@nats-io/nats-core";
import { HandshakeCut } from "./handshake_cut.ts";
import type { Address, DialOptions, OnRead, Socket } from "./socket.ts";

export class TlsSocket implements Socket {
  readonly isEncrypted: boolean;
  readonly #socket: NodeSocket;
  readonly #carrier: Carrier | undefined;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #endedMs: number | undefined;
  #error: Error | undefined;
  #hasRead = false;
  /** When the handshake began, when it was over for us, and when it was to be read last. */
  readonly #beganMs = performance.now();
  #securedMs = Infinity;
  #readMs = Infinity;
  #wake = () => {};
  readonly #onData: (chunk: Uint8Array<ArrayBuffer>) => void;
  readonly #onRead: OnRead | undefined;

  private constructor(socket: NodeSocket, isEncrypted: boolean, onRead?: OnRead, raw?: NodeSocket) {
    this.isEncrypted = isEncrypted;
    this.#socket = socket;
    this.#carrier = carrierOf(raw);
    this.#onRead = onRead;
    this.#onData = (chunk) => {
      onRead?.(chunk.length, Math.max(0, performance.now() - this.#readMs));
      this.#hasRead = true;
      this.#chunks.push(chunk);
      // Until this is read: what comes then is stamped by itself, and doesn't pile up.
      socket.pause();
      this.#carrier?.readStop();
      this.#wake();
    };
    const end = () => {
      this.#endedMs ??= performance.now();
      this.#wake();
    };
    socket.on("data", this.#onData);
    socket.on("error", (error) => {
      this.#error ??= error;
      end();
    });
    socket.on("end", end);
    socket.on("close", end);
  }

  /** In clear: a NATS server greets before it goes on in TLS. */
  static async dial(address: Address, { signal, onRead }: DialOptions): Promise<TlsSocket> {
    const socket = connectTcp({ host: address.hostname, port: address.port, noDelay: true });
    return await new TlsSocket(socket, false, onRead).#opened("connect", signal);
  }

  /** In TLS from the first byte on. */
  static async dialTls(
    address: Address,
    tls: TlsOptions,
    name: string,
    options: DialOptions,
  ): Promise<TlsSocket> {
    const socket = await TlsSocket.dial(address, options);
    return await socket.upgrade(tls, name, options.signal);
  }

  /** Goes on in TLS, with a server whose certificate is for this name or address. */
  async upgrade(tls: TlsOptions, name: string, signal: AbortSignal): Promise<TlsSocket> {
    const options = await tlsOptions(tls, name);
    this.#socket.off("data", this.#onData);
    const socket = connectTls({ ...options, socket: this.#socket });
    const secured = new TlsSocket(socket, true, this.#onRead, this.#socket);
    await secured.#opened("secureConnect", signal);
    // In older versions of it the server's last word comes behind ours.
    if (socket.getProtocol() === "TLSv1.3") secured.#securedMs = performance.now();
    return secured;
  }

  /** Destroys it where it isn't. */
  async #opened(event: "connect" | "secureConnect", signal: AbortSignal): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    this.#socket.once(event, resolve);
    this.#wake = () => reject(this.#failure(event === "secureConnect"));
    try {
      // By way of the promise: what it is told once the socket is destroyed would else be caught by nobody.
      if (signal.aborted) abort();
      await promise;
      return this;
    } catch (error) {
      this.close();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.#readMs = performance.now();
    while (this.#chunks.length === 0) {
      if (this.#isCut) throw this.#failure(true);
      if (this.#error) throw this.#error;
      if (this.#endedMs !== undefined) return undefined;
      if (this.#socket.isPaused()) {
        this.#socket.resume();
        this.#carrier?.readStart();
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#chunks.shift();
  }

  /**
   * Whether it was hung up on before the other end could have what ends the handshake for it: that is on its way
   * for half of a round trip, which our part of the handshake took, and so is the word of the end.
   */
  get #isCut(): boolean {
    if (this.#hasRead || this.#endedMs === undefined) return false;
    return this.#endedMs - this.#securedMs < this.#securedMs - this.#beganMs;
  }

  /** Why it is over, before anything was read. */
  #failure(inHandshake: boolean): Error {
    const error = this.#error;
    const isHangUp = !error || (error as { code?: unknown }).code === "ECONNRESET";
    if (inHandshake && isHangUp) {
      const endedMs = this.#endedMs ?? performance.now();
      return new HandshakeCut(endedMs - this.#beganMs, { cause: error });
    }
    return error ?? new Error("it hangs up");
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  close() {
    this.#socket.destroy();
  }
}

/** What reads the encrypted bytes. */
interface Carrier {
  readStop(): void;
  readStart(): void;
}

/**
 * A paused TLS socket leaves what carries it reading: in a flood it would hand out 32 MB at once, which are taken
 * apart in one go. Nothing but the carrier's own handle stops that.
 */
function carrierOf(socket: NodeSocket | undefined): Carrier | undefined {
  const handle: Partial<Carrier> | null = socket && Reflect.get(socket, "_handle");
  return handle?.readStop && handle.readStart ? handle as Carrier : undefined;
}

async function tlsOptions(tls: TlsOptions, name: string) {
  const [ca, cert, key] = await Promise.all([
    textOf(tls.ca, tls.caFile),
    textOf(tls.cert, tls.certFile),
    textOf(tls.key, tls.keyFile),
  ]);
  // An address is no server name, but is what the certificate has to be for.
  return { ca, cert, key, host: name, servername: isIP(name) ? "" : name };
}

async function textOf(text: string | undefined, file: string | undefined) {
  return text ?? (file === undefined ? undefined : await Deno.readTextFile(file));
}

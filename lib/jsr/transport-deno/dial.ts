/** From a server's address to a socket that has been greeted on, in TLS where the server or we insist on it. */

import type { ConnectionOptions, Server, ServerInfo, TlsOptions } from "@nats-io/nats-core";
import { checkOptions, errors } from "@nats-io/nats-core/internal";
import { type Greeting, readGreeting } from "./greeting.ts";
import type { DialOptions, Socket } from "./socket.ts";
import { TcpSocket } from "./tcp_socket.ts";
import type { TlsSocket } from "./tls_socket.ts";
import { showsCertificate, verdictOf, wanted } from "./verdict.ts";

export interface Dialled {
  socket: Socket;
  /** All that was read, its greeting first. */
  bytes: Uint8Array;
  /** The server asks for certificates, and has not said yet what it thinks of ours. */
  isJudging: boolean;
}

/** @throws {Error} what it fails for; nothing stays open then */
export async function dial(
  server: Server,
  options: ConnectionOptions,
  dialOptions: DialOptions,
): Promise<Dialled> {
  const { signal } = dialOptions;
  let socket: Socket | undefined;
  const hangUp = () => socket?.close();
  signal.addEventListener("abort", hangUp);
  try {
    socket = await open(server, options.tls, dialOptions);
    const greeting = await readGreeting(socket);
    checkOptions(greeting.info, options);
    if (wantsTls(greeting.info, options.tls)) {
      // Once more with a socket that can: what Deno.startTls() makes can't be closed while it shakes hands.
      if (!options.tls) {
        socket.close();
        return await dial(server, { ...options, tls: {} }, dialOptions);
      }
      socket = await secured(socket as TlsSocket, { server, greeting, tls: options.tls, signal });
    }
    signal.throwIfAborted();
    const isJudging = socket.isEncrypted && greeting.info.tls_verify === true;
    return { socket, bytes: greeting.bytes, isJudging };
  } catch (error) {
    socket?.close();
    if (error instanceof Deno.errors.ConnectionRefused || codeOf(error) === "ECONNREFUSED") {
      throw new errors.ConnectionError("connection refused", { cause: error });
    }
    const cause = (error as Error | undefined)?.cause;
    throw verdictOf(error, options.tls) ?? verdictOf(cause, options.tls) ?? error;
  } finally {
    signal.removeEventListener("abort", hangUp);
  }
}

/** Without TLS options, nothing of Node's sockets is loaded. */
async function open(server: Server, tls: TlsOptions | null | undefined, options: DialOptions) {
  if (!tls) return await TcpSocket.dial(server, options);
  const { TlsSocket } = await import("./tls_socket.ts");
  return tls.handshakeFirst
    ? await TlsSocket.dialTls(server, tls, nameOf(server, tls), options)
    : await TlsSocket.dial(server, options);
}

function wantsTls(info: ServerInfo, tls: TlsOptions | null | undefined): boolean {
  return info.tls_required === true || (info.tls_available === true && tls !== null);
}

async function secured(
  socket: TlsSocket,
  { server, greeting, tls, signal }: {
    server: Server;
    greeting: Greeting;
    tls: TlsOptions;
    signal: AbortSignal;
  },
): Promise<Socket> {
  if (socket.isEncrypted) return socket;
  if (greeting.beyond > 0) throw new Error("it says more in clear than its greeting"); // anybody could have
  if (greeting.info.tls_verify && !showsCertificate(tls)) throw wanted();
  return await socket.upgrade(tls, nameOf(server, tls), signal);
}

/** What its certificate has to be for: `tls.host`, where that is given, goes before what was dialled. */
function nameOf({ hostname, tlsName }: Server, tls: TlsOptions): string {
  return (tls as { host?: string }).host || tlsName || hostname;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

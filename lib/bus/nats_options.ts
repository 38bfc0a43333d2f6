/** How the NATS client is told to behave: its defaults are wrong for time signals. */

import type { Clock } from "../clock.ts";
import type { BusEvent, Credentials, TlsFiles } from "./bus.ts";

export interface NatsOptions {
  /** host:port of each server; the others of a cluster are learned from it. */
  servers: string[];
  /** Take the first server that answers; any, when it isn't given. */
  inOrder?: boolean;
  /** What the server shows for this connection. */
  name: string;
  /** Asked before each dial for a server (host:port) that is to wait for its turn. */
  avoid?: () => string | undefined;
  /** How long making a connection may take, the handshake included; half a second when it isn't given. */
  dialTimeoutMs?: number;
  /** Insist on TLS; files do so too. */
  tls?: boolean;
  tlsFiles?: TlsFiles;
  credentials?: Credentials;
  clock?: Clock;
  onEvent?: (event: BusEvent) => void;
}

export const DIAL_MS = 500;

export function insistsOnTls({ tls, tlsFiles = {} }: NatsOptions): boolean {
  return tls || Object.values(tlsFiles).some((path) => path !== undefined);
}

/** A server as the client describes it. */
interface Known {
  hostname: string;
  port: number;
  /** host:port */
  listen: string;
}

/** The client changes the object it is given, so each connection gets a fresh one. */
export function connectOptions(options: NatsOptions) {
  const { servers, name, inOrder = false, dialTimeoutMs = DIAL_MS, avoid = () => undefined } =
    options;
  let host = "";
  return {
    servers,
    name,
    noRandomize: inOrder,
    // Without it, the client would also talk in clear.
    ...(insistsOnTls(options) ? { tls: tlsOptions(options, () => host) } : {}),
    /** Called before each dial, with the server in the client's turn first. */
    reconnectToServer<T extends Known>([inTurn, ...others]: readonly T[]): T {
      const next = inTurn.listen === avoid() ? others[0] ?? inTurn : inTurn;
      host = next.hostname;
      return next;
    },
    timeout: dialTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
    reconnectJitter: 20,
    reconnectJitterTLS: 20,
    pingInterval: 1000,
    maxPingOut: 2,
    pedantic: true, // or else the server drops what has a wrong subject without a word
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  };
}

function tlsOptions({ tlsFiles: { ca, cert, key } = {} }: NatsOptions, host: () => string) {
  return {
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(cert === undefined ? {} : { certFile: cert, keyFile: key }),
    // An address has no name to verify, and "localhost" would do in its place: so it is verified itself.
    get host() {
      return host();
    },
  };
}

/** How the NATS client is told to behave: its defaults are wrong for time signals. */

import type { Clock } from "../../time/clock.ts";
import type { BusEvent, Credentials, TlsFiles } from "../bus.ts";

export interface NatsOptions {
  /** host:port of each server, tried in this order; the others of a cluster are learned from it. */
  servers: string[];
  /** Servers that a cluster named, by host:port, with the name that their certificates are verified by; their address, where it is none. */
  learned?: ReadonlyMap<string, string | undefined>;
  /** What the server shows for this connection. */
  name: string;
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

/** The client changes the object it is given, so each connection gets a fresh one. */
export function connectOptions(options: NatsOptions) {
  const { servers, name, dialTimeoutMs = DIAL_MS } = options;
  return {
    servers,
    name,
    noRandomize: true,
    ...(insistsOnTls(options) ? tlsOptions(options) : {}), // without it, the client would also talk in clear
    reconnect: false, // it would not say why it can't, and wait for a server that is frozen
    timeout: dialTimeoutMs,
    pingInterval: 1000,
    maxPingOut: 2,
    pedantic: true, // or else the server drops what has a wrong subject without a word
    noAsyncTraces: true,
  };
}

function tlsOptions({ learned, tlsFiles: { ca, cert, key } = {} }: NatsOptions) {
  let host = "";
  const tls = {
    ...(ca === undefined ? {} : { caFile: ca }),
    ...(cert === undefined ? {} : { certFile: cert, keyFile: key }),
    // An address has no name to verify, and "localhost" would do in its place: so it is verified itself.
    get host() {
      return host;
    },
  };
  return {
    tls,
    reconnectToServer([next]: readonly { hostname: string; listen: string }[]) {
      host = learned?.get(next.listen) ?? next.hostname;
      return null;
    },
  };
}

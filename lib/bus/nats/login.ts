/** One try to connect to a NATS server, and what it means where that fails. */

import {
  connect,
  type ConnectionOptions,
  errors,
  jwtAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "@nats-io/transport-deno";
import type { TlsFiles } from "../../files.ts";
import { type Clock, type Moment, momentOf, systemClock } from "../../time/clock.ts";
import { type BusEvent, BusRefusal, type Credentials } from "../bus.ts";
import { loginRefusalText, tlsRefusalText } from "./refusal.ts";

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

const arrivals = new WeakMap<NatsConnection, () => Moment | undefined>();

/** @throws whatever the client throws */
export async function login(options: NatsOptions): Promise<NatsConnection> {
  const { clock = systemClock } = options;
  let arrived: Moment | undefined;
  const onRead = () => void (arrived = momentOf(clock));
  const connecting = { ...connectOptions(options), ...loginOptions(options), onRead };
  const nc = await connect(connecting);
  arrivals.set(nc, () => arrived);
  return nc;
}

/** When the read of its socket returned that brought what a callback is called with; JSR's transport doesn't say. */
export function arrivalOn(nc: NatsConnection): Moment | undefined {
  return arrivals.get(nc)?.();
}

/** Why trying again can't help; undefined where it may. */
export function refusalOf(error: unknown, { credentials }: NatsOptions): string | undefined {
  if (error instanceof BusRefusal) return error.message;
  if (error instanceof Deno.errors.NotCapable) return reasonOf(error);
  const login = error instanceof errors.AuthorizationError ||
    error instanceof errors.UserAuthenticationExpiredError;
  return login ? loginRefusalText(reasonOf(error), credentials) : tlsRefusalText(error);
}

/** @throws {BusRefusal} for a seed that looks like one, and whose checksum is wrong */
export function checkSeed(options: NatsOptions) {
  const { authenticator } = loginOptions(options);
  try {
    if (typeof authenticator === "function") authenticator("nonce");
  } catch {
    throw new BusRefusal(`${options.credentials!.from}: the seed in it is none`);
  }
}

function loginOptions({ credentials: shown }: NatsOptions): ConnectionOptions {
  if (!shown) return {};
  if (shown.kind === "password") return { user: shown.user, pass: shown.password };
  if (shown.kind === "token") return { token: shown.token };
  if (shown.kind === "nkey") return { authenticator: nkeyAuthenticator(shown.seed) };
  return { authenticator: jwtAuthenticator(shown.jwt, shown.seed) };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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

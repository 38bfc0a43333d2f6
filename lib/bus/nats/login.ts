/** One try to connect to a NATS server, and what it means where that fails. */

import {
  connect,
  type ConnectionOptions,
  errors,
  type NatsConnection,
} from "@nats-io/transport-deno";
import type { TlsFiles } from "../../files.ts";
import { BusRefusal } from "../bus.ts";
import { reasonOf } from "../reason.ts";
import type { Credentials } from "./credentials.ts";
import { loginRefusalText, tlsRefusalText } from "./refusal.ts";
import type { UserKey } from "./user_key.ts";

export interface LoginOptions {
  /** What the server shows for this connection. */
  name: string;
  /** Insist on TLS; files do so too. */
  tls?: boolean;
  tlsFiles?: TlsFiles;
  credentials?: Credentials;
  /** Has the key of a seed ready, for credentials that have one. */
  keyOf?: (seed: Uint8Array) => UserKey;
}

export interface LoginTry {
  /** host:port */
  server: string;
  /** What its certificate is verified by, where that isn't the host it is dialled by. */
  tlsName?: string;
  /** How long all of it may take. */
  timeoutMs: number;
  /** Called as soon as a read of the socket has returned, where the transport does that: how much, after what wait. */
  onRead?: (bytes: number, waitedMs: number) => void;
  /** Gives it up, where the transport can do that. */
  signal?: AbortSignal;
}

/** @throws whatever the client throws */
export async function login(options: LoginOptions, login: LoginTry): Promise<NatsConnection> {
  const once = () => connect({ ...connectOptions(options, login), ...loginOptions(options) });
  try {
    return await once();
  } catch (error) {
    // Who hangs up without a word may just have waited too long for us: one look again.
    if (!isSilent(error) || login.signal?.aborted) throw error;
    return await once();
  }
}

/** Whether a certificate was refused by nothing but the end of the connection. */
function isSilent(error: unknown): boolean {
  return (error as { isSilent?: unknown } | undefined)?.isSilent === true;
}

/** Why trying again can't help; undefined where it may. */
export function refusalOf(error: unknown, { credentials }: LoginOptions): string | undefined {
  if (error instanceof BusRefusal) return error.message;
  if (error instanceof Deno.errors.NotCapable) return reasonOf(error);
  const login = (error instanceof errors.AuthorizationError && !isTooSlow(error)) ||
    error instanceof errors.UserAuthenticationExpiredError;
  return login ? loginRefusalText(reasonOf(error), credentials) : tlsRefusalText(error);
}

/** The server allows a login so long, and the link may be slow: that says nothing of the credentials. */
function isTooSlow({ message }: Error): boolean {
  return /authentication timeout/i.test(message);
}

/** Whether these are a server's own words. */
export function isSaid(error: unknown): boolean {
  return error instanceof errors.ProtocolError || error instanceof errors.AuthorizationError;
}

/** @throws {BusRefusal} for a seed that looks like one, and whose checksum is wrong */
export function checkSeed(options: LoginOptions) {
  const { authenticator } = loginOptions(options);
  try {
    if (typeof authenticator === "function") authenticator("nonce");
  } catch {
    throw new BusRefusal(`${options.credentials!.from}: it holds an invalid seed`);
  }
}

function loginOptions({ credentials: shown, keyOf }: LoginOptions): ConnectionOptions {
  if (!shown) return {};
  if (shown.kind === "password") return { user: shown.user, pass: shown.password };
  if (shown.kind === "token") return { token: shown.token };
  return {
    authenticator(nonce?: string) {
      const { publicKey: nkey, sign } = keyOf!(shown.seed());
      const signed = { nkey, sig: nonce ? sign(nonce) : "" };
      return shown.kind === "nkey" ? signed : { jwt: shown.jwt(), ...signed };
    },
  };
}

export function insistsOnTls({ tls, tlsFiles = {} }: LoginOptions): boolean {
  return tls || Object.values(tlsFiles).some((path) => path !== undefined);
}

/** The client changes the object it is given, so each connection gets a fresh one. */
function connectOptions(options: LoginOptions, { server, tlsName, timeoutMs, ...ours }: LoginTry) {
  return {
    servers: [server],
    name: options.name,
    ...(insistsOnTls(options) ? tlsOptions(options, server, tlsName) : {}), // without it, the client would also talk in clear
    ignoreClusterUpdates: true, // it throws at a name that is none
    reconnect: false, // it would not say why it can't, and wait for a server that is frozen
    timeout: timeoutMs,
    pedantic: true, // or else the server drops what has a wrong subject without a word
    noAsyncTraces: true,
    ...ours,
  };
}

function tlsOptions(
  { tlsFiles: { ca, cert, key } = {} }: LoginOptions,
  server: string,
  tlsName: string | undefined,
) {
  const { hostname } = new URL(`http://${server}`);
  return {
    tls: {
      ...(ca === undefined ? {} : { caFile: ca }),
      ...(cert === undefined ? {} : { certFile: cert, keyFile: key }),
      // An address has no name to verify, and "localhost" would do in its place: so it is verified itself.
      host: tlsName ?? hostname.replace(/^\[|\]$/g, ""),
    },
  };
}

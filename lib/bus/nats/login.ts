/** One try to connect to a NATS server, and what it means where that fails. */

import {
  connect,
  type ConnectionOptions,
  errors,
  jwtAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "@nats-io/transport-deno";
import { BusRefusal } from "../bus.ts";
import { certificateVerdict } from "./certificate_verdict.ts";
import { connectOptions, DIAL_MS, insistsOnTls, type NatsOptions } from "./options.ts";
import { loginRefusalText, tlsRefusalText } from "./refusal.ts";

/** @throws whatever the client throws, or {@linkcode BusRefusal} where the server refuses our certificate */
export async function login(options: NatsOptions): Promise<NatsConnection> {
  const { servers, tlsFiles = {}, dialTimeoutMs: timeoutMs = DIAL_MS } = options;
  if (!insistsOnTls(options)) {
    return await connect({ ...connectOptions(options), ...loginOptions(options) });
  }
  using verdict = certificateVerdict(servers, { shown: tlsFiles.cert !== undefined, timeoutMs });
  const connecting = connect({ ...connectOptions(options), ...loginOptions(options) });
  const refused = verdict.refused.then((reason) => Promise.reject(new BusRefusal(reason)));
  try {
    return await Promise.race([connecting, refused]);
  } catch (error) {
    connecting.then((nc) => nc.close(), () => {});
    if (refusalOf(error, options) !== undefined) throw error;
    const silence = await verdict.silence();
    throw silence === undefined ? error : new BusRefusal(silence);
  }
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

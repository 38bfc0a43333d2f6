/** Why a server and we don't come together, where that is a matter of credentials, certificates or settings. */

import { certificateRefusalText } from "../tls_refusal.ts";
import type { Credentials } from "./credentials.ts";

/** What a failed connection means in words; undefined where trying again may help. */
export function tlsRefusalText(error: unknown): string | undefined {
  const text = String((error as { message?: unknown } | undefined)?.message);
  if (/does not support 'tls'/.test(text)) {
    return "it does not speak TLS, but TLS is required (tls:// or a --tls option)";
  }
  if (/'tls\.\w+' is not supported/.test(text)) {
    return "JSR's transport sends no client certificate";
  }
  return certificateRefusalText(error);
}

/** What is wrong with the credentials shown, without a word of them. */
export function loginRefusalText(reason: string, credentials?: Credentials): string {
  const shown = credentials
    ? `it rejects the credentials from ${credentials.from}`
    : "it requires credentials: --creds, --nkey, NATS_USER and NATS_PASSWORD, or NATS_TOKEN";
  return `${reason}; ${shown}`;
}

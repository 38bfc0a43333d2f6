/** Why a server and we don't come together, where that is a matter of credentials, certificates or settings. */

import type { Credentials } from "./credentials.ts";

const UNTRUSTED = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
]);

/** What Deno's own TLS says of a certificate, by the codes of Node's; JSR's transport says it in small letters. */
const CODES: Record<string, string> = {
  unknownissuer: "UNABLE_TO_GET_ISSUER_CERT",
  expired: "CERT_HAS_EXPIRED",
  notvalidyet: "CERT_NOT_YET_VALID",
  notvalidforname: "ERR_TLS_CERT_ALTNAME_INVALID",
};

/** What a failed connection means in words; undefined where trying again may help. */
export function tlsRefusalText(error: unknown): string | undefined {
  const { code: given, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const text = String(message);
  const [, verdict] = /invalid peer certificate: (\w+)/i.exec(text) ?? [];
  const code = CODES[verdict?.toLowerCase()] ?? given;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return `its certificate is for another host: ${text}`;
  }
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired";
  if (code === "CERT_NOT_YET_VALID") return "its certificate is not valid yet";
  if (UNTRUSTED.has(String(code))) {
    return `its certificate is from nobody we trust (${text}); --tls-ca FILE names whom to trust`;
  }
  if (code === "ERR_CLIENT_CERT_WANTED" || /fatal alert: \w*certificate/i.test(text)) {
    return "it asks for a client certificate: --tls-cert FILE, --tls-key FILE";
  }
  if (code === "ERR_CLIENT_CERT_REFUSED") {
    return `it refuses our certificate from --tls-cert: ${text}`;
  }
  if (/does not support 'tls'/.test(text)) {
    return "it does not speak TLS, which tls:// and the --tls options insist on";
  }
  if (String(code).startsWith("ERR_SSL_")) return `TLS fails: ${text}`;
  if (/'tls\.\w+' is not supported/.test(text)) {
    return "JSR's transport shows no certificate of ours";
  }
  if (verdict !== undefined) return `its certificate is refused: ${text}`;
}

/** What is wrong with the credentials shown, without a word of them. */
export function loginRefusalText(reason: string, credentials?: Credentials): string {
  const shown = credentials
    ? `it does not take those from ${credentials.from}`
    : "it wants credentials: --creds, --nkey, NATS_USER and NATS_PASSWORD, or NATS_TOKEN";
  return `${reason}; ${shown}`;
}

/** Why a server and we don't come together by TLS, where that is a matter of certificates or settings. */

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
export function certificateRefusalText(error: unknown): string | undefined {
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
    return `its certificate is signed by an unknown authority (${text}); --tls-ca FILE names one to trust`;
  }
  if (code === "ERR_CLIENT_CERT_WANTED" || /fatal alert: \w*certificate/i.test(text)) {
    return "it asks for a client certificate: --tls-cert FILE, --tls-key FILE";
  }
  if (code === "ERR_CLIENT_CERT_REFUSED") {
    return `it refuses the client certificate from --tls-cert: ${text}`;
  }
  if (String(code).startsWith("ERR_SSL_")) return `TLS handshake failed: ${text}`;
  if (verdict !== undefined) return `its certificate is refused: ${text}`;
}

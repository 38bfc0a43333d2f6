/** What a TLS server thinks of our certificate: it says so after the handshake, or just hangs up. */

import type { TlsOptions } from "@nats-io/nats-core";

export type VerdictCode = "ERR_CLIENT_CERT_WANTED" | "ERR_CLIENT_CERT_REFUSED";

export class CertificateVerdict extends Error {
  override name = "CertificateVerdict";
  readonly code: VerdictCode;
  /** It is told by nothing but the end of the connection. */
  readonly isSilent: boolean;

  constructor(
    code: VerdictCode,
    message: string,
    { isSilent = false, ...options }: ErrorOptions & { isSilent?: boolean } = {},
  ) {
    super(message, options);
    this.code = code;
    this.isSilent = isSilent;
  }
}

export function showsCertificate(tls?: TlsOptions | null): boolean {
  return (tls?.cert ?? tls?.certFile) !== undefined;
}

export function wanted(cause?: unknown): CertificateVerdict {
  return new CertificateVerdict(
    "ERR_CLIENT_CERT_WANTED",
    "the server asks for a client certificate",
    { cause },
  );
}

/** The verdict that an alert of TLS is, like `BadCertificate`; undefined where it is about something else. */
export function verdictOf(error: unknown, tls?: TlsOptions | null): CertificateVerdict | undefined {
  const [, alert] =
    /received fatal alert: (\w+)/i.exec((error as Error | undefined)?.message ?? "") ??
      [];
  if (alert === undefined) return undefined;
  if (showsCertificate(tls)) {
    return new CertificateVerdict("ERR_CLIENT_CERT_REFUSED", alert, { cause: error });
  }
  return /certificate/i.test(alert) ? wanted(error) : undefined;
}

/** The verdict that it is to hang up once it has seen our certificate. */
export function silentVerdict(cause?: unknown): CertificateVerdict {
  return new CertificateVerdict(
    "ERR_CLIENT_CERT_REFUSED",
    "it hangs up once it has seen it",
    { cause, isSilent: true },
  );
}

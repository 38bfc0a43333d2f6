/**
 * What a TLS server thinks of our certificate. Its verdict comes after the handshake; the NATS client takes
 * it for a server that doesn't answer.
 */

import { asksForCertificate } from "./greeting.ts";
import { onTlsAlert } from "./stray_errors.ts";

export interface CertificateVerdict extends Disposable {
  /** Resolves with why it refuses us, where it does; never otherwise. */
  refused: Promise<string>;
}

export function certificateVerdict(
  servers: string[],
  { shown, timeoutMs }: { shown: boolean; timeoutMs: number },
): CertificateVerdict {
  const { promise, resolve } = Promise.withResolvers<string>();
  const alerts = onTlsAlert((alert) => resolve(alertText(alert)));
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]);
  async function ask() {
    const asking = servers.map((server) => asksForCertificate(server, signal));
    if ((await Promise.all(asking)).every(Boolean)) {
      resolve("it asks for a client certificate: --tls-cert FILE and --tls-key FILE");
    }
  }
  if (!shown) ask();
  return {
    refused: promise,
    [Symbol.dispose]() {
      stop.abort();
      alerts[Symbol.dispose]();
    },
  };
}

/** @param alert as TLS names it, like `BadCertificate` */
export function alertText(alert: string): string {
  return `it refuses our certificate from --tls-cert: ${alert}`;
}

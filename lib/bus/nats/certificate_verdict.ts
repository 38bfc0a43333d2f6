/**
 * What a TLS server thinks of our certificate. Its verdict comes after the handshake; the NATS client takes
 * it for a server that doesn't answer.
 */

import { asksForCertificate } from "./greeting.ts";
import { onTlsAlert } from "./stray_errors.ts";

export interface CertificateVerdict extends Disposable {
  /** Resolves with why it refuses us, where it says so; never otherwise. */
  refused: Promise<string>;
  /** Why it hung up or didn't answer, where it is there and asks for certificates. */
  silence(): Promise<string | undefined>;
}

export function certificateVerdict(
  servers: string[],
  { shown, timeoutMs }: { shown: boolean; timeoutMs: number },
): CertificateVerdict {
  const { promise, resolve } = Promise.withResolvers<string>();
  const alerts = onTlsAlert((alert) => resolve(alertText(alert)));
  const stop = new AbortController();
  async function asks(): Promise<boolean> {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)]);
    const asking = servers.map((server) => asksForCertificate(server, signal));
    return (await Promise.all(asking)).every(Boolean);
  }
  const wanted = "it asks for a client certificate: --tls-cert FILE, --tls-key FILE";
  if (!shown) asks().then((all) => all && resolve(wanted));
  return {
    refused: promise,
    async silence() {
      if (!await asks()) return undefined; // it is gone, or has nothing to do with certificates
      return shown ? alertText("it hangs up once it has seen it") : wanted;
    },
    [Symbol.dispose]() {
      stop.abort();
      alerts[Symbol.dispose]();
    },
  };
}

/** @param alert as TLS names it, like `BadCertificate` */
function alertText(alert: string): string {
  return `it refuses our certificate from --tls-cert: ${alert}`;
}

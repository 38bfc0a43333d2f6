/** The files that TLS needs; each is looked at before it is used, as the client says little of a wrong one. */

import type { TlsFiles } from "./bus/bus.ts";
import { UsageError } from "./cli/options.ts";
import { readFile } from "./files.ts";

/** @throws {UsageError} where one of them can't be used */
export async function checkTlsFiles({ ca, cert, key }: TlsFiles): Promise<void> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--tls-cert and --tls-key need each other");
  }
  if (ca !== undefined) await readCertificate("--tls-ca", ca);
  if (cert === undefined || key === undefined) return;
  const certificate = await readCertificate("--tls-cert", cert);
  const { createPrivateKey } = await import("node:crypto");
  const pem = await readFile({ option: "--tls-key", path: key });
  const secret = attempt(() => createPrivateKey(pem));
  if (!secret) {
    throw new UsageError(`--tls-key: ${JSON.stringify(key)} holds no private key in PEM`);
  }
  if (!certificate.checkPrivateKey(secret)) {
    throw new UsageError("--tls-key is not the key of --tls-cert");
  }
}

async function readCertificate(option: string, path: string) {
  const pem = await readFile({ option, path });
  const { X509Certificate } = await import("node:crypto");
  const certificate = attempt(() => new X509Certificate(pem));
  if (certificate) return certificate;
  throw new UsageError(`${option}: ${JSON.stringify(path)} holds no certificate in PEM`);
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined; // the reason is a library's, and may quote the file
  }
}

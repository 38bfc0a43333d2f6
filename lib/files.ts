/** Reads and checks the files that a user names; what is wrong with one is said in a line. */

import { NotAllowed, UsageError } from "./text/usage_error.ts";

export interface FileOption {
  /** With its dashes; or the variable that stands in for it. */
  option: string;
  path: string;
}

const MAX_BYTES = 1_000_000;

/** @throws {UsageError} where it may not or can't be read */
export async function readFile({ option, path }: FileOption): Promise<string> {
  const quoted = JSON.stringify(path);
  const { state } = await Deno.permissions.request({ name: "read", path });
  if (state !== "granted") {
    throw new NotAllowed(`${option}: may not read ${quoted}`, { read: [path] });
  }
  try {
    const { isFile, size } = await Deno.stat(path); // anything else might never end
    if (!isFile || size > MAX_BYTES) throw new Error("not a regular file, or larger than 1 MB");
    return (await Deno.readTextFile(path)).replace(/^\ufeff/, ""); // as editors on Windows begin one
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`${option}: there is no file ${quoted}`);
    }
    throw new UsageError(`${option}: cannot read ${quoted}: ${(error as Error).message}`);
  }
}

/** Paths of PEM files. */
export interface TlsFiles {
  /** Whom to trust, in place of the authorities that Deno knows. */
  ca?: string;
  /** What we show the server. */
  cert?: string;
  key?: string;
}

/**
 * @param writtenAs what each was named by: an option, with its dashes, or a variable
 * @throws {UsageError} where one of them can't be used
 */
export async function checkTlsFiles(
  { ca, cert, key }: TlsFiles,
  writtenAs: (option: "tls-ca" | "tls-cert" | "tls-key") => string,
): Promise<void> {
  const [caName, certName, keyName] = (["tls-ca", "tls-cert", "tls-key"] as const).map(writtenAs);
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError(`${certName} and ${keyName} need each other`);
  }
  if (ca !== undefined) await readCertificate(caName, ca);
  if (cert === undefined || key === undefined) return;
  const certificate = await readCertificate(certName, cert);
  const { createPrivateKey } = await import("node:crypto");
  const pem = await readFile({ option: keyName, path: key });
  const secret = attempt(() => createPrivateKey(pem));
  if (!secret) {
    throw new UsageError(`${keyName}: ${JSON.stringify(key)} holds no private key in PEM`);
  }
  if (!certificate.checkPrivateKey(secret)) {
    throw new UsageError(`${keyName} is not the key of ${certName}`);
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

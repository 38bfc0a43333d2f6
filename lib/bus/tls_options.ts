/** The options of TLS, which are the same for every bus that has it. */

import type { TlsFiles } from "../files.ts";
import type { OptionRow } from "./kind.ts";

export const TLS_ROWS: readonly OptionRow[] = [
  ["tls-ca", "FILE", "CA certificates to trust; requires TLS", "Deno's own"],
  ["tls-cert", "FILE", "client certificate, with --tls-key", ""],
  ["tls-key", "FILE", "its private key", ""],
];

export function tlsFilesOf(values: Readonly<Record<string, string | undefined>>): TlsFiles {
  return { ca: values["tls-ca"], cert: values["tls-cert"], key: values["tls-key"] };
}

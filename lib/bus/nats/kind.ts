/** What NATS brings to the command line; its client is loaded once it is opened. */

import { checkTlsFiles } from "../../files.ts";
import type { BusKind, OptionRow } from "../kind.ts";
import { TLS_ROWS, tlsFilesOf } from "../tls_options.ts";
import { readServers } from "./address.ts";
import { readCredentials } from "./credentials.ts";
import { checkSubject } from "./subject.ts";

/** As the nats command line has them. */
const TLS_VARIABLES: Record<string, string> = {
  "tls-ca": "NATS_CA",
  "tls-cert": "NATS_CERT",
  "tls-key": "NATS_KEY",
};

export const nats: BusKind = {
  schemes: ["nats", "tls"],
  about: "nats:// or tls://HOST[:4222]; user and password from NATS_USER and NATS_PASSWORD,\n" +
    "token from NATS_TOKEN",
  fallback: "127.0.0.1:4222",
  urlVariable: "NATS_URL",
  variables: [
    ...["NATS_URL", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN", "NATS_CREDS", "NATS_NKEY"],
    ...Object.values(TLS_VARIABLES),
  ],
  rows: [
    ["context", "NAME", "natscli context, in place of the variables NATS_…", ""],
    ["creds", "FILE", "NATS credentials file, as nsc writes them", "else $NATS_CREDS"],
    ["nkey", "FILE", "NATS user's seed file", "else $NATS_NKEY"],
    ...TLS_ROWS.map(([name, value, meaning]): OptionRow => [
      ...[name, value, meaning] as const,
      `$${TLS_VARIABLES[name]}`,
    ]),
  ],

  readAddress(written) {
    const { addresses, tls } = readServers(written);
    return { servers: addresses, tls };
  },

  checkSubject: (written, operation) => checkSubject(written, operation === "subscribe"),

  async open({ servers, tls }, options) {
    const { creds, nkey } = options.values;
    const credentials = await readCredentials({ creds, nkey }, options.variable);
    const tlsFiles = tlsFilesOf(options.values);
    await checkTlsFiles(tlsFiles, options.writtenAs);
    const { connectNats } = await import("./nats.ts");
    return connectNats({ ...options, servers, tls, tlsFiles, credentials });
  },
};

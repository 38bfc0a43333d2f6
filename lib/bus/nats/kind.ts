/** What NATS brings to the command line; its client is loaded once it is opened. */

import { checkTlsFiles } from "../../files.ts";
import type { BusKind } from "../kind.ts";
import { TLS_ROWS, tlsFilesOf } from "../tls_options.ts";
import { readServers } from "./address.ts";
import { readCredentials } from "./credentials.ts";
import { checkSubject } from "./subject.ts";

export const nats: BusKind = {
  schemes: ["nats", "tls"],
  about: "nats:// or tls://HOST[:4222]; a user and password are taken from NATS_USER\n" +
    "and NATS_PASSWORD, a token from NATS_TOKEN",
  fallback: "127.0.0.1:4222",
  urlVariable: "NATS_URL",
  variables: ["NATS_URL", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN"],
  rows: [
    ["creds", "FILE", "NATS credentials file: a user's JWT and seed, as nsc writes them", ""],
    ["nkey", "FILE", "NATS user's seed file", ""],
    ...TLS_ROWS,
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
    await checkTlsFiles(tlsFiles);
    const { connectNats } = await import("./nats.ts");
    return connectNats({ ...options, servers, tls, tlsFiles, credentials });
  },
};

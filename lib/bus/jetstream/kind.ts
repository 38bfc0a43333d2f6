/** What JetStream brings to the command line; it is NATS's but for what is stored. Its client is loaded once it is opened. */

import { checkTlsFiles } from "../../files.ts";
import { UsageError } from "../../text/usage_error.ts";
import type { BusKind } from "../kind.ts";
import { readServers } from "../nats/address.ts";
import { readCredentials } from "../nats/credentials.ts";
import { nats } from "../nats/kind.ts";
import { STORE_ROWS, storeOptionsOf } from "../store_options.ts";
import { tlsFilesOf } from "../tls_options.ts";

const STORAGES = ["file", "memory"] as const;

export const jetstream: BusKind = {
  schemes: ["jetstream", "jetstream+tls"],
  about:
    "jetstream:// or jetstream+tls://HOST[:4222], stored and acknowledged by NATS JetStream;\n" +
    "login as for nats://",
  fallback: "jetstream://127.0.0.1:4222",
  urlVariable: nats.urlVariable,
  variables: nats.variables,
  rows: [
    ["stream", "NAME", "JetStream's stream, created if missing", "the one that has the subject"],
    ["storage", "KIND", "storage of a stream that is created: file or memory", STORAGES[0]],
    ...STORE_ROWS,
    ...nats.rows,
  ],

  readAddress(written) {
    const plain = written.replace(/(^|,)(\s*)jetstream(?:\+(tls))?:\/\//gi, "$1$2nats+$3://");
    const { addresses, tls } = readServers(
      plain.replaceAll("nats+tls://", "tls://").replaceAll("nats+://", "nats://"),
    );
    return { servers: addresses, tls };
  },

  checkSubject: nats.checkSubject,

  async open({ servers, tls }, options) {
    const { creds, nkey, stream, storage = STORAGES[0] } = options.values;
    if (stream !== undefined && !/^[\w-]{1,64}$/.test(stream)) {
      throw new UsageError("--stream: expected 1 to 64 letters, digits, and _ -");
    }
    const kind = STORAGES.find((known) => known === storage);
    if (kind === undefined) {
      throw new UsageError(
        `--storage: ${JSON.stringify(storage)}; expected ${STORAGES.join(", ")}`,
      );
    }
    const { durable, start } = storeOptionsOf(options.values);
    const credentials = await readCredentials({ creds, nkey }, options.variable);
    const tlsFiles = tlsFilesOf(options.values);
    await checkTlsFiles(tlsFiles, options.writtenAs);
    const { connectJetStream } = await import("./jetstream.ts");
    const login = { servers, tls, tlsFiles, credentials };
    return connectJetStream({ ...options, ...login, stream, storage: kind, durable, start });
  },
};

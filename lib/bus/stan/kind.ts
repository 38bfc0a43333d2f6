/** What NATS Streaming brings to the command line; its client is loaded once it is opened. */

import { checkTlsFiles } from "../../files.ts";
import { UsageError } from "../../text/usage_error.ts";
import type { BusKind } from "../kind.ts";
import { readCredentials } from "../nats/credentials.ts";
import { nats } from "../nats/kind.ts";
import { STORE_ROWS, storeOptionsOf } from "../store_options.ts";
import { tlsFilesOf } from "../tls_options.ts";
import { readAddress } from "./address.ts";

export const stan: BusKind = {
  schemes: ["stan"],
  about:
    "stan://HOST[:4222]/CLUSTER-ID, NATS Streaming; the client id is the app's --name, login as for\n" +
    "nats://",
  fallback: "stan://127.0.0.1:4222/test-cluster",
  urlVariable: nats.urlVariable,
  variables: nats.variables,
  rows: [...STORE_ROWS, ...nats.rows],

  readAddress,

  checkSubject(written, operation) {
    if (operation === "subscribe" && /(^|\.)[*>](\.|$)/.test(written)) {
      throw new SyntaxError("NATS Streaming has no wildcards; expected one subject");
    }
    return nats.checkSubject(written, "publish");
  },

  async open({ servers, tls, path: cluster }, options) {
    if (cluster === undefined) throw new UsageError("--server: NATS Streaming needs a cluster id");
    const { creds, nkey } = options.values;
    const { durable, start } = storeOptionsOf(options.values);
    const credentials = await readCredentials({ creds, nkey }, options.variable);
    const tlsFiles = tlsFilesOf(options.values);
    await checkTlsFiles(tlsFiles, options.writtenAs);
    const { connectStan } = await import("./stan.ts");
    const login = { servers, tls, tlsFiles, credentials };
    return connectStan({ ...options, ...login, cluster, durable, start });
  },
};

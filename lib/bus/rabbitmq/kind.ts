/** What RabbitMQ brings to the command line; its client is loaded once it is opened. */

import { checkTlsFiles } from "../../files.ts";
import { UsageError } from "../../text/usage_error.ts";
import type { BusKind } from "../kind.ts";
import { STORE_ROWS, storeOptionsOf } from "../store_options.ts";
import { TLS_ROWS, tlsFilesOf } from "../tls_options.ts";
import { readAddress } from "./address.ts";
import { readCredentials } from "./credentials.ts";
import { checkSubject } from "./subject.ts";

const EXCHANGE = "tick";

export const rabbitmq: BusKind = {
  schemes: ["amqp", "amqps"],
  about: "amqp:// or amqps://HOST[:5672][/VHOST], else $RABBITMQ_URL; user and password from\n" +
    "RABBITMQ_USER and RABBITMQ_PASSWORD; with --durable, ticks are acknowledged and kept in a queue",
  fallback: "amqp://127.0.0.1:5672",
  urlVariable: "RABBITMQ_URL",
  variables: ["RABBITMQ_URL", "RABBITMQ_USER", "RABBITMQ_PASSWORD"],
  rows: [
    ["exchange", "NAME", "RabbitMQ's topic exchange, created if missing", EXCHANGE],
    ...STORE_ROWS,
    ...TLS_ROWS,
  ],

  readAddress,
  checkSubject,

  async open({ servers, tls, path: vhost = "/" }, options) {
    const { exchange = EXCHANGE } = options.values;
    if (!/^[\w.:-]{1,127}$/.test(exchange)) {
      throw new UsageError("--exchange: expected 1 to 127 letters, digits, and _ . : -");
    }
    const { durable, start } = storeOptionsOf(options.values);
    if (start === "last") {
      throw new UsageError(
        "--start last: RabbitMQ's queues have no last message; use new, all or resume",
      );
    }
    const credentials = readCredentials(options.variable);
    const tlsFiles = tlsFilesOf(options.values);
    await checkTlsFiles(tlsFiles, options.writtenAs);
    const { connectRabbitMq } = await import("./rabbitmq.ts");
    const where = { servers, vhost, exchange, tls, tlsFiles, credentials };
    return connectRabbitMq({ ...options, ...where, durable, start });
  },
};

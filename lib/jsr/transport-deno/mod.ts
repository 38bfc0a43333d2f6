/**
 * A transport of our own for the NATS client's core, by the name and with the signature of JSR's package:
 * what works here works there too. On top, `connect()` takes {@linkcode ReadOptions}.
 */

export * from "@nats-io/nats-core";
export { connect, type ReadOptions } from "./connect.ts";

/**
 * A transport of our own for the NATS client's core, by the name and with the signature of JSR's package:
 * what works here works there too. On top, `connect()` takes {@linkcode ReadOptions}, and there is
 * {@linkcode sendFrame}.
 */

export * from "@nats-io/nats-core";
export { connect, type ReadOptions, sendFrame } from "./connect.ts";

/**
 * A transport of our own for the NATS client's core, by the name and with the signature of JSR's package:
 * what works here works there too. On top, `connect()` takes {@linkcode ReadOptions}, and there is
 * {@linkcode sendFrame}. It is Deno's TCP with TCP_NODELAY, and Node's TLS, for client certificates and for
 * authorities in place of the system's.
 *
 * With JSR's package in its place,
 * - an arrival is stamped behind the client's parser, not where the socket's read returned, and Nagle's algorithm
 *   stays on;
 * - `--tls-cert` is refused, `--tls-ca` comes on top of the authorities that Deno knows, and an address is
 *   verified as Deno does it;
 * - a server that isn't one, or breaks off, isn't guarded against: the connection is deaf until its pings fail.
 */

export * from "@nats-io/nats-core";
export { connect, type ReadOptions, sendFrame } from "./connect.ts";

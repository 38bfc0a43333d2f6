/** The NATS team's other transport on the same core: it sets TCP_NODELAY, which this name's own doesn't. */
export * from "@nats-io/transport-node";

/**
 * The NATS team's other transport on the same core: it sets TCP_NODELAY, which this name's own doesn't.
 * Guarded against servers that are none; what else there is works with this name's own package too.
 */
import "./client_guard.ts";

export * from "@nats-io/transport-node";

/** A server that hangs up before the TLS handshake is over for it: mostly by its own time limit for that. */

/** What is over sooner is nobody's time limit. */
const SLOW_MS = 100;

export class HandshakeCut extends Error {
  override name = "HandshakeCut";

  /** @param afterMs how long after its greeting, or after we connected where it doesn't greet in clear */
  constructor(afterMs: number, options?: ErrorOptions) {
    const text = `it hangs up during the TLS handshake, after ${(afterMs / 1000).toFixed(1)} s`;
    const hint = "; its tls { timeout } may be too short for this link";
    super(afterMs < SLOW_MS ? text : text + hint, options);
  }
}

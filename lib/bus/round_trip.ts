/** How long a server may take to answer, from how long it took so far: as TCP's own timer is set (RFC 6298). */

/** Gains of RFC 6298 §2.3. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
/** How many deviations on top of the mean an answer may take (RFC 6298 §2.2). */
const K = 4;
/** A connection takes two round trips or more; one that took longer than this waited for something else. */
const MAX_ASSUMED_MS = 4000;

export class RoundTrip {
  #smoothedMs: number | undefined;
  #deviationMs = 0;
  #assumedMs = 0;

  /** A new path: all that is known of it is how long the connection took. */
  begin(dialMs: number) {
    this.#smoothedMs = undefined;
    this.#assumedMs = Math.min(dialMs, MAX_ASSUMED_MS);
  }

  /** Takes in a round trip that was measured. */
  measured(ms: number) {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = ms;
      this.#deviationMs = ms / 2;
      return;
    }
    this.#deviationMs += BETA * (Math.abs(this.#smoothedMs - ms) - this.#deviationMs);
    this.#smoothedMs += ALPHA * (ms - this.#smoothedMs);
  }

  /** After how long without an answer none is to be expected; 0 before there was a connection. */
  get timeoutMs(): number {
    if (this.#smoothedMs === undefined) return this.#assumedMs;
    return this.#smoothedMs + K * this.#deviationMs;
  }
}

/** How long a server may take to answer, from how long it took so far: as TCP's own timer is set (RFC 6298). */

/** Gains of RFC 6298 §2.3. */
const ALPHA = 1 / 8;
const BETA = 1 / 4;
/** How many deviations on top of the mean an answer may take (RFC 6298 §2.2). */
const K = 4;

export class RoundTrip {
  #smoothedMs: number | undefined;
  #deviationMs = 0;

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

  /** Takes in that a new path took so long for at least two round trips: all that is known of it. */
  begin(ms: number) {
    this.#smoothedMs = undefined;
    this.#deviationMs = 0;
    this.measured(ms / 2);
  }

  /** After how long without an answer there is none to be expected; 0 where nothing was measured. */
  get timeoutMs(): number {
    return (this.#smoothedMs ?? 0) + K * this.#deviationMs;
  }
}

/** Which of the last numbers of a run have come. */

/** How far back that is known. */
const WINDOW = 1 << 14;
const MISSING = 0, SEEN = 1;

export class SeenWindow {
  readonly #state = new Uint8Array(WINDOW);
  #highestSeq = -1;

  /** A number has come; one that is higher than all before it moves the window. */
  see(seq: number) {
    if (seq <= this.#highestSeq - WINDOW) return;
    this.#state[seq % WINDOW] = SEEN;
    this.#highestSeq = Math.max(this.#highestSeq, seq);
  }

  /** Those before a number that is about to be the highest have not come. */
  miss(fromSeq: number, endSeq: number) {
    for (let seq = Math.max(fromSeq, endSeq - WINDOW); seq < endSeq; seq++) {
      this.#state[seq % WINDOW] = MISSING;
    }
  }

  /** Whether a number has come; nothing where it is so old that it isn't known any more. */
  has(seq: number): boolean | undefined {
    if (seq <= this.#highestSeq - WINDOW) return undefined;
    return this.#state[seq % WINDOW] === SEEN;
  }
}

/** Which of the last numbers of a run have come: all of them, mostly, and then nothing is kept of them one by one. */

/** How far back that is known. */
const WINDOW = 1 << 14;

export class SeenWindow {
  #lowestSeq = 0;
  #highestSeq = -1;
  /** A bit for each number of the window; made with the first one that didn't come in its turn. */
  #bits: Uint8Array | undefined;

  /** A number has come; one that is higher than all before it moves the window. */
  see(seq: number) {
    if (seq <= this.#highestSeq - WINDOW) return;
    if (this.#highestSeq < 0) this.#lowestSeq = seq;
    else if (!this.#bits && (seq < this.#lowestSeq || seq > this.#highestSeq + 1)) this.#begin();
    if (this.#bits) this.#bits[at(seq)] |= bit(seq);
    this.#highestSeq = Math.max(this.#highestSeq, seq);
  }

  /** Those before a number that is about to be the highest have not come. */
  miss(fromSeq: number, endSeq: number) {
    const bits = this.#bits ?? this.#begin();
    for (let seq = Math.max(fromSeq, endSeq - WINDOW); seq < endSeq; seq++) {
      bits[at(seq)] &= ~bit(seq);
    }
  }

  /** Whether a number has come; nothing where it is so old that it isn't known any more. */
  has(seq: number): boolean | undefined {
    if (seq <= this.#highestSeq - WINDOW) return undefined;
    if (this.#bits) return (this.#bits[at(seq)] & bit(seq)) > 0;
    return seq >= this.#lowestSeq && seq <= this.#highestSeq;
  }

  #begin(): Uint8Array {
    const bits = this.#bits = new Uint8Array(WINDOW / 8);
    const from = Math.max(this.#lowestSeq, this.#highestSeq - WINDOW + 1);
    for (let seq = from; seq <= this.#highestSeq; seq++) bits[at(seq)] |= bit(seq);
    return bits;
  }
}

function at(seq: number): number {
  return Math.floor(seq % WINDOW / 8);
}

function bit(seq: number): number {
  return 1 << seq % 8;
}

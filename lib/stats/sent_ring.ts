/** Our last ticks, to know their echoes by. */

/** Some 40 s at 10 ms. */
const REMEMBERED = 4096;

export class SentRing {
  readonly #seq = new Float64Array(REMEMBERED).fill(-1);
  readonly #signUs = new Float64Array(REMEMBERED);

  add(seq: number, signUs: number) {
    this.#seq[seq % REMEMBERED] = seq;
    this.#signUs[seq % REMEMBERED] = signUs;
  }

  has(seq: number, signUs: number): boolean {
    return this.#seq[seq % REMEMBERED] === seq && this.#signUs[seq % REMEMBERED] === signUs;
  }

  clear() {
    this.#seq.fill(-1);
  }
}

/** Counts of few indices, in their order: four bytes each, where a page of {@linkcode PagedCounts} takes 32 and more. */

/** An index and its count are one number, which sorts by the index. */
const COUNT_BITS = 13;
const STEP = 2 ** COUNT_BITS;
/** Indices that fit in above the count. */
const INDICES = 2 ** (32 - COUNT_BITS);
/** What more than so many take is less in pages, mostly. */
const MAX_LENGTH = 1024;
const FIRST_LENGTH = 16; // so few are kept on V8's own heap, which takes less

export class FewCounts {
  #cells = new Uint32Array(FIRST_LENGTH);
  #length = 0;

  /** Counts so many more; returns false, having counted nothing, where that is too many, or of too many indices. */
  add(index: number, count: number): boolean {
    if (index >= INDICES || count >= STEP) return false;
    const place = this.#placeOf(index);
    if (place === this.#length || this.#cells[place] >= (index + 1) * STEP) {
      return this.#insert(place, index * STEP + count);
    }
    if (this.#cells[place] % STEP + count >= STEP) return false;
    this.#cells[place] += count;
    return true;
  }

  /** The index that holds the n-th of all counted, from 1. */
  indexOf(nth: number): number {
    let sum = 0;
    for (let place = 0; place < this.#length; place++) {
      sum += this.#cells[place] % STEP;
      if (sum >= nth) return Math.floor(this.#cells[place] / STEP);
    }
    return NaN;
  }

  /** In the order of their indices. */
  *[Symbol.iterator](): Generator<[index: number, count: number]> {
    for (let place = 0; place < this.#length; place++) {
      const cell = this.#cells[place];
      yield [Math.floor(cell / STEP), cell % STEP];
    }
  }

  /** Where an index is, or would be. */
  #placeOf(index: number): number {
    const least = index * STEP;
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#cells[middle] < least) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(place: number, cell: number): boolean {
    if (this.#length === MAX_LENGTH) return false;
    if (this.#length === this.#cells.length) {
      const cells = new Uint32Array(Math.min(MAX_LENGTH, Math.ceil(1.5 * this.#length)));
      cells.set(this.#cells);
      this.#cells = cells;
    }
    this.#cells.copyWithin(place + 1, place, this.#length);
    this.#cells[place] = cell;
    this.#length++;
    return true;
  }
}

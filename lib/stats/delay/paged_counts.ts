/** Counts by index, most of which are 0: kept in pages that are taken with the first count in each. */

/** Indices of one page: small, as what is far from all else takes one by itself. */
const PAGE = 16;
const FIRST_PAGES = 4;
const FIRST_PLACES = 32;

/** All counts are widened together once one of them needs it; arrays of more kinds would cost time at each count. */
const WIDTHS = [Uint16Array, Uint32Array, Float64Array] as const;
const LARGEST = [2 ** 16 - 1, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER];

export class PagedCounts {
  /** Which page among the cells each stretch of indices has, from 1 on; 0 where it has none. */
  #places = new Uint16Array(FIRST_PLACES);
  #pages = 0;
  #width = 0;
  #cells: Uint16Array | Uint32Array | Float64Array = new Uint16Array(FIRST_PAGES * PAGE);
  /** Where the last search ended, and the sum before: percentiles are asked for one by one, the least first. */
  #foundPage = 0;
  #foundSum = 0;

  add(index: number, count: number) {
    const at = this.#pageOf(Math.floor(index / PAGE)) * PAGE + index % PAGE;
    const sum = this.#cells[at] + count;
    if (sum > LARGEST[this.#width]) this.#widen(sum);
    this.#cells[at] = sum;
    this.#foundPage = this.#foundSum = 0;
  }

  /** The index that holds the n-th of all counted, from 1. */
  indexOf(nth: number): number {
    if (nth <= this.#foundSum) this.#foundPage = this.#foundSum = 0;
    let sum = this.#foundSum;
    // Without the generator, which takes several times as long.
    for (let page = this.#foundPage; page < this.#places.length; page++) {
      const place = this.#places[page];
      if (place === 0) continue;
      this.#foundPage = page;
      this.#foundSum = sum;
      const from = (place - 1) * PAGE;
      for (let n = 0; n < PAGE; n++) {
        sum += this.#cells[from + n];
        if (sum >= nth) return page * PAGE + n;
      }
    }
    return NaN;
  }

  /** Those that aren't 0, in the order of their indices. */
  *[Symbol.iterator](): Generator<[index: number, count: number]> {
    for (let page = 0; page < this.#places.length; page++) {
      const place = this.#places[page];
      if (place === 0) continue;
      for (let n = 0; n < PAGE; n++) {
        const count = this.#cells[(place - 1) * PAGE + n];
        if (count > 0) yield [page * PAGE + n, count];
      }
    }
  }

  /** Where a page is, which is taken if need be. */
  #pageOf(page: number): number {
    if (page >= this.#places.length) {
      const places = new Uint16Array(Math.max(page + 1, Math.ceil(1.5 * this.#places.length)));
      places.set(this.#places);
      this.#places = places;
    }
    if (this.#places[page] === 0) {
      if (this.#pages * PAGE === this.#cells.length) this.#resize(Math.ceil(1.5 * this.#pages));
      this.#places[page] = ++this.#pages;
    }
    return this.#places[page] - 1;
  }

  #widen(count: number) {
    while (count > LARGEST[this.#width]) this.#width++;
    this.#resize(this.#cells.length / PAGE);
  }

  #resize(pages: number) {
    const cells = new WIDTHS[this.#width](pages * PAGE);
    cells.set(this.#cells);
    this.#cells = cells;
  }
}

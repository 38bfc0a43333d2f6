/** Counts by index, most of which are 0. */

import { FewCounts } from "./few_counts.ts";
import { PagedCounts } from "./paged_counts.ts";

export class SparseCounts {
  /** The sum of all. */
  total = 0;
  #counts: FewCounts | PagedCounts = new FewCounts();

  add(index: number, count: number) {
    this.total += count;
    if (this.#counts instanceof PagedCounts) return this.#counts.add(index, count);
    if (this.#counts.add(index, count)) return;
    const paged = new PagedCounts();
    for (const counted of this.#counts) paged.add(...counted);
    paged.add(index, count);
    this.#counts = paged;
  }

  /** The index that holds the n-th of all counted, from 1. */
  indexOf(nth: number): number {
    return this.#counts.indexOf(nth);
  }

  clear() {
    this.total = 0;
    this.#counts = new FewCounts();
  }

  /** Those that aren't 0, in the order of their indices. */
  [Symbol.iterator](): Generator<[index: number, count: number]> {
    return this.#counts[Symbol.iterator]();
  }
}

/** Gaps in their order: the oldest is given up first, and what comes after all parts the one that it is in. */

import { type Gap, placeOf } from "./gap.ts";

/** The room of those that are gone is given back so many at a time. */
const GONE = 64;

export class Gaps {
  #all: Gap[] = [];
  /** So many at the start are gone. */
  #gone = 0;

  get length(): number {
    return this.#all.length - this.#gone;
  }

  get oldest(): Gap | undefined {
    return this.#all[this.#gone];
  }

  push(gap: Gap) {
    this.#all.push(gap);
  }

  /** Adds one before all others. */
  unshift(gap: Gap) {
    this.#all.splice(this.#gone, 0, gap);
  }

  /** Takes the oldest away, of which there is one. */
  shift(): Gap {
    const oldest = this.#all[this.#gone++];
    if (this.#gone >= GONE && 2 * this.#gone >= this.#all.length) {
      this.#all = this.#all.slice(this.#gone);
      this.#gone = 0;
    }
    return oldest;
  }

  /** The one that holds a number. */
  holding(seq: number): Gap | undefined {
    return this.#all[placeOf(this.#all, seq, this.#gone)];
  }

  replace(gap: Gap, parts: Gap[]) {
    this.#all.splice(placeOf(this.#all, gap.fromSeq, this.#gone), 1, ...parts);
  }

  map<T>(told: (gap: Gap) => T): T[] {
    return this.#all.slice(this.#gone).map(told);
  }
}

/** Columns of one width, one after the other: the last so many, or all, where each gets wider instead. */

import { Column } from "./column.ts";

export interface TierOptions {
  widthUs: number;
  maxColumns: number;
  /** Forgets the oldest, or merges two by two into columns of twice the width. */
  whenFull: "forget" | "merge";
}

export class Tier {
  widthUs: number;
  /** The index of the first column that is kept: it begins at that many widths. */
  first = 0;
  readonly columns: Column[] = [];
  /** Columns before this index were handed out as they are now. */
  #handedOut = 0;
  #isChanged = false;
  readonly #maxColumns: number;
  readonly #whenFull: TierOptions["whenFull"];

  constructor({ widthUs, maxColumns, whenFull }: TierOptions) {
    this.widthUs = widthUs;
    this.#maxColumns = maxColumns;
    this.#whenFull = whenFull;
  }

  /** The column that holds a moment; of one before all that are kept, the first one. */
  at(us: number): Column {
    let index = Math.floor(us / this.widthUs);
    if (this.columns.length === 0) this.first = this.#handedOut = index;
    if (index >= this.first + this.columns.length) {
      this.#extend(index);
      index = Math.floor(us / this.widthUs);
    }
    if (index < this.first) this.#extendBack(index);
    index = Math.max(index, this.first);
    if (index < this.#handedOut) this.#isChanged = true;
    return this.columns[index - this.first];
  }

  /**
   * The columns that were closed by a moment and weren't handed out; or all, where one of those before has changed.
   * For one consumer only.
   */
  take(untilUs: number): { from: number; columns: Column[]; isWhole: boolean } {
    const isWhole = this.#isChanged;
    const from = isWhole ? this.first : Math.max(this.#handedOut, this.first);
    const closed = Math.floor(untilUs / this.widthUs);
    const until = Math.max(from, Math.min(this.first + this.columns.length, closed));
    const columns = this.columns.slice(from - this.first, until - this.first);
    for (const column of columns) column.close();
    this.#handedOut = until;
    this.#isChanged = false;
    return { from, columns, isWhole };
  }

  /** All that were handed out so far. */
  get taken(): { from: number; columns: Column[] } {
    return { from: this.first, columns: this.columns.slice(0, this.#handedOut - this.first) };
  }

  clearValues() {
    for (const column of this.columns) column.clearValues();
    this.#isChanged = true;
  }

  #extend(index: number) {
    this.columns.at(-1)?.close();
    if (this.#whenFull === "merge") {
      while (index - this.first >= this.#maxColumns) {
        this.#merge();
        index = Math.floor(index / 2);
      }
    }
    const missing = index - this.first - this.columns.length + 1;
    // After a long pause none of those before is kept.
    if (missing > this.#maxColumns) {
      this.columns.length = 0;
      this.first = index;
      this.columns.push(new Column());
      return;
    }
    for (let n = 0; n < missing; n++) this.columns.push(new Column());
    const over = Math.max(0, this.columns.length - this.#maxColumns);
    this.columns.splice(0, over);
    this.first += over;
  }

  /** What has waited may be of before the first one, as long as there is room. */
  #extendBack(index: number) {
    const missing = Math.min(this.first - index, this.#maxColumns - this.columns.length);
    this.columns.unshift(...Array.from({ length: missing }, () => new Column()));
    this.first -= missing;
    if (missing > 0) this.#isChanged = true;
  }

  #merge() {
    const first = Math.floor(this.first / 2);
    const merged: Column[] = [];
    this.columns.forEach((column, n) => {
      const at = Math.floor((this.first + n) / 2) - first;
      if (merged[at]) merged[at].add(column);
      else merged[at] = column;
    });
    for (const column of merged) column.close();
    this.columns.splice(0, Infinity, ...merged);
    this.first = first;
    this.widthUs *= 2;
    this.#handedOut = first;
    this.#isChanged = true;
  }
}

/**
 * The intervals of one peer as columns of a plot, in bounded memory: two by two they become one where there would be
 * more. Then min, max and counts are those of both; a percentile is the higher one of the two, which that of both
 * together can't be above.
 */

import type { TierMessage } from "../../live/feed.ts";
import type { DelayStatistics } from "../../stats/delay/histogram.ts";
import { SHOWN } from "../../live/column.ts";

export interface IntervalValues {
  lengthUs: number;
  received: number;
  lost: number;
  statistics: DelayStatistics;
}

type Row = (number | null)[];
const MAX_COLUMNS = 2400;
/** count, min, percentiles, max, lost, offset, bound: the last two aren't in an interval. */
const [COUNT, MIN, MAX, LOST] = [0, 1, 2 + SHOWN.length, 3 + SHOWN.length];
const EMPTY: Row = [0, null, ...SHOWN.map(() => null), null, 0, null, null];

export class IntervalColumns {
  #widthUs = 0;
  readonly #rows = new Map<number, Row>();
  #firstIndex = 0;
  #lastIndex = 0;

  /** @param middleUs of the interval, from where columns are counted */
  add(middleUs: number, { lengthUs, received, lost, statistics }: IntervalValues) {
    if (this.#rows.size === 0) this.#widthUs = Math.max(1000, lengthUs);
    const { minUs, percentilesUs, max } = statistics;
    const times = [minUs, ...SHOWN.map((share) => percentilesUs[share * 100]), max.us].map(ms);
    this.#put(Math.floor(middleUs / this.#widthUs), [received, ...times, lost, null, null]);
    while (this.#lastIndex - this.#firstIndex >= MAX_COLUMNS) this.#halve();
  }

  get tier(): TierMessage {
    const from = this.#firstIndex;
    const length = this.#rows.size === 0 ? 0 : this.#lastIndex - from + 1;
    const columns = Array.from({ length }, (_, n) => this.#rows.get(from + n) ?? EMPTY);
    return { widthS: this.#widthUs / 1e6, from, isWhole: true, columns };
  }

  #put(index: number, row: Row) {
    const known = this.#rows.get(index);
    this.#rows.set(index, known ? together(known, row) : row);
    const isFirst = this.#rows.size === 1;
    this.#firstIndex = isFirst ? index : Math.min(this.#firstIndex, index);
    this.#lastIndex = isFirst ? index : Math.max(this.#lastIndex, index);
  }

  #halve() {
    const all = [...this.#rows];
    this.#rows.clear();
    this.#widthUs *= 2;
    for (const [index, row] of all) this.#put(Math.floor(index / 2), row);
  }
}

function together(a: Row, b: Row): Row {
  return a.map((value, at) => {
    if (at === COUNT || at === LOST) return value! + b[at]!;
    const known = [value, b[at]].filter((each) => each !== null);
    if (known.length === 0) return null;
    return at === MIN ? Math.min(...known) : at <= MAX ? Math.max(...known) : null;
  });
}

function ms(us: number): number | null {
  return Number.isFinite(us) ? Math.round(us) / 1000 : null;
}

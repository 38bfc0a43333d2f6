/** The outages of a whole run in bounded memory: the two that are closest become one when there are too many. */

import type { CauseShare, Outage, OutageCause } from "../stats/outages.ts";

/** One outage, or several so close that they are kept as one. */
export interface OutageSpan {
  startUs: number;
  endUs: number;
  count: number;
  /** All of them together, which is less than the span where there are several. */
  totalUs: number;
  /** Of the longest one. */
  cause: OutageCause;
  longestUs: number;
  missing: number;
  /** Of one alone: all that explains it, where that is more, and whether it lasted until the end. */
  causes?: CauseShare[];
  isOpen?: true;
}

export class OutageSpans {
  readonly all: OutageSpan[] = [];
  /** How many there were. */
  added = 0;
  readonly #max: number;

  constructor(max = 512) {
    this.#max = max;
  }

  add(outage: Outage) {
    this.all.push(spanOf(outage));
    this.added++;
    if (this.all.length > this.#max) this.#mergeClosest();
  }

  #mergeClosest() {
    const gapUs = (at: number) => this.all[at + 1].startUs - this.all[at].endUs;
    let closest = 0;
    for (let at = 1; at < this.all.length - 1; at++) {
      if (gapUs(at) < gapUs(closest)) closest = at;
    }
    const [a, b] = this.all.slice(closest, closest + 2);
    this.all.splice(closest, 2, {
      startUs: Math.min(a.startUs, b.startUs),
      endUs: Math.max(a.endUs, b.endUs),
      count: a.count + b.count,
      totalUs: a.totalUs + b.totalUs,
      cause: (a.longestUs >= b.longestUs ? a : b).cause,
      longestUs: Math.max(a.longestUs, b.longestUs),
      missing: a.missing + b.missing,
    });
  }
}

export function spanOf(outage: Outage): OutageSpan {
  const { startUs, endUs, lengthUs, cause, missing, causes, isOpen } = outage;
  const [totalUs, longestUs] = [lengthUs, lengthUs];
  return { startUs, endUs, count: 1, totalUs, cause, longestUs, missing, causes, isOpen };
}

/** How much the delay changes from one tick to the next. */

export interface VariationStatistics {
  /** RFC 3550 §6.4.1, in arrival order; not a number before there are two ticks. */
  jitterUs: number;
  /** RFC 3393 for consecutive sequence numbers: how many pairs, and the mean and the largest of |IPDV|, if there are. */
  pairs: number;
  ipdvMeanUs: number;
  ipdvMaxUs: number;
}

/** A tick has its pair with one that comes so many numbers later at most. */
const WINDOW = 1 << 12;
/** Ticks beside a number that is missing, which may come yet: so many are kept. */
const MAX_EDGES = 1 << 10;

export class Variation {
  #jitterUs = NaN;
  #lastUs = NaN;
  #pairs = 0;
  #meanUs = 0;
  #maxUs = 0;
  /** The highest number, and its dt. */
  #highest = -1;
  #highestUs = NaN;
  /** The dt of ticks beside a missing number, by their numbers; made with the first. */
  #edges: Map<number, number> | undefined;

  /** Takes in a tick that wasn't here before; without a sequence number, it counts for the jitter only. */
  record(dtUs: number, seq?: number) {
    if (!Number.isNaN(this.#lastUs)) {
      // D(i-1, i) = (R_i - S_i) - (R_i-1 - S_i-1), which is the change of dt
      const jitterUs = this.#jitterUs || 0;
      this.#jitterUs = jitterUs + (Math.abs(dtUs - this.#lastUs) - jitterUs) / 16;
    }
    this.#lastUs = dtUs;
    if (seq === undefined) return;
    if (seq > this.#highest) this.#follow(seq, dtUs);
    else if (seq > this.#highest - WINDOW) this.#fill(seq, dtUs);
  }

  /** Forgets the ticks before: after a step of a clock, or a restart, a change says nothing. */
  restart() {
    this.#lastUs = NaN;
    this.#highest = -1;
    this.#edges = undefined;
  }

  statistics(): VariationStatistics {
    return {
      jitterUs: this.#jitterUs,
      pairs: this.#pairs,
      ipdvMeanUs: this.#pairs > 0 ? this.#meanUs : NaN,
      ipdvMaxUs: this.#pairs > 0 ? this.#maxUs : NaN,
    };
  }

  #follow(seq: number, dtUs: number) {
    if (seq === this.#highest + 1 && this.#highest >= 0) this.#pair(this.#highestUs, dtUs);
    else {
      if (this.#highest >= 0) this.#keep(this.#highest, this.#highestUs);
      this.#keep(seq, dtUs);
    }
    this.#highest = seq;
    this.#highestUs = dtUs;
  }

  /** Behind a later one: it may have pairs on either side. */
  #fill(seq: number, dtUs: number) {
    const [before, behind] = [this.#edges?.get(seq - 1), this.#edges?.get(seq + 1)];
    if (before !== undefined) this.#pair(before, dtUs);
    if (behind !== undefined) this.#pair(behind, dtUs);
    if (before === undefined || behind === undefined) this.#keep(seq, dtUs);
  }

  #keep(seq: number, dtUs: number) {
    const edges = this.#edges ??= new Map();
    edges.set(seq, dtUs);
    for (const oldest of edges.keys()) {
      if (oldest > this.#highest - WINDOW && edges.size <= MAX_EDGES) break;
      edges.delete(oldest);
    }
  }

  #pair(aUs: number, bUs: number) {
    const changeUs = Math.abs(aUs - bUs);
    this.#pairs++;
    this.#meanUs += (changeUs - this.#meanUs) / this.#pairs;
    this.#maxUs = Math.max(this.#maxUs, changeUs);
  }
}

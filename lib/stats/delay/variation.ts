/** How much the delay changes from one tick to the next. */

export interface VariationStatistics {
  /** RFC 3550 §6.4.1, in arrival order; not a number before there are two ticks. */
  jitterUs: number;
  /** RFC 3393 for consecutive sequence numbers: how many pairs, and the mean and the largest of |IPDV|, if there are. */
  pairs: number;
  ipdvMeanUs: number;
  ipdvMaxUs: number;
}

const WINDOW = 1 << 12;

export class Variation {
  #jitterUs = NaN;
  #lastUs = NaN;
  #pairs = 0;
  #meanUs = 0;
  #maxUs = 0;
  readonly #seq = new Float64Array(WINDOW).fill(NaN);
  readonly #dtUs = new Float64Array(WINDOW);

  /** Takes in a tick that wasn't here before; without a sequence number, it counts for the jitter only. */
  record(dtUs: number, seq?: number) {
    if (!Number.isNaN(this.#lastUs)) {
      // D(i-1, i) = (R_i - S_i) - (R_i-1 - S_i-1), which is the change of dt
      const jitterUs = this.#jitterUs || 0;
      this.#jitterUs = jitterUs + (Math.abs(dtUs - this.#lastUs) - jitterUs) / 16;
    }
    this.#lastUs = dtUs;
    if (seq === undefined) return;
    this.#seq[seq % WINDOW] = seq;
    this.#dtUs[seq % WINDOW] = dtUs;
    // Either may come last, where they are reordered.
    this.#pair(seq - 1, dtUs);
    this.#pair(seq + 1, dtUs);
  }

  /** Forgets the ticks before: after a step of a clock, or a restart, a change says nothing. */
  restart() {
    this.#lastUs = NaN;
    this.#seq.fill(NaN);
  }

  statistics(): VariationStatistics {
    return {
      jitterUs: this.#jitterUs,
      pairs: this.#pairs,
      ipdvMeanUs: this.#pairs > 0 ? this.#meanUs : NaN,
      ipdvMaxUs: this.#pairs > 0 ? this.#maxUs : NaN,
    };
  }

  #pair(seq: number, dtUs: number) {
    if (seq < 0 || this.#seq[seq % WINDOW] !== seq) return;
    const changeUs = Math.abs(dtUs - this.#dtUs[seq % WINDOW]);
    this.#pairs++;
    this.#meanUs += (changeUs - this.#meanUs) / this.#pairs;
    this.#maxUs = Math.max(this.#maxUs, changeUs);
  }
}

/** Ticks of one clock that wait for its offset, in their order: of thousands of peers that echo nothing, some each. */

import type { MonoUs } from "../../time/clock.ts";
import type { ClockEra, Sample } from "./sample.ts";

/** Numbers of one tick. */
const ROW = 5;
const FIRST_ROWS = 16;
const STALE = 1;
const DURING_STALL = 2;

export class WaitingSamples {
  length = 0;
  readonly #era: ClockEra;
  /** A ring of rows: a third of what objects would take, and nothing for the garbage collection to follow. */
  #numbers: number[] = [];
  /** By row, those that somebody else has too, and is to find the delay in. */
  #followed: (Sample | undefined)[] | undefined;
  #firstRow = 0;

  constructor(era: ClockEra) {
    this.#era = era;
  }

  /** @param isFollowed whether somebody else has it too */
  push(sample: Sample, isFollowed: boolean) {
    if (this.length === this.#rows) this.#grow();
    const row = this.#rowOf(this.length++);
    const at = ROW * row;
    const numbers = this.#numbers;
    numbers[at] = sample.dtUs;
    numbers[at + 1] = sample.seq;
    numbers[at + 2] = sample.atUs;
    numbers[at + 3] = sample.monoUs;
    numbers[at + 4] = (sample.stale ? STALE : 0) + (sample.duringStall ? DURING_STALL : 0);
    if (isFollowed) (this.#followed ??= [])[row] = sample;
    else if (this.#followed) this.#followed[row] = undefined;
  }

  /** Takes the oldest away, of which there is one. */
  shift(): Sample {
    const sample = this.#get(0);
    if (this.#followed) this.#followed[this.#firstRow] = undefined;
    this.#firstRow = this.#rowOf(1);
    this.length--;
    return sample;
  }

  /** All of them, the oldest first. */
  all(): Sample[] {
    return Array.from({ length: this.length }, (_, nth) => this.#get(nth));
  }

  /** The same, of which none waits any longer. */
  takeAll(): Sample[] {
    const all = this.all();
    this.length = this.#firstRow = 0;
    this.#numbers = [];
    this.#followed = undefined;
    return all;
  }

  get #rows(): number {
    return this.#numbers.length / ROW;
  }

  #rowOf(nth: number): number {
    return (this.#firstRow + nth) % this.#rows;
  }

  #get(nth: number): Sample {
    const row = this.#rowOf(nth);
    const followed = this.#followed?.[row];
    if (followed) return followed;
    const [dtUs, seq, atUs, monoUs, flags] = this.#numbers.slice(ROW * row, ROW * (row + 1));
    const stale = (flags & STALE) > 0;
    const duringStall = (flags & DURING_STALL) > 0;
    return { dtUs, seq, atUs, monoUs: monoUs as MonoUs, duringStall, stale, era: this.#era };
  }

  /** The oldest one comes first again. */
  #grow() {
    const numbers = this.#numbers;
    const from = ROW * this.#firstRow;
    const rows = Math.max(FIRST_ROWS, 2 * this.#rows);
    this.#numbers = new Array<number>(ROW * rows).fill(NaN); // doubles from the start
    for (let n = 0; n < numbers.length; n++) {
      this.#numbers[n] = numbers[(from + n) % numbers.length];
    }
    const followed = this.#followed;
    const first = this.#firstRow;
    this.#followed = followed && [...followed.slice(first), ...followed.slice(0, first)];
    this.#firstRow = 0;
  }
}

/** The ticks of one sender that wait for its clock's offset, in order. Thousands of senders may never echo, and have some each. */

import type { MonoUs } from "../../time/clock.ts";
import type { ClockEra, Sample } from "./sample.ts";

/** Numbers of one tick. */
const ROW = 5;
const STALE = 1;
const DURING_STALL = 2;

export class WaitingSamples {
  length = 0;
  readonly #most: number;
  readonly #era: ClockEra;
  /** A ring of rows: a third of what objects take, and nothing for the garbage collector to follow. */
  #numbers: number[] = [];
  /** In the same ring, those that somebody else keeps too, to find the delay in them. */
  #kept: (Sample | undefined)[] | undefined;
  #firstRow = 0;

  /** @param most of them that wait at once */
  constructor(era: ClockEra, most: number) {
    this.#era = era;
    this.#most = most;
  }

  /**
   * @param isKept whether somebody else keeps it too
   * @returns the oldest, where there was no room: it waits no longer
   */
  push(sample: Sample, isKept: boolean): Sample | undefined {
    const oldest = this.length === this.#most ? this.#shift() : undefined;
    const row = this.#rowOf(this.length++);
    if (isKept) (this.#kept ??= [])[row] = sample;
    else {
      if (this.#kept) this.#kept[row] = undefined;
      this.#write(ROW * row, sample);
    }
    return oldest;
  }

  /** All of them, the oldest first. */
  all(): Sample[] {
    return Array.from({ length: this.length }, (_, nth) => this.#read(this.#rowOf(nth)));
  }

  /** Removes and returns all of them, the oldest first. */
  takeAll(): Sample[] {
    const all = this.all();
    this.length = this.#firstRow = 0;
    this.#numbers = [];
    this.#kept = undefined;
    return all;
  }

  #shift(): Sample {
    const oldest = this.#read(this.#firstRow);
    if (this.#kept) this.#kept[this.#firstRow] = undefined;
    this.#firstRow = this.#rowOf(1);
    this.length--;
    return oldest;
  }

  #rowOf(nth: number): number {
    return (this.#firstRow + nth) % this.#most;
  }

  #write(at: number, { dtUs, seq, atUs, monoUs, stale, duringStall }: Sample) {
    const numbers = this.#numbers;
    numbers[at] = dtUs;
    numbers[at + 1] = seq;
    numbers[at + 2] = atUs;
    numbers[at + 3] = monoUs;
    numbers[at + 4] = (stale ? STALE : 0) + (duringStall ? DURING_STALL : 0);
  }

  #read(row: number): Sample {
    const kept = this.#kept?.[row];
    if (kept) return kept;
    const [dtUs, seq, atUs, monoUs, flags] = this.#numbers.slice(ROW * row, ROW * (row + 1));
    const stale = (flags & STALE) > 0;
    const duringStall = (flags & DURING_STALL) > 0;
    return { dtUs, seq, atUs, monoUs: monoUs as MonoUs, duringStall, stale, era: this.#era };
  }
}

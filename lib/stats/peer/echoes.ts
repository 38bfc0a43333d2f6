/** What rides back to a peer on our ticks: nothing new mostly, as its ticks are taken in ten at once. */

import type { Echo } from "../../wire.ts";
import type { KeptTick } from "./kept_tick.ts";

/** So many ticks of ours at first carry an echo each: more than a clock takes to settle. */
const FIRST = 64;

export class Echoes {
  readonly #newest: () => KeptTick | undefined;
  /** Which tick of which run rode back last, and how often one of that run did. */
  #lastNth = 0;
  #lastRun: string | undefined;
  #count = 0;

  /** @param newest tick of the peer whose time is good */
  constructor(newest: () => KeptTick | undefined) {
    this.#newest = newest;
  }

  /** Whether there is one to ride back: a new one, or again that of before, of which there were only a few. */
  get isDue(): boolean {
    const newest = this.#newest();
    if (!newest || this.#count < FIRST) return newest !== undefined;
    return newest.nth !== this.#lastNth || newest.header?.run !== this.#lastRun;
  }

  /** What rides back, where there is anything. */
  get next(): Echo | undefined {
    const newest = this.#newest();
    if (!newest) return undefined;
    const { header, signUs, realUs } = newest;
    const { run, seq } = header ?? { run: "-", seq: -1 };
    return { run, seq, signUs, realUs };
  }

  /** After a step of our clock: its first ticks ride back as often as those of a new run. */
  restart() {
    this.#lastNth = 0;
    this.#lastRun = undefined;
    this.#count = 0;
  }

  /** It rides on our next tick. */
  took() {
    const newest = this.#newest();
    const run = newest?.header?.run;
    if (run !== this.#lastRun) this.#count = 0;
    this.#lastNth = newest?.nth ?? 0;
    this.#lastRun = run;
    this.#count++;
  }
}

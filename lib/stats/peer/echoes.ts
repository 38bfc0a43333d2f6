/** What rides back to a peer on our ticks: nothing new mostly, as its ticks are taken in ten at once. */

import type { ReceivedTick } from "../../arrival.ts";
import type { Echo } from "../../wire.ts";

/** So many ticks of ours at first carry an echo each: more than a clock takes to settle. */
const FIRST = 64;

export class Echoes {
  readonly #newest: () => ReceivedTick | undefined;
  /** The tick that rode back last, and how often one of its run did. */
  #last: ReceivedTick | undefined;
  #count = 0;

  /** @param newest tick of the peer whose time is good */
  constructor(newest: () => ReceivedTick | undefined) {
    this.#newest = newest;
  }

  /** Whether there is one to ride back: a new one, or again that of before, of which there were only a few. */
  get isDue(): boolean {
    const newest = this.#newest();
    return newest !== undefined && (newest !== this.#last || this.#count < FIRST);
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
    this.#last = undefined;
    this.#count = 0;
  }

  /** It rides on our next tick. */
  took() {
    const newest = this.#newest();
    if (newest?.header?.run !== this.#last?.header?.run) this.#count = 0;
    this.#last = newest;
    this.#count++;
  }
}

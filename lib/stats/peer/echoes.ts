/** What rides back to a peer on our ticks: nothing new mostly, as its ticks are taken in ten at once. */

import type { ReceivedTick } from "../../arrival.ts";
import type { TickHeader } from "../../wire.ts";
import type { SequenceAccounts } from "../sequence/accounts.ts";

/** So many ticks of ours at first carry an echo each: more than a clock takes to settle. */
const FIRST = 64;

export class Echoes {
  /** The tick that rode back last, and how often one of its run did. */
  #last: ReceivedTick | undefined;
  #count = 0;

  /**
   * The tick and what was received of its run: once, but on our first ticks and the last.
   *
   * @param echoed the newest tick of the peer whose time is good
   */
  about(
    echoed: ReceivedTick | undefined,
    accounts: SequenceAccounts,
    last: boolean,
  ): Partial<TickHeader> {
    const isNew = echoed !== this.#last;
    if (echoed?.header?.run !== this.#last?.header?.run) this.#count = 0;
    this.#last = echoed;
    if (!echoed || !(isNew || last || this.#count < FIRST)) return {};
    this.#count++;
    const { header, signUs, realUs } = echoed;
    const { run, seq } = header ?? { run: "-", seq: -1 };
    return { echo: { run, seq, signUs, realUs }, received: accounts.account(run) };
  }
}

/** When one peer is silent, and how long it was dark. */

import type { MonoUs } from "../../time/clock.ts";
import type { PeerEvent } from "../events.ts";
import type { HeardTick } from "../../tick.ts";
import { Gaps, leastGapUs } from "../outages.ts";
import type { OwnFaults } from "../local_faults.ts";
import type { GapFigures } from "./statistics.ts";
import { hasEnded, type Sender } from "./senders.ts";

/** A peer that is silent for this long is told; or for five of its intervals, if those are longer. */
const SILENT_AFTER_US = 1e6;

export class Silence {
  readonly #subject: string;
  readonly #tell: (event: PeerEvent) => void;
  readonly #gaps = new Gaps();
  #isTold = false;

  constructor(subject: string, tell: (event: PeerEvent) => void) {
    this.#subject = subject;
    this.#tell = tell;
  }

  /** Tells a silence that goes on. */
  check(sender: Sender, nowUs: MonoUs) {
    const forUs = nowUs - sender.last.monoUs;
    const afterUs = Math.max(SILENT_AFTER_US, 5 * sender.intervalUs);
    if (this.#isTold || hasEnded(sender) || forUs < afterUs) return;
    this.#isTold = true;
    this.#tell({ type: "peer silent", subject: this.#subject, forMs: forUs / 1000 });
  }

  /** A tick comes after the last one of its sender: tells the gap between them, and its return. */
  end(tick: HeardTick, sender: Sender, own: OwnFaults) {
    this.#endGap(tick, sender, own);
    const afterMs = (tick.monoUs - sender.last.monoUs) / 1000;
    if (this.#isTold) this.#tell({ type: "peer back", subject: this.#subject, afterMs });
    this.#isTold = false;
  }

  /** A new run comes after the last tick of a sender: tells the gap between them. */
  endWithRestart(tick: HeardTick, sender: Sender, own: OwnFaults) {
    this.#endGap(tick, sender, own);
    this.#isTold = false;
  }

  /** @param sender whose silence may last at this moment */
  figures(sender: Sender, nowUs: MonoUs): GapFigures {
    const { count, totalUs, longest, longestOfOthersUs } = this.#gaps;
    const forUs = nowUs - sender.last.monoUs;
    const isOpen = !hasEnded(sender) && forUs >= leastGapUs(sender.intervalUs);
    return { count, totalUs, longest, longestOfOthersUs, openUs: isOpen ? forUs : undefined };
  }

  #endGap(tick: HeardTick, { newest, last, intervalUs }: Sender, own: OwnFaults) {
    const lengthUs = tick.monoUs - last.monoUs;
    // Mostly there is none; this is asked at every tick.
    if (lengthUs <= this.#gaps.longestOfOthersUs && lengthUs < leastGapUs(intervalUs)) return;
    const before = { ...newest, realUs: last.realUs, monoUs: last.monoUs };
    const gap = this.#gaps.between(before, tick, intervalUs, own);
    if (gap) this.#tell({ type: "gap", subject: this.#subject, ...gap });
  }
}

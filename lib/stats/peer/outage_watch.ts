/** When one peer is silent, and how long it was dark. */

import type { MonoUs } from "../../time/clock.ts";
import type { PeerEvent } from "../events.ts";
import type { ReceivedTick } from "../../tick.ts";
import { minOutageUs, Outages } from "../outages.ts";
import type { LocalFaults } from "../local_faults.ts";
import type { OutageStatistics } from "./statistics.ts";
import { hasEnded, type Sender } from "./senders.ts";

/** A peer that is silent for this long is told; or for five of its intervals, if those are longer. */
const SILENT_AFTER_US = 1e6;

export class OutageWatch {
  readonly #subject: string;
  readonly #report: (event: PeerEvent) => void;
  readonly #outages = new Outages();
  #isReported = false;

  constructor(subject: string, report: (event: PeerEvent) => void) {
    this.#subject = subject;
    this.#report = report;
  }

  /** Tells a silence that goes on. */
  check(sender: Sender, nowUs: MonoUs) {
    const forUs = nowUs - sender.last.monoUs;
    const afterUs = Math.max(SILENT_AFTER_US, 5 * sender.intervalUs);
    if (this.#isReported || hasEnded(sender) || forUs < afterUs) return;
    this.#isReported = true;
    this.#report({ type: "no ticks", subject: this.#subject, forMs: forUs / 1000 });
  }

  /** A tick comes after the last one of its sender: tells the gap between them, and its return. */
  end(tick: ReceivedTick, sender: Sender, local: LocalFaults) {
    this.#endOutage(tick, sender, local);
    const afterMs = (tick.monoUs - sender.last.monoUs) / 1000;
    if (this.#isReported) {
      this.#report({ type: "receiving again", subject: this.#subject, afterMs });
    }
    this.#isReported = false;
  }

  /** A new run comes after the last tick of a sender: tells the gap between them. */
  endWithRestart(tick: ReceivedTick, sender: Sender, local: LocalFaults) {
    this.#endOutage(tick, sender, local);
    this.#isReported = false;
  }

  /** @param sender whose silence may last at this moment */
  statistics(sender: Sender, nowUs: MonoUs): OutageStatistics {
    const { count, totalUs, longest, longestOfOthersUs } = this.#outages;
    const forUs = nowUs - sender.last.monoUs;
    const isOpen = !hasEnded(sender) && forUs >= minOutageUs(sender.intervalUs);
    return { count, totalUs, longest, longestOfOthersUs, openUs: isOpen ? forUs : undefined };
  }

  #endOutage(tick: ReceivedTick, { newest, last, intervalUs }: Sender, local: LocalFaults) {
    const lengthUs = tick.monoUs - last.monoUs;
    // Mostly there is none; this is asked at every tick.
    if (lengthUs <= this.#outages.longestOfOthersUs && lengthUs < minOutageUs(intervalUs)) return;
    const before = { ...newest, realUs: last.realUs, monoUs: last.monoUs };
    const outage = this.#outages.between(before, tick, intervalUs, local);
    if (outage) this.#report({ type: "outage", subject: this.#subject, ...outage });
  }
}

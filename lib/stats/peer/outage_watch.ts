/** The outages of one peer, and when to report that no ticks come. */

import type { MonoUs } from "../../time/clock.ts";
import type { PeerEvent } from "../events.ts";
import type { ReceivedTick } from "../../arrival.ts";
import {
  minOutageUs,
  ofOthersUs,
  type Outage,
  type OutageTick,
  stretchBetween,
  stretchSince,
} from "../outages.ts";
import type { LocalFaults } from "../local_faults.ts";
import type { OutageStatistics } from "./statistics.ts";
import type { PastTick } from "./kept_tick.ts";
import { RefusedTicks } from "./refused_ticks.ts";
import { hasEnded, type Sender } from "./senders.ts";

/** That no ticks come from a peer is reported after so long; or after five of its intervals, if those are longer. */
const SILENT_AFTER_US = 1e6;
/** Outages that are kept one by one: the longest. */
const MAX_KEPT = 10;
/** Half of the shortest outage: in a stretch that is shorter no stall of our own matters. */
const SHORT_US = 50_000;

export interface OutageWatchOptions {
  subject: string;
  local: LocalFaults;
  report: (event: PeerEvent) => void;
  /** Told of each stretch without a tick as it ends, and what of it was no stall of our own. */
  onStretch?: (toUs: MonoUs, lengthUs: number, ofOthersUs: number) => void;
}

export class OutageWatch {
  /** What came of the peer, and doesn't count. */
  readonly refused = new RefusedTicks();
  readonly #subject: string;
  readonly #local: LocalFaults;
  readonly #report: (event: PeerEvent) => void;
  readonly #onStretch: (toUs: MonoUs, lengthUs: number, ofOthersUs: number) => void;
  #count = 0;
  #totalUs = 0;
  /** The longest stretch between two ticks, also where it is too short to be called an outage. */
  #longest: Outage | undefined;
  /** Of those, what wasn't a stall of our own: what can be held against the bus or the peer. */
  #longestOfOthersUs = 0;
  #kept: Outage[] = [];
  #isReported = false;

  constructor({ subject, local, report, onStretch = () => {} }: OutageWatchOptions) {
    this.#subject = subject;
    this.#local = local;
    this.#report = report;
    this.#onStretch = onStretch;
  }

  /** Reports a peer of which no ticks come, for as long as we could have received them. */
  check(sender: Sender, nowUs: MonoUs) {
    if (this.#isReported || hasEnded(sender)) return;
    const monoUs = Math.max(sender.last.monoUs, this.refused.lastUs);
    const forUs = nowUs - monoUs;
    const afterUs = Math.max(SILENT_AFTER_US, 5 * sender.intervalUs);
    if (forUs < afterUs || forUs - this.#local.stalledUs(monoUs, nowUs) < afterUs) return;
    this.#isReported = true;
    this.#report({ type: "no ticks", subject: this.#subject, forMs: forUs / 1000 });
  }

  /** A tick comes after the last one of its sender: reports the outage between them, and its return. */
  end(tick: ReceivedTick, sender: Sender) {
    this.#endStretch(tick, sender);
    const afterMs = (tick.monoUs - sender.last.monoUs) / 1000;
    if (this.#isReported) {
      this.#report({ type: "receiving again", subject: this.#subject, afterMs });
    }
    this.#isReported = false;
  }

  /** A new run comes after the last tick of a sender: reports the outage between them. */
  endWithRestart(tick: ReceivedTick, sender: Sender) {
    this.#endStretch(tick, sender);
    this.#isReported = false;
  }

  /** The outage that lasts at a moment, if there is one. */
  open(sender: Sender, nowUs: MonoUs): Outage | undefined {
    const { newest, last, intervalUs } = sender;
    if (nowUs - last.monoUs < minOutageUs(intervalUs)) return undefined;
    return stretchSince(
      positioned(newest, last),
      nowUs,
      this.#local,
      this.refused.since(sender, nowUs),
    );
  }

  /** All that there was by a moment, the outage that lasts then included. Changes nothing. */
  statistics(sender: Sender, nowUs: MonoUs): OutageStatistics {
    const open = this.open(sender, nowUs);
    const openUs = open?.lengthUs;
    const longest = longer(this.#longest, open);
    return {
      count: this.#count + (open ? 1 : 0),
      totalUs: this.#totalUs + (openUs ?? 0),
      longest,
      longestOfOthersUs: Math.max(
        this.#longestOfOthersUs,
        open ? ofOthersUs(open, sender.last.monoUs, nowUs, this.#local) : 0,
      ),
      longestOnes: open ? kept([...this.#kept, open]) : [...this.#kept],
      openUs,
    };
  }

  /** What of a stretch since a tick, which lasted at a moment, was no stall of our own: see {@linkcode ofOthersUs}. */
  openOfOthersUs({ newest, last }: Sender, fromUs: MonoUs, toUs: MonoUs): number {
    const open = stretchSince(
      positioned(newest, { realUs: last.realUs, monoUs: fromUs }),
      toUs,
      this.#local,
    );
    return ofOthersUs(open, fromUs, toUs, this.#local);
  }

  #endStretch(tick: ReceivedTick, sender: Sender) {
    const { newest, last, intervalUs } = sender;
    const lengthUs = tick.monoUs - last.monoUs;
    // Mostly it is one of these; this is asked at every tick.
    if (lengthUs <= this.#longestOfOthersUs && lengthUs < minOutageUs(intervalUs)) {
      const isOthers = lengthUs <= SHORT_US ||
        this.#local.stalledUs(last.monoUs, tick.monoUs) === 0;
      if (isOthers) return this.#onStretch(tick.monoUs, lengthUs, lengthUs);
    }
    const refused = this.refused.since(sender, tick.monoUs);
    const stretch = stretchBetween(positioned(newest, last), tick, this.#local, refused);
    const othersUs = ofOthersUs(stretch, last.monoUs, tick.monoUs, this.#local);
    this.#onStretch(tick.monoUs, lengthUs, othersUs);
    this.#longestOfOthersUs = Math.max(this.#longestOfOthersUs, othersUs);
    this.#longest = longer(this.#longest, stretch);
    if (lengthUs < minOutageUs(intervalUs)) return;
    this.#count++;
    this.#totalUs += lengthUs;
    this.#kept = kept([...this.#kept, stretch]);
    this.#report({ type: "outage", subject: this.#subject, ...stretch });
  }
}

/** What the newest tick of a sender says, where and when the last one came. */
function positioned(
  { header }: PastTick,
  { realUs, monoUs }: Pick<PastTick, "realUs" | "monoUs">,
): OutageTick {
  return { header, realUs, monoUs };
}

function longer(a: Outage | undefined, b: Outage | undefined): Outage | undefined {
  return b && b.lengthUs > (a?.lengthUs ?? 0) ? b : a;
}

/** The longest ones, in the order of their time. */
function kept(outages: Outage[]): Outage[] {
  if (outages.length <= MAX_KEPT) return outages;
  const shortest = outages.reduce((a, b) => b.lengthUs < a.lengthUs ? b : a);
  return outages.filter((outage) => outage !== shortest);
}

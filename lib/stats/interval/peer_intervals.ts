/** One peer's statistics interval by interval, cut by the time of arrival, for one who asks for them. */

import type { ReceivedTick } from "../../arrival.ts";
import type { MonoUs } from "../../time/clock.ts";
import type { Sample } from "../delay/sample.ts";
import type { GivenUp } from "../sequence/gap.ts";
import type { Followed, PeerState } from "./followed.ts";
import type { IntervalStatistics } from "./interval_statistics.ts";
import { OpenInterval } from "./open_interval.ts";

/** How many intervals of a consumer are open at most: what arrives after them is in the last one. */
export const MAX_OPEN = 8;

/** The intervals of one who asks for them. */
export interface Cut {
  /** Which of those that are open holds a moment; the first of them holds all that was before. */
  indexOf(monoUs: number): number;
  /** When one begins. */
  startUs(index: number): MonoUs;
  percents: readonly number[];
  /** Whether what the clock's bound leaves open of the delay is asked for. */
  hasRange: boolean;
  /** How often this app had reconnected by a moment. */
  reconnectsAt(us: number): number;
}

/** What is counted from the beginning, and so in an interval as a difference. */
const COUNTS = ["late", "duplicate", "reordered", "outages", "outageUs", "reconnects"] as const;

/** The peer, and this app, when an interval ended. */
interface End extends PeerState {
  reconnects: number;
  openGapUs: number;
  openOfOthersUs: number;
}

export class PeerIntervals {
  readonly subject: string;
  readonly #peer: Followed;
  readonly #cut: Cut;
  readonly #sinceUs: MonoUs;
  readonly #open = new Map<number, OpenInterval>();
  /** Of those that are over, and not closed yet. */
  readonly #ends = new Map<number, End>();
  /** The interval that it was first received in, and the one that lasts. */
  readonly sinceIndex: number;
  #index: number;
  #of: "delay" | "dt" = "dt";
  #isCounted = true;
  /** When the last stretch without a tick ended. */
  #lastUs: MonoUs;
  /** As the interval before the first one that isn't closed ended. */
  #before: Record<(typeof COUNTS)[number], number>;

  constructor(subject: string, sinceUs: MonoUs, peer: Followed, cut: Cut) {
    this.subject = subject;
    this.#peer = peer;
    this.#cut = cut;
    this.#sinceUs = this.#lastUs = sinceUs;
    this.#index = this.sinceIndex = cut.indexOf(sinceUs);
    const reconnects = cut.reconnectsAt(cut.startUs(this.sinceIndex));
    this.#before = { ...peer.stateAt(sinceUs), reconnects };
  }

  /** Nothing more comes of it. */
  isGone = false;

  /** Whether there is anything that wasn't handed out. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** A tick of this moment is about to be taken in: what ended before it is as it is now. */
  reached(monoUs: number) {
    const index = this.#cut.indexOf(monoUs);
    const first = Math.max(this.#index, this.#cut.indexOf(-Infinity));
    for (let ended = first; ended < index; ended++) {
      this.#ends.set(ended, this.#endAt(this.#cut.startUs(ended + 1)));
    }
    this.#index = Math.max(this.#index, index);
  }

  received({ monoUs, header }: ReceivedTick) {
    const open = this.#at(monoUs);
    open.counts.received++;
    if (header) open.isCounted = true;
  }

  /** A stretch without a tick has ended. */
  stretch(toUs: MonoUs, lengthUs: number, ofOthersUs: number) {
    this.#at(toUs).stretch(lengthUs, ofOthersUs);
    if (toUs > this.#lastUs) this.#lastUs = toUs;
  }

  sampled(sample: Sample): boolean {
    return this.#at(sample.monoUs).sampled(sample);
  }

  givenUp({ lost, unread, unsent, skipped }: GivenUp, monoUs: number) {
    const { counts } = this.#at(monoUs);
    counts.lost += lost;
    counts.unread += unread;
    counts.unsent += unsent;
    counts.skipped += skipped;
  }

  forgotten() {
    this.isGone = true;
  }

  /** Closes an interval, be there anything in it or not. */
  close(index: number, lengthUs: number): IntervalStatistics {
    const startUs = this.#cut.startUs(index);
    const everyUs = this.#cut.startUs(1) - this.#cut.startUs(0);
    const open = this.#open.get(index) ?? new OpenInterval(this.#cut.hasRange);
    const end = this.#ends.get(index) ?? this.#endAt(startUs + lengthUs as MonoUs);
    this.#open.delete(index);
    this.#ends.delete(index);
    this.#index = Math.max(this.#index, index + 1);
    const { of, range, ...statistics } = open.close(this.#cut.percents);
    // An empty one is of what those before it were.
    if (statistics.dt.count > 0) this.#of = of;
    if (open.counts.received > 0) this.#isCounted = open.isCounted;
    open.stretch(end.openGapUs, end.openOfOthersUs);
    const { longestGapUs, longestOfOthersUs } = open;
    const coveredUs = startUs + lengthUs - Math.max(startUs, this.#sinceUs);
    const isFirst = this.#sinceUs > startUs;
    const closed: IntervalStatistics = {
      ...{ subject: this.subject, lengthUs, of: this.#of, ...open.counts, ...statistics },
      longestGapUs,
      // One tick alone has no stretch behind it.
      longestOfOthersUs: end.received > 1 ? longestOfOthersUs : NaN,
      atEnd: { ...this.#sinceLast(end), coveredUs, everyUs, isFirst, range },
    };
    const { lost, unread, unsent, skipped } = open.counts;
    if (!this.#isCounted && lost + unread + unsent + skipped === 0) closed.isUncounted = true;
    return lengthUs >= everyUs && !isFirst ? closed : { ...closed, isPartial: true };
  }

  #at(monoUs: number): OpenInterval {
    const index = this.#cut.indexOf(monoUs);
    let open = this.#open.get(index);
    if (!open) this.#open.set(index, open = new OpenInterval(this.#cut.hasRange));
    return open;
  }

  #endAt(us: MonoUs): End {
    const openGapUs = Math.max(0, us - this.#lastUs);
    return {
      ...this.#peer.stateAt(us),
      reconnects: this.#cut.reconnectsAt(us),
      openGapUs,
      openOfOthersUs: openGapUs > 0 ? this.#peer.ofOthersUs(this.#lastUs, us) : 0,
    };
  }

  #sinceLast({ openGapUs: _gap, openOfOthersUs: _others, ...end }: End) {
    const before = this.#before;
    this.#before = end;
    const counted = { ...end };
    // An outage that lasts is none any more where its end shows the peer's interval to be that long.
    for (const name of COUNTS) counted[name] = Math.max(0, end[name] - before[name]);
    return counted;
  }
}

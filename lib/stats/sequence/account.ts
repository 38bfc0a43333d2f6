/** The account of one run of a peer: every slot is received, lost, unread, unsent or skipped; what came twice or late is counted beside. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedCounts } from "../../wire.ts";
import type { Arrived } from "./arrived.ts";
import { addsUp, type Gap, gapBetween, type GivenUp, givenUp, missingOf } from "./gap.ts";
import { keepSlot, type Slot, slotOf, split } from "./gap.ts";
import { Gaps } from "./gaps.ts";
import { SeenWindow } from "./window.ts";

export type { Arrived } from "./arrived.ts";
export type { Slot } from "./gap.ts";

/** RFC 3357's loss periods: consecutive numbers lost. */
export interface Burst {
  seq: number;
  length: number;
}

/** Gaps that are open at most; beyond it, the oldest is given up. */
const MAX_GAPS = 8192;
/** So many numbers before the first one received, one that was overtaken by it may be. */
const MAX_OVERTAKEN = 64;

export class SequenceAccount implements ReceivedCounts {
  firstSeq = -1;
  highestSeq = -1;
  received = 0;
  lost = 0;
  unread = 0;
  unsent = 0;
  skipped = 0;
  late = 0;
  duplicate = 0;
  reordered = 0;
  /** Missing, but not given up yet: slots = received + lost + unread + unsent + skipped + pending, at any time. */
  pending = 0;
  /** The largest extent of a reordered tick, in arrivals (RFC 4737 §4.2.2). */
  maxExtent = 0;
  bursts = 0;
  longestBurst: Burst | undefined;
  /** More slots left out than are missing, as the sender reports it: its account doesn't add up. */
  misreported = 0;

  readonly #timeoutUs: number;
  readonly #onGivenUp: (gap: GivenUp) => void;
  readonly #seen = new SeenWindow();
  /** Of what counts for reordering: neither copies nor what is late. */
  #arrivals = 0;
  readonly #gaps = new Gaps();
  /** The slot with the highest number so far. */
  readonly last: Slot = { seq: -1, unsent: 0, skipped: 0 };
  #first: Slot & { atUs: MonoUs } | undefined;

  /** @param after the last slot of an account of this run that was closed before: it goes on behind that */
  constructor(timeoutUs: number, onGivenUp: (gap: GivenUp) => void = () => {}, after?: Slot) {
    this.#timeoutUs = timeoutUs;
    this.#onGivenUp = onGivenUp;
    if (!after) return;
    this.firstSeq = after.seq + 1;
    this.highestSeq = after.seq;
    keepSlot(this.last, after);
  }

  /** Slots from the first one received to the last, all of them. */
  get slots(): number {
    return this.firstSeq < 0 ? 0 : this.highestSeq - this.firstSeq + 1;
  }

  /** @param isUnread whether what is missing right before it is what we did not read in time */
  arrive(slot: Slot, nowUs: MonoUs, isUnread = false): Arrived {
    const { seq } = slot;
    this.settle(nowUs);
    if (this.firstSeq < 0) {
      this.firstSeq = seq;
      this.#first = { ...slotOf(slot), atUs: nowUs };
      this.#advance(slot);
      return "in order";
    }
    if (seq <= this.highestSeq) return this.#arriveBehind(slot, nowUs);
    const missing = seq - this.highestSeq - 1;
    if (missing > 0) this.#open(slot, nowUs, isUnread);
    else if (!addsUp(this.last, slot)) this.misreported++;
    this.#advance(slot);
    return missing > 0 ? "after a gap" : "in order";
  }

  /** Gives up what has been missing for longer than the loss timeout. */
  settle(nowUs: number) {
    while (nowUs - (this.#gaps.oldest?.noticedUs ?? Infinity) > this.#timeoutUs) {
      this.#giveUp(this.#gaps.shift());
    }
  }

  /** What would be given up now, if nothing more came: changes nothing. */
  outstanding(): GivenUp[] {
    return this.#gaps.map(givenUp);
  }

  #advance(slot: Slot) {
    this.#arrivals++;
    this.#seen.see(slot.seq);
    this.highestSeq = slot.seq;
    this.received++;
    keepSlot(this.last, slot);
  }

  #open(slot: Slot, noticedUs: MonoUs, isUnread: boolean) {
    if (!addsUp(this.last, slot)) this.misreported++;
    // It is the next arrival that overtakes them.
    const gap = gapBetween(this.last, slot, noticedUs, this.#arrivals + 1, isUnread);
    this.#seen.miss(gap.fromSeq, gap.endSeq);
    this.#gaps.push(gap);
    this.pending += missingOf(gap);
    if (this.#gaps.length > MAX_GAPS) this.#giveUp(this.#gaps.shift());
  }

  #arriveBehind(slot: Slot, nowUs: MonoUs): Arrived {
    const { seq } = slot;
    if (seq < this.firstSeq) return this.#arriveBeforeFirst(slot, nowUs);
    const gap = this.#gaps.holding(seq);
    if (!gap) return this.#arriveAgain(seq);
    if (missingOf(gap) <= gap.unsent + gap.skipped) return this.#late(seq);
    this.#gaps.replace(gap, split(gap, slot));
    this.pending--;
    return this.#reordered(seq, gap.arrival);
  }

  /** One that was overtaken by the first one received: what is missing between them was under way too. */
  #arriveBeforeFirst(slot: Slot, nowUs: MonoUs): Arrived {
    const first = this.#first;
    const { seq } = slot;
    const isInTime = first && nowUs - first.atUs <= this.#timeoutUs &&
      first.seq - seq <= MAX_OVERTAKEN;
    if (!isInTime) return this.#late(seq, "too old");
    if (!addsUp(slot, first)) this.misreported++;
    const gap = gapBetween(slot, first, first.atUs, 1);
    if (missingOf(gap) > 0) this.#gaps.unshift(gap);
    this.pending += missingOf(gap);
    this.#first = { ...slotOf(slot), atUs: first.atUs };
    this.firstSeq = seq;
    return this.#reordered(seq, gap.arrival);
  }

  #arriveAgain(seq: number): Arrived {
    const isCopy = this.#seen.has(seq);
    if (isCopy === undefined) return this.#late(seq, "too old");
    if (!isCopy) return this.#late(seq);
    this.duplicate++;
    return "duplicate";
  }

  #late(seq: number, arrived: Arrived = "late"): Arrived {
    this.#seen.see(seq);
    this.late++;
    return arrived;
  }

  /** @param overtakenAt the arrival of the first one with a greater number */
  #reordered(seq: number, overtakenAt: number): Arrived {
    this.#arrivals++;
    this.#seen.see(seq);
    this.received++;
    this.reordered++;
    this.maxExtent = Math.max(this.maxExtent, this.#arrivals - overtakenAt);
    return "reordered";
  }

  #giveUp(gap: Gap) {
    const given = givenUp(gap);
    const { seq, lost } = given;
    this.pending -= missingOf(gap);
    for (const name of ["lost", "unread", "unsent", "skipped"] as const) this[name] += given[name];
    if (lost > 0) {
      this.bursts++;
      if (lost > (this.longestBurst?.length ?? 0)) this.longestBurst = { seq, length: lost };
    }
    this.#onGivenUp(given);
  }
}

/** Numbers of one run that didn't come in their turn: what of them is missing, and what its sender left out. */

import type { MonoUs } from "../../time/clock.ts";

/** What of a tick's header counts here. */
export interface Slot {
  seq: number;
  /** Cumulative, as its sender reports them. */
  unsent: number;
  skipped: number;
}

/** Its numbers alone: who keeps them is not to keep the header that they are from. */
export function slotOf({ seq, unsent, skipped }: Slot): Slot {
  return { seq, unsent, skipped };
}

/** Its numbers in the place of others, so that nothing new is to be kept at each tick. */
export function keepSlot(kept: Slot, { seq, unsent, skipped }: Slot) {
  kept.seq = seq;
  kept.unsent = unsent;
  kept.skipped = skipped;
}

/** Consecutive numbers, all of them missing. */
export interface Gap {
  fromSeq: number;
  /** Behind it: the first number that did come. */
  endSeq: number;
  /** How many of them their sender left out, as the tick behind the gap said. */
  unsent: number;
  skipped: number;
  /** What it had left out before the gap. */
  before: Omit<Slot, "seq">;
  noticedUs: MonoUs;
  /** What of it was sent is not lost on the way: we could not read it in time. */
  isUnread: boolean;
  /** Which arrival was the first one with a greater number: what an extent is counted from. */
  arrival: number;
}

/** What became of a gap when it was given up. */
export interface GivenUp {
  seq: number;
  lost: number;
  unsent: number;
  skipped: number;
  /** Sent, and not read in time by ourselves. */
  unread: number;
}

/** Whether what a sender says it left out between two of its slots can be so. */
export function addsUp(before: Slot, next: Slot): boolean {
  const [unsent, skipped] = [next.unsent - before.unsent, next.skipped - before.skipped];
  return unsent >= 0 && skipped >= 0 && unsent + skipped <= next.seq - before.seq - 1;
}

/** The gap between two slots that were received, with what was left out of it, as far as that can be so. */
export function gapBetween(
  before: Slot,
  next: Slot,
  noticedUs: MonoUs,
  arrival: number,
  isUnread = false,
): Gap {
  const missing = next.seq - before.seq - 1;
  const unsent = within(next.unsent - before.unsent, missing);
  return {
    fromSeq: before.seq + 1,
    endSeq: next.seq,
    unsent,
    skipped: within(next.skipped - before.skipped, missing - unsent),
    before: { unsent: before.unsent, skipped: before.skipped },
    noticedUs,
    isUnread,
    arrival,
  };
}

export function missingOf({ fromSeq, endSeq }: Gap): number {
  return endSeq - fromSeq;
}

/** Where some were left out, which ones of a gap are lost can't be said: its first number stands for them. */
export function givenUp(gap: Gap): GivenUp {
  const { fromSeq: seq, unsent, skipped, isUnread } = gap;
  const sent = missingOf(gap) - unsent - skipped;
  return { seq, lost: isUnread ? 0 : sent, unsent, skipped, unread: isUnread ? sent : 0 };
}

/** The gap that holds a number, by its place among gaps in their order, from one on; -1 where none does. */
export function placeOf(gaps: Gap[], seq: number, from = 0): number {
  let [low, high] = [from, gaps.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (seq >= gaps[middle].endSeq) low = middle + 1;
    else if (seq < gaps[middle].fromSeq) high = middle - 1;
    else return middle;
  }
  return -1;
}

/**
 * The gaps before and behind a tick from within one, which leaves out less than all of it. What was left out is
 * parted as the tick says, as far as that can be so.
 */
export function split(gap: Gap, { seq, unsent, skipped }: Slot): Gap[] {
  const [beforeIt, behindIt] = [seq - gap.fromSeq, gap.endSeq - seq - 1];
  const left = {
    unsent: within(unsent - gap.before.unsent, gap.unsent),
    skipped: within(skipped - gap.before.skipped, gap.skipped),
  };
  move(left, beforeIt - left.unsent - left.skipped);
  const right = { unsent: gap.unsent - left.unsent, skipped: gap.skipped - left.skipped };
  const over = right.unsent + right.skipped - behindIt;
  if (over > 0) {
    const { unsent, skipped } = right;
    move(right, -over);
    left.unsent += unsent - right.unsent;
    left.skipped += skipped - right.skipped;
  }
  return [
    { ...gap, ...left, endSeq: seq },
    { ...gap, ...right, fromSeq: seq + 1, before: { unsent, skipped } },
  ].filter((part) => missingOf(part) > 0);
}

/** Takes away what there is no room for. */
function move(leftOut: { unsent: number; skipped: number }, room: number) {
  if (room >= 0) return;
  const skipped = Math.min(leftOut.skipped, -room);
  leftOut.skipped -= skipped;
  leftOut.unsent -= -room - skipped;
}

function within(count: number, most: number): number {
  return Math.min(Math.max(count, 0), most);
}

/** A path from server to server: what was sent by one of them, and what of it was received by the other. */

import type { PeerStatistics } from "../stats/peer/statistics.ts";
import type { SequenceStatistics } from "../stats/sequence/accounts.ts";
import type { Slot } from "../stats/sequence/gap.ts";
import type { ScheduleStatistics } from "../stats/schedule.ts";

/** What one end knows of the other one's ticks; nothing where none was received. */
export interface Reception {
  peer: PeerStatistics;
  /** The first slot that was received, and the one with the highest number. */
  firstSeq: number;
  last: Slot;
}

export interface PathOptions {
  from: number;
  to: number;
  /** Of the sender. */
  schedule: ScheduleStatistics;
  reception?: Reception;
  /** So many ticks may still be under way; none at the end. */
  underWay: number;
}

/** slots = before + received + lost + unsent + skipped + pending, and slots are those of the sender. */
export interface PathCounts {
  slots: number;
  /** Before the first one received: of those, what was lost can't be known, as nobody may have received yet. */
  before: number;
  received: number;
  lost: number;
  unsent: number;
  skipped: number;
  /** Missing, and maybe under way. */
  pending: number;
}

export interface Path extends PathCounts {
  /** Indices of the two servers. */
  from: number;
  to: number;
  /** None where nothing was received; its counts are completed by what the sender knows. */
  peer?: PeerStatistics;
}

/**
 * The account of a path. Both ends are known: so what was sent after the last tick received, which the receiver
 * can't know of, is counted too; a path that is cut for good has its losses.
 */
export function pathOf({ from, to, schedule, reception, underWay }: PathOptions): Path {
  const { slots, unsent, skipped, sent } = schedule;
  if (!reception) {
    // Of one that never brought anything, nothing is under way for long.
    const pending = Math.min(sent, underWay);
    const counts = { before: 0, received: 0, lost: sent - pending, unsent, skipped, pending };
    return { from, to, slots, ...counts };
  }
  const { peer, firstSeq, last } = reception;
  const { sequence } = peer;
  // What is taken in by one end may not be by the other one yet.
  const after = Math.max(0, slots - 1 - last.seq);
  const unsentAfter = Math.min(after, Math.max(0, unsent - last.unsent));
  const skippedAfter = Math.min(after - unsentAfter, Math.max(0, skipped - last.skipped));
  const missing = after - unsentAfter - skippedAfter;
  const pending = Math.min(missing, underWay);
  const whole: SequenceStatistics = {
    ...sequence,
    slots: sequence.slots + after,
    lost: sequence.lost + missing - pending,
    unsent: sequence.unsent + unsentAfter,
    skipped: sequence.skipped + skippedAfter,
    pending: sequence.pending + pending,
  };
  const { received, lost } = whole;
  const counts = { received, lost, unsent: whole.unsent, skipped: whole.skipped };
  return {
    ...{ from, to, slots: firstSeq + whole.slots, before: firstSeq },
    ...counts,
    pending: whole.pending,
    peer: { ...peer, sequence: whole },
  };
}

/** What part of the ticks that were sent was lost. */
export function lossOf({ received, lost, pending }: PathCounts): number {
  const sent = received + lost + pending;
  return sent === 0 ? 0 : lost / sent;
}

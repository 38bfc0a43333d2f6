/** What was not read behind the last tick of a peer: no account has it, and how much it can be at most. */

import type { Behind } from "./connections.ts";
import type { PeerRecord } from "./peer/peer.ts";

export interface LeftUnread {
  /** Peers of which nothing more came since a connection ended that was behind, or we did. */
  peers: number;
  /** Their slots that were due by then. */
  due: number;
}

/** One that was silent for so long, and for five of its intervals, before what wasn't read any more, sends no more. */
const SILENT_US = 1e6;
const INTERVALS = 5;

/** @param ends when connections ended that were behind, in their order */
export function leftUnreadOf(
  peers: Iterable<PeerRecord>,
  ends: readonly Behind[],
): LeftUnread | undefined {
  const left = { peers: 0, due: 0 };
  if (ends.length === 0) return undefined;
  for (const { lastUs, pace } of peers) {
    const end = ends.find(({ atUs }) => atUs >= lastUs);
    if (!end || !pace) continue;
    const { sentUs, intervalUs } = pace;
    const silentUs = end.atUs - end.forMs * 1000 - sentUs;
    const due = Math.floor((end.atUs - sentUs) / intervalUs);
    if (due <= 0 || silentUs > Math.max(SILENT_US, INTERVALS * intervalUs)) continue;
    left.peers++;
    left.due += due;
  }
  return left.peers > 0 ? left : undefined;
}

/** Dark gaps: stretches without any tick from a peer that was heard before, and why. */

import type { WallUs } from "../time/clock.ts";
import type { HeardTick } from "../tick.ts";
import type { OwnFaults } from "./local_faults.ts";

export type GapCause =
  | "own stall"
  | "own connection lost"
  | "peer's connection lost"
  | "both connections lost"
  | "peer stalled"
  | "peer restarted"
  | "peer ended"
  /** Sent and taken by the bus, as far as both ends know, and never here. */
  | "lost on the way"
  /** Nothing was lost: what was sent in it came after it. */
  | "held up on the way"
  | "unknown";

export interface Gap {
  /** By our wall clock: the last tick before it, and the first one after it. */
  startUs: WallUs;
  endUs: WallUs;
  lengthUs: number;
  /** Slots between the two that are not here: by what became of them, as far as the first tick after it says. */
  missing: number;
  unsent: number;
  skipped: number;
  cause: GapCause;
}

/** The last few stretches of the monotonic clock in which something was the case. */
export class Spans {
  #spans: { fromUs: number; toUs: number }[] = [];

  /** Opens a span; one that is open already goes on. */
  open(fromUs: number) {
    if (this.#spans.at(-1)?.toUs === Infinity) return;
    this.#spans.push({ fromUs, toUs: Infinity });
    if (this.#spans.length > 64) this.#spans.shift();
  }

  close(toUs: number) {
    const last = this.#spans.at(-1);
    if (last?.toUs === Infinity) last.toUs = toUs;
  }

  /** How much of a stretch they cover. */
  overlapUs(fromUs: number, toUs: number): number {
    return this.#spans.reduce(
      (sum, span) => sum + Math.max(0, Math.min(toUs, span.toUs) - Math.max(fromUs, span.fromUs)),
      0,
    );
  }
}

/** What of a tick counts for gaps. */
export type GapTick = Pick<HeardTick, "header" | "realUs" | "monoUs">;

/** A silence is called a gap from this long, or from ten of the peer's intervals if those are longer. */
export const LEAST_GAP_US = 100_000;

export class Gaps {
  count = 0;
  totalUs = 0;
  /** The longest silence, also where it is too short to be called a gap. */
  longest: Gap | undefined;
  /** Of those that were not a stall of our own: what can be held against the bus or the peer. */
  longestOfOthersUs = 0;

  /** Takes in two ticks that arrived one after the other; returns the gap between them, where there is one. */
  between(last: GapTick, next: GapTick, intervalUs: number, own: OwnFaults): Gap | undefined {
    const lengthUs = next.monoUs - last.monoUs;
    const isGap = lengthUs >= leastGapUs(intervalUs);
    if (!isGap && lengthUs <= this.longestOfOthersUs) return undefined;
    const gap = gapBetween(last, next, own);
    if (gap.cause !== "own stall") {
      this.longestOfOthersUs = Math.max(this.longestOfOthersUs, lengthUs);
    }
    if (lengthUs > (this.longest?.lengthUs ?? 0)) this.longest = gap;
    if (!isGap) return undefined;
    this.count++;
    this.totalUs += lengthUs;
    return gap;
  }
}

/** From when a silence of a peer with this interval is called a gap. */
export function leastGapUs(intervalUs: number): number {
  return Math.max(LEAST_GAP_US, 10 * intervalUs);
}

function gapBetween(last: GapTick, next: GapTick, own: OwnFaults): Gap {
  const a = last.header;
  const b = next.header;
  // A restart begins anew, and a reordered tick's counts are those of the past: nothing can be told then.
  const slots = a && b && a.run === b.run ? b.seq - a.seq : 0;
  const gap: Gap = {
    startUs: last.realUs,
    endUs: next.realUs,
    lengthUs: next.monoUs - last.monoUs,
    missing: Math.max(0, slots - 1),
    unsent: slots > 0 ? Math.max(0, b!.unsent - a!.unsent) : 0,
    skipped: slots > 0 ? Math.max(0, b!.skipped - a!.skipped) : 0,
    cause: "unknown",
  };
  gap.cause = causeOf(gap, last, next, own);
  return gap;
}

function causeOf(gap: Gap, last: GapTick, next: GapTick, own: OwnFaults): GapCause {
  const ownStallUs = own.stalledUs(last.monoUs, next.monoUs);
  if (ownStallUs > gap.lengthUs / 2) return "own stall";
  const a = last.header;
  const b = next.header;
  if (a && b && a.run !== b.run) return a.last ? "peer ended" : "peer restarted";
  const ownDark = own.darkUs(last.monoUs, next.monoUs) > 0;
  if (ownDark) return gap.unsent > 0 ? "both connections lost" : "own connection lost";
  if (gap.unsent > 0) return "peer's connection lost";
  if (!b) return "unknown";
  if (gap.missing > 0 && gap.skipped * 2 >= gap.missing) return "peer stalled";
  if (gap.missing > gap.skipped) return "lost on the way";
  return "held up on the way";
}

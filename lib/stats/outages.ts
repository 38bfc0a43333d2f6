/** Dark gaps: stretches without any tick from a peer that was received before, and why. */

import type { WallUs } from "../time/clock.ts";
import type { ReceivedTick } from "../tick.ts";
import type { LocalFaults } from "./local_faults.ts";

export type OutageCause =
  | "local stall"
  | "local connection lost"
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

export interface Outage {
  /** By our wall clock: the last tick before it, and the first one after it. */
  startUs: WallUs;
  endUs: WallUs;
  lengthUs: number;
  /** Slots between the two that are not here: by what became of them, as far as the first tick after it says. */
  missing: number;
  unsent: number;
  skipped: number;
  cause: OutageCause;
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

  /** Whether a moment is in one of the last, or so shortly after it that it belongs to it. */
  holds(atUs: number, afterUs: (lengthUs: number) => number): boolean {
    for (let n = this.#spans.length - 1; n >= 0; n--) {
      const { fromUs, toUs } = this.#spans[n];
      const endUs = toUs + afterUs(toUs - fromUs);
      if (atUs >= fromUs && atUs <= endUs) return true;
      if (endUs < atUs) return false;
    }
    return false;
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
export type OutageTick = Pick<ReceivedTick, "header" | "realUs" | "monoUs">;

/** A silence is called a gap from this long, or from ten of the peer's intervals if those are longer. */
export const MIN_OUTAGE_US = 100_000;

export class Outages {
  count = 0;
  totalUs = 0;
  /** The longest silence, also where it is too short to be called a gap. */
  longest: Outage | undefined;
  /** Of those that were not a stall of our own: what can be held against the bus or the peer. */
  longestOfOthersUs = 0;

  /** Takes in two ticks that arrived one after the other; returns the gap between them, where there is one. */
  between(
    last: OutageTick,
    next: OutageTick,
    intervalUs: number,
    local: LocalFaults,
  ): Outage | undefined {
    const lengthUs = next.monoUs - last.monoUs;
    const isOutage = lengthUs >= minOutageUs(intervalUs);
    if (!isOutage && lengthUs <= this.longestOfOthersUs) return undefined;
    const outage = outageBetween(last, next, local);
    if (outage.cause !== "local stall") {
      this.longestOfOthersUs = Math.max(this.longestOfOthersUs, lengthUs);
    }
    if (lengthUs > (this.longest?.lengthUs ?? 0)) this.longest = outage;
    if (!isOutage) return undefined;
    this.count++;
    this.totalUs += lengthUs;
    return outage;
  }
}

/** From when a silence of a peer with this interval is called a gap. */
export function minOutageUs(intervalUs: number): number {
  return Math.max(MIN_OUTAGE_US, 10 * intervalUs);
}

function outageBetween(last: OutageTick, next: OutageTick, local: LocalFaults): Outage {
  const a = last.header;
  const b = next.header;
  // A restart begins anew, and a reordered tick's counts are those of the past: nothing can be told then.
  const slots = a && b && a.run === b.run ? b.seq - a.seq : 0;
  const outage: Outage = {
    startUs: last.realUs,
    endUs: next.realUs,
    lengthUs: next.monoUs - last.monoUs,
    missing: Math.max(0, slots - 1),
    unsent: slots > 0 ? Math.max(0, b!.unsent - a!.unsent) : 0,
    skipped: slots > 0 ? Math.max(0, b!.skipped - a!.skipped) : 0,
    cause: "unknown",
  };
  outage.cause = causeOf(outage, last, next, local);
  return outage;
}

function causeOf(
  outage: Outage,
  last: OutageTick,
  next: OutageTick,
  local: LocalFaults,
): OutageCause {
  const localStallUs = local.stalledUs(last.monoUs, next.monoUs);
  if (localStallUs > outage.lengthUs / 2) return "local stall";
  const a = last.header;
  const b = next.header;
  if (a && b && a.run !== b.run) return a.last ? "peer ended" : "peer restarted";
  const disconnected = local.disconnectedUs(last.monoUs, next.monoUs) > 0;
  if (disconnected) return outage.unsent > 0 ? "both connections lost" : "local connection lost";
  if (outage.unsent > 0) return "peer's connection lost";
  if (!b) return "unknown";
  if (outage.missing > 0 && outage.skipped * 2 >= outage.missing) return "peer stalled";
  if (outage.missing > outage.skipped) return "lost on the way";
  return "held up on the way";
}

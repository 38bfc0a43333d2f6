/** Outages: stretches without any tick from a peer that was received before, and why. */

import type { MonoUs, WallUs } from "../time/clock.ts";
import type { ReceivedTick } from "../arrival.ts";
import type { TickHeader } from "../wire.ts";
import type { LocalFaults } from "./local_faults.ts";
import { type CauseShare, type OutageCause, sharesOf } from "./outage_causes.ts";

export type { CauseShare, OutageCause };

export interface Outage {
  /** By our wall clock: the last tick before it, and the first one after it; or the end of our run. */
  startUs: WallUs;
  endUs: WallUs;
  lengthUs: number;
  /** Slots between the two that are not here: by what became of them, as far as the first tick after it says. */
  missing: number;
  unsent: number;
  skipped: number;
  /** What explains most of it. */
  cause: OutageCause;
  /** All that explain a tenth of it or more, by their share; left out where it is one alone. */
  causes?: CauseShare[];
  /** The first slot that is missing, where the numbers are of one run. */
  seq?: number;
  /** The servers that we were connected to before it and after it, where that is remembered. */
  via?: [before: string, after: string];
  /** What of the missing slots was sent is not lost: we didn't read it in time. */
  isUnread?: true;
  /** No tick has come after it. */
  isOpen?: true;
  /** The slots that are missing can't be known: they are of two runs, a peer without headers, or none came after it. */
  isUncounted?: true;
}

/** What of a tick counts for outages. */
export interface OutageTick extends Pick<ReceivedTick, "realUs" | "monoUs"> {
  header?: Pick<TickHeader, "run" | "seq" | "unsent" | "skipped" | "last">;
}

/** A stretch without ticks is called an outage from this long, or from ten of the peer's intervals if those are longer. */
export const MIN_OUTAGE_US = 100_000;

/** From when on a stretch without ticks of a peer with this interval is an outage. */
export function minOutageUs(intervalUs: number): number {
  return Math.max(MIN_OUTAGE_US, 10 * intervalUs);
}

/** What of a stretch ticks came whose numbers could not be true, and how many of those turned out true. */
export interface RefusedShare {
  refusedUs: number;
  borneOut: number;
}

const NONE_REFUSED: RefusedShare = { refusedUs: 0, borneOut: 0 };

/** The stretch between two ticks that arrived one after the other, of those that count. */
export function stretchBetween(
  last: OutageTick,
  next: OutageTick,
  local: LocalFaults,
  { refusedUs, borneOut } = NONE_REFUSED,
): Outage {
  const [a, b] = [last.header, next.header];
  // A restart begins anew, and a reordered tick's counts are those of the past: nothing can be told then.
  const slots = a && b && a.run === b.run ? Math.max(0, b.seq - a.seq) : 0;
  const missing = Math.max(0, slots - 1 - borneOut);
  const unsent = slots > 0 ? Math.min(missing, Math.max(0, b!.unsent - a!.unsent)) : 0;
  const skipped = slots > 0 ? Math.min(missing - unsent, Math.max(0, b!.skipped - a!.skipped)) : 0;
  const isUnread = missing > unsent + skipped && local.isUnread(last.monoUs, next.monoUs);
  const lengthUs = next.monoUs - last.monoUs;
  const slotUs = lengthUs / Math.max(1, slots);
  const rest = (): OutageCause => {
    if (a && b && a.run !== b.run) return a.last ? "peer ended" : "peer restarted";
    if (!b) return "unknown";
    if (isUnread) return "not read in time";
    return missing > unsent + skipped ? "lost on the way" : "held up on the way";
  };
  const peer = { refusedUs, unsentUs: unsent * slotUs, skippedUs: skipped * slotUs };
  const causes = sharesOf(last.monoUs, next.monoUs, peer, rest(), local);
  const { realUs: startUs } = last;
  const { realUs: endUs } = next;
  const outage: Outage = {
    ...{ startUs, endUs, lengthUs, missing, unsent, skipped },
    ...named(causes),
  };
  if (slots === 0) outage.isUncounted = true;
  if (missing > 0) outage.seq = a!.seq + 1;
  if (isUnread) outage.isUnread = true;
  const [before, after] = [local.serverAt(last.monoUs), local.serverAt(next.monoUs)];
  if (before !== undefined && after !== undefined) outage.via = [before, after];
  return outage;
}

/** The stretch since the last tick, which lasts at this moment. */
export function stretchSince(
  { header, realUs: startUs, monoUs }: OutageTick,
  nowUs: MonoUs,
  local: LocalFaults,
  { refusedUs } = NONE_REFUSED,
): Outage {
  const rest = header?.last ? "peer ended" : "unknown";
  const peer = { refusedUs, unsentUs: 0, skippedUs: 0 };
  const causes = sharesOf(monoUs, nowUs, peer, rest, local);
  const lengthUs = nowUs - monoUs;
  const endUs = Math.round(startUs + lengthUs) as WallUs;
  const counts = { missing: 0, unsent: 0, skipped: 0 };
  return { startUs, endUs, lengthUs, ...counts, ...named(causes), isOpen: true, isUncounted: true };
}

/** What of a stretch can be held against the bus or the peer: all of it, unless most was our own stall. */
export function ofOthersUs(
  { cause, lengthUs }: Pick<Outage, "cause" | "lengthUs">,
  fromUs: number,
  toUs: number,
  local: Pick<LocalFaults, "stalledUs">,
): number {
  if (cause !== "local stall") return lengthUs;
  return Math.max(0, lengthUs - local.stalledUs(fromUs, toUs));
}

function named(causes: CauseShare[]): Pick<Outage, "cause" | "causes"> {
  const [{ cause }] = causes;
  return causes.length > 1 ? { cause, causes } : { cause };
}

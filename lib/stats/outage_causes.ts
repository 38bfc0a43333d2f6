/** What explains an outage, and how much of it. */

import type { LocalFaults } from "./local_faults.ts";

export type OutageCause =
  | "local stall"
  | "local connection lost"
  /** The server had withdrawn our right to subscribe. */
  | "subscribe denied"
  | "peer's connection lost"
  | "both connections lost"
  | "peer stalled"
  | "peer restarted"
  | "peer ended"
  /** Ticks came in it whose numbers could not be true. */
  | "implausible numbers"
  /** Sent and taken by the bus, as far as both ends know, and never here. */
  | "lost on the way"
  /** Sent, and dropped by the server, as we didn't read it in time. */
  | "not read in time"
  /** Nothing was lost: what was sent in it came after it. */
  | "held up on the way"
  | "unknown";

/** How much of an outage a cause explains. */
export interface CauseShare {
  cause: OutageCause;
  us: number;
}

/** What explains less of it isn't named. */
const MIN_SHARE = 0.1;

/**
 * What of a stretch each cause explains, the longest first; what nothing else does, the last one given. Each
 * moment has one cause, so that they add up to the stretch: a stall of our own, else our connection, else a
 * denial; then what came and could not be true, and of what is left the peer's connection before its stalls.
 */
export function sharesOf(
  fromUs: number,
  toUs: number,
  { refusedUs, unsentUs, skippedUs }: Record<"refusedUs" | "unsentUs" | "skippedUs", number>,
  rest: OutageCause,
  local: LocalFaults,
): CauseShare[] {
  const lostUs = local.disconnectedUs(fromUs, toUs);
  const deniedUs = local.deniedUs(fromUs, toUs);
  const stalledUs = local.stalledUs(fromUs, toUs);
  const bothUs = Math.min(lostUs, unsentUs);
  const lengthUs = toUs - fromUs;
  // What we couldn't have received anyway, the peer needn't have sent.
  let leftUs = Math.max(0, lengthUs - stalledUs - lostUs - deniedUs);
  const upToLeft = (us: number) => {
    const partUs = Math.min(leftUs, Math.max(0, us));
    leftUs -= partUs;
    return partUs;
  };
  const known = [
    { cause: "local stall", us: stalledUs },
    { cause: "local connection lost", us: lostUs - bothUs },
    { cause: "subscribe denied", us: deniedUs },
    { cause: "both connections lost", us: bothUs },
    { cause: "implausible numbers", us: upToLeft(refusedUs) },
    { cause: "peer's connection lost", us: upToLeft(unsentUs - bothUs) },
    { cause: "peer stalled", us: upToLeft(skippedUs - stalledUs) },
  ] as const;
  const shares: CauseShare[] = [{ cause: rest, us: leftUs }, ...known];
  return shares
    .filter(({ us }) => us >= MIN_SHARE * lengthUs)
    .map(({ cause, us }) => ({ cause, us: Math.floor(us) }))
    .toSorted((a, b) => b.us - a.us);
}

/** What an arrival was, by its number. */
export type Arrived =
  | "in order"
  /** Slots before it are missing: they are late, lost, unsent or skipped, as will be seen. */
  | "after a gap"
  /** RFC 4737: its number is less than one that came before. */
  | "reordered"
  /** Its number was given up before. */
  | "late"
  /** RFC 5560: it was here before. */
  | "duplicate"
  /** So old that it can't be said whether it was here before. */
  | "too old";

/** It is the newest one of its run. */
export function isAhead(arrived: Arrived | "bare"): boolean {
  return arrived === "in order" || arrived === "after a gap";
}

/** It was here before, or that can't be said any more. */
export function isCopy(arrived: Arrived | "bare"): boolean {
  return arrived === "duplicate" || arrived === "too old";
}

/** What holds for every peer of a recorder. */

import type { Keeping } from "../delay/keeping.ts";

export interface PeerOptions {
  lossTimeoutUs: number;
  /** A tick older than this on arrival is stale; 250 ms when it isn't given. */
  staleUs?: number;
  /** Our own, until the peer's is known. */
  intervalUs: number;
  /** Both ends read one clock, so that their offset is exactly zero. */
  sharesClock?: boolean;
  /** How much is kept of its delays. */
  keeping?: Keeping;
}

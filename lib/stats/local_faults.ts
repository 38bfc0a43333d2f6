/** What of ourselves explains what is received of a peer. */

import type { MonoUs } from "../time/clock.ts";

/** Stretches of our own that explain a gap. */
export interface LocalFaults {
  /** How much of a stretch our event loop stood still. */
  stalledUs(fromUs: number, toUs: number): number;
  /** How much of it we had no connection. */
  disconnectedUs(fromUs: number, toUs: number): number;
  /** How much of it the server denied us to subscribe. */
  deniedUs(fromUs: number, toUs: number): number;
  /** Whether the server dropped some of what it had for us in it, as we didn't read that in time. */
  isUnread(fromUs: number, toUs: number): boolean;
  /** The server that we were connected to last at a moment, where that is remembered. */
  serverAt(us: number): string | undefined;
}

/** What a peer's record needs to know of ourselves. */
export interface LocalState extends LocalFaults {
  run: string;
  /** Steps of our own wall clock so far. */
  steps: number;
  /** When it stepped last; what arrived before that is stamped by another clock. */
  steppedUs: MonoUs;
  /** Whether we sent this tick, and our clock has not stepped since. */
  hasSent(seq: number, signUs: number): boolean;
}

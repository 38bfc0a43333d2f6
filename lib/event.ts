/** Everything an app tells besides its figures. */

import type { BusEvent } from "./bus/bus.ts";
import type { Gap } from "./stats/gaps.ts";

export type PeerEvent =
  | { type: "peer heard"; subject: string; run?: string }
  | { type: "peer silent"; subject: string; forMs: number }
  | { type: "peer back"; subject: string; afterMs: number }
  | { type: "peer restarted"; subject: string; run: string; afterMs: number }
  | { type: "peer ended"; subject: string; run: string }
  | { type: "peer clock stepped"; subject: string; byMs: number }
  /** The first of a burst of stale ticks. */
  | { type: "stale"; subject: string; ageMs: number }
  | { type: "lost"; subject: string; run: string; seq: number; length: number }
  | { type: "gap"; subject: string } & Gap;

export type OwnEvent =
  | { type: "clock stepped"; byMs: number }
  | { type: "stall"; forMs: number };

export type RejectEvent = { type: "rejected"; subject: string; reason: string; count: number };

export type TickEvent = BusEvent | PeerEvent | OwnEvent | RejectEvent;

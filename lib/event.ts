/** Everything an app tells besides its figures. */

import type { BusEvent } from "./bus/bus.ts";

export type PeerEvent =
  | { type: "peer heard"; subject: string; run?: string }
  | { type: "peer silent"; subject: string; forMs: number }
  | { type: "peer back"; subject: string; afterMs: number }
  | { type: "peer restarted"; subject: string; run: string; afterMs: number };

export type RejectEvent = { type: "rejected"; subject: string; reason: string; count: number };

export type TickEvent = BusEvent | PeerEvent | RejectEvent;

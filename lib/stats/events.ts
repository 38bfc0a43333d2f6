/** Everything an app tells besides its statistics. */

import type { BusEvent } from "../bus/bus.ts";
import type { Outage } from "./outages.ts";

export type PeerEvent =
  | { type: "receiving"; subject: string; run?: string }
  | { type: "no ticks"; subject: string; forMs: number }
  | { type: "receiving again"; subject: string; afterMs: number }
  /** Another run in its place; none for a bare one. */
  | { type: "peer restarted"; subject: string; run?: string; afterMs: number }
  | { type: "peer ended"; subject: string; run: string }
  | { type: "peer clock stepped"; subject: string; byMs: number }
  /** The first of a burst of stale ticks. */
  | { type: "stale"; subject: string; ageMs: number }
  | { type: "lost"; subject: string; run: string; seq: number; length: number }
  | { type: "outage"; subject: string } & Outage
  /** It has sent nothing for so long that only what it adds up to is kept. */
  | { type: "forgotten"; subject: string; afterMs: number; received: number; lost: number }
  /** Two that speak at once, told apart by their runs. */
  | { type: "several senders"; subject: string; runs: string[] }
  | AnomalyEvent;

/** The first one of a kind since the last time, and how many there were. */
export type AnomalyEvent =
  | { type: "header unused"; subject: string; reason: string; count: number }
  /** A tick from long ago, or of a run that is over. */
  | { type: "replayed"; subject: string; run: string; seq: number; count: number }
  /** Of a run beyond those that are told apart at once. */
  | { type: "unaccounted"; subject: string; run: string; count: number }
  /** The clocks moved apart by this much more than NTP would slew them: one was slewed faster, or stepped unseen. */
  | { type: "clock contradiction"; subject: string; byMs: number; count: number }
  /** By how much its clock would have gained. */
  | { type: "implausible time"; subject: string; byMs: number; count: number }
  | { type: "implausible number"; subject: string; run: string; seq: number; count: number }
  /** What a sender says it left out can't be so. */
  | { type: "misreported"; subject: string; run?: string; count: number };

export type LocalEvent =
  /** Connected for so long, and no tick was received from anyone. */
  | { type: "no peer"; subject: string; forMs: number }
  /** What we send ourselves is received on a subject of a peer; reported once. */
  | { type: "own ticks"; subject: string }
  | { type: "clock stepped"; byMs: number }
  | { type: "stall"; forMs: number }
  /** The live page can be opened. */
  | { type: "page"; url: string }
  /** It can't be, and all else goes on. */
  | { type: "no page"; address: string; reason: string }
  /** The report can't be written for now. */
  | { type: "no report"; path: string; reason: string }
  /** No screen can be drawn: there are lines. */
  | { type: "no screen"; reason: string }
  /** The exact timer can't be had: a plain one takes its place. */
  | { type: "plain timer"; reason: string };

export type RejectEvent = { type: "rejected"; subject: string; reason: string; count: number };

/** What was expected of each interval, and didn't hold in one. */
export interface RuleEvent {
  type: "threshold failed";
  subject: string;
  /** How long the interval was. */
  lengthUs: number;
  outcomes: { written: string; wanted: string; found: string; open?: string }[];
}

export type TickEvent = BusEvent | PeerEvent | LocalEvent | RejectEvent | RuleEvent;

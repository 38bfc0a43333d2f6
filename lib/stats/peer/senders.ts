/** Who sends on one subject: one peer, or its next run after it, or several at once. */

import type { ReceivedTick } from "../../arrival.ts";
import type { KeptTick, PastTick } from "./kept_tick.ts";
import { AHEAD, secondOf } from "./plausible_number.ts";
import { PlausibleTime } from "./plausible_time.ts";

export interface Sender {
  /** None for a bare one. */
  run: string | undefined;
  /** Its newest tick, by its number. */
  newest: PastTick;
  /** The one that arrived last. */
  last: PastTick;
  /** The last one whose time could be true. */
  timed: KeptTick | undefined;
  times: PlausibleTime;
  /** The lesser of what its last two pairs of ticks were apart; our own, as long as that isn't known. */
  intervalUs: number;
  apartUs: number;
  knowsInterval: boolean;
  /** See {@linkcode PlausibleNumber}. */
  credit: number;
  signedUs: number;
  behindUs: number;
  /** It was, or is, the one that the statistics of clock and gaps are about. */
  wasReceived: boolean;
  /** New ticks of it while another one was received, and since when. */
  beside: number;
  besideSinceUs: number;
  isReported: boolean;
}

/** Senders that are remembered beside the one that is received. */
const MAX = 32;
/** Another one takes over with so many new ticks in a row, and at once where the present one is over. */
const IN_A_ROW = 3;
/** A sender is over by being silent: one that has a successor after five of its intervals, or else after a second. */
const OVER_US = 20_000;
const SILENT_US = 1e6;
/** Half of the shortest interval there is: what is sent nearer together is no schedule. */
const MIN_APART_US = 50;
/** Two are told of once both have sent for so long. */
const TOLD_AFTER_US = 1e6;

export class Senders {
  /** The one that the statistics of clock and gaps are about. */
  current: Sender;
  readonly #all = new Map<string | undefined, Sender>();
  #rival: Sender | undefined;
  #inARow = 0;

  constructor(first: ReceivedTick, intervalUs: number) {
    this.current = newSender(first, intervalUs);
    this.current.wasReceived = true;
    this.#all.set(this.current.run, this.current);
  }

  /** The sender of a tick; one that wasn't received before begins with it. */
  of(tick: ReceivedTick): Sender {
    const run = tick.header?.run;
    if (run === this.current.run) return this.current;
    const known = this.#all.get(run);
    if (known) return known;
    const sender = newSender(tick, this.current.intervalUs);
    this.#all.set(run, sender);
    if (this.#all.size > MAX) this.#forget();
    return sender;
  }

  get(run: string | undefined): Sender | undefined {
    return run === this.current.run ? this.current : this.#all.get(run);
  }

  all(): Iterable<Sender> {
    return this.#all.values();
  }

  /** The current one has spoken. */
  stays() {
    this.#inARow = 0;
  }

  /** Whether another one is to be received from now on: as it alone speaks, or as the present one is over. */
  takesOver(sender: Sender, tick: ReceivedTick): boolean {
    const { current } = this;
    this.#inARow = this.#rival === sender ? this.#inARow + 1 : 1;
    this.#rival = sender;
    const silentUs = tick.monoUs - current.last.monoUs;
    const isAlone = this.#inARow >= IN_A_ROW;
    // A tick without a header may as well be one of the present run with its header broken.
    if (sender.run === undefined) return isAlone && silentUs >= SILENT_US;
    if (isAlone || hasEnded(current)) return true;
    // What has numbers can be told more of than what has none.
    if (current.run === undefined && sender.beside >= IN_A_ROW) return true;
    const isNew = sender.newest === tick;
    return silentUs >= (isNew ? Math.max(OVER_US, 5 * current.intervalUs) : SILENT_US);
  }

  /** Takes in a new tick of one that isn't received now; whether it is to be told that there are two. */
  beside(sender: Sender, tick: ReceivedTick): boolean {
    if (sender.beside++ === 0) sender.besideSinceUs = tick.monoUs;
    const { current } = this;
    const both = sender.run !== undefined && current.run !== undefined &&
      sender.beside >= IN_A_ROW && current.last.monoUs > sender.besideSinceUs &&
      tick.monoUs - sender.besideSinceUs >= TOLD_AFTER_US;
    if (!both || (sender.isReported && current.isReported)) return false;
    sender.isReported = current.isReported = true;
    return true;
  }

  /** The one that has been silent for longest. */
  #forget() {
    let silent: Sender | undefined;
    for (const sender of this.#all.values()) {
      if (sender === this.current) continue;
      if (!silent || sender.last.monoUs < silent.last.monoUs) silent = sender;
    }
    this.#all.delete(silent!.run);
  }
}

/** Whether a sender has said that it ends. */
export function hasEnded({ newest }: Sender): boolean {
  return newest.header?.last === true;
}

/** When the newest tick of a sender was sent, by our clock and at the latest, and how often it sends. */
export interface Pace {
  sentUs: number;
  intervalUs: number;
}

/** Nothing where that was its last one, or isn't known. */
export function paceOf(sender: Sender): Pace | undefined {
  const { newest, times, intervalUs, knowsInterval } = sender;
  if (!newest.header || hasEnded(sender) || !knowsInterval) return undefined;
  const heldUpUs = newest.realUs - newest.signUs - times.minDtUs;
  return { sentUs: newest.monoUs - Math.max(0, heldUpUs), intervalUs };
}

/** Takes in how far a tick is from the last one of its sender. */
export function followInterval(sender: Sender, tick: ReceivedTick) {
  const { header, signUs } = tick;
  const { timed } = sender;
  if (!timed || timed.header?.steps !== header?.steps || !sender.times.fits(tick)) return;
  const slots = header ? header.seq - timed.header!.seq : 1;
  const passedUs = signUs - timed.signUs;
  if (slots <= 0 || passedUs <= 0) return;
  // The lesser of two, so that a silence is none.
  const apartUs = passedUs / slots;
  if (apartUs < MIN_APART_US) return;
  sender.intervalUs = Math.min(apartUs, sender.apartUs);
  sender.apartUs = apartUs;
  if (!sender.knowsInterval) sender.credit += secondOf(sender.intervalUs);
  sender.knowsInterval = true;
}

function newSender(tick: ReceivedTick, intervalUs: number): Sender {
  return {
    run: tick.header?.run,
    newest: tick,
    last: tick,
    timed: undefined,
    times: new PlausibleTime(),
    intervalUs,
    apartUs: Infinity,
    knowsInterval: false,
    credit: AHEAD,
    signedUs: tick.signUs,
    behindUs: 0,
    wasReceived: false,
    beside: 0,
    besideSinceUs: 0,
    isReported: false,
  };
}

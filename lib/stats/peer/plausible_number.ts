/** Whether a tick's number can be true, by those of the same run before it. */

import type { ReceivedTick } from "../../arrival.ts";
import type { TickHeader } from "../../wire.ts";
import type { PastTick } from "./kept_tick.ts";
import { RefusedNumbers, type Row } from "./refused_numbers.ts";

export type NumberedTick = ReceivedTick & { header: TickHeader };

/** What of a sender counts here. */
export interface NumberedSender {
  /** The tick with the highest number that was believed. */
  newest: PastTick;
  intervalUs: number;
  /** Whether that is its own interval, and not what is taken for it. */
  knowsInterval: boolean;
  /** By how many slots its numbers may be ahead of the time. */
  credit: number;
  /** The latest time in its ticks, by its own clock, and how far that has fallen behind ours: what waits to be read. */
  signedUs: number;
  behindUs: number;
}

/** So many slots a sender may be ahead of the time, and a second's worth: it may have been held up for that. */
export const AHEAD = 64;
const AHEAD_US = 1e6;

/** How many slots that second is worth. */
export function secondOf(intervalUs: number): number {
  return AHEAD_US / Math.max(intervalUs, MIN_INTERVAL_US);
}

/** Numbers may go on at twice the rate that is known, as that is an estimate. */
const RATE = 2;
/** No sender is faster than the shortest interval there is. */
const MIN_INTERVAL_US = 100;
/** What more of a credit a long pause gave is for what waited meanwhile, and is gone with this time constant. */
const PAUSE_US = 1e6;
/** Runs of which one tick is held at most. */
const MAX_HELD = 16;

export class PlausibleNumber {
  /** Ticks whose numbers could not be true, and were not borne out by the next. */
  implausible = 0;
  /** Both are created with the first one that is refused. */
  #held: Map<string, NumberedTick> | undefined;
  #refused: RefusedNumbers | undefined;

  /**
   * Returns the ticks to take in now, in their order. Numbers go on with the time, all of them together: one
   * that is ahead of it is held back, and believed where the very next one follows, as far as the fastest sender
   * could have come: the interval that is known may be wrong.
   */
  check(tick: NumberedTick, sender: NumberedSender | undefined): NumberedTick[] {
    const { run, seq } = tick.header;
    const before = sender?.newest.header?.seq;
    if (before === undefined || seq <= before) return [tick];
    if (this.#spends(tick, sender!, seq - before)) {
      this.#held?.delete(run);
      return [tick];
    }
    const held = this.#held?.get(run);
    if (held && this.#isBorneOut(held, tick, sender!)) {
      this.#held!.delete(run);
      this.implausible--;
      return [held, tick];
    }
    this.implausible++;
    this.#refused ??= new RefusedNumbers();
    this.#refused.add(tick.header);
    this.#held ??= new Map();
    this.#held.set(run, tick);
    if (this.#held.size > MAX_HELD) this.#held.delete(this.#held.keys().next().value!);
    return [];
  }

  /**
   * What came before a number that is believed now, and wasn't: in its order, and implausible no more.
   *
   * @param highest number of the run that is accounted for
   */
  borneOutBy({ header: { run, seq } }: NumberedTick, highest: number): Row[] {
    const rows = this.#refused?.take(run, highest, seq) ?? [];
    for (const { from, end } of rows) this.implausible -= end - from;
    return rows;
  }

  /** Takes so many slots from what the time since the newest tick, and all before it, allows; false where it doesn't. */
  #spends(tick: NumberedTick, sender: NumberedSender, slots: number): boolean {
    const sinceUs = passed(sender.newest, tick);
    const signedUs = Math.max(0, tick.signUs - sender.signedUs);
    // Of a backlog that is read faster than it came about, ticks come with the time that it stands for, and no more.
    const passedUs = Math.max(sinceUs, Math.min(signedUs, sinceUs + sender.behindUs));
    const { intervalUs, knowsInterval, credit } = sender;
    const everyUs = knowsInterval ? Math.max(intervalUs, MIN_INTERVAL_US) : MIN_INTERVAL_US;
    const most = AHEAD + (knowsInterval ? secondOf(intervalUs) : 0);
    const left = credit <= most ? credit : most + (credit - most) * Math.exp(-passedUs / PAUSE_US);
    const after = left + RATE * passedUs / everyUs - slots;
    if (after < 0) return false;
    sender.credit = after;
    sender.signedUs += signedUs;
    sender.behindUs = Math.max(0, sender.behindUs + sinceUs - signedUs);
    return true;
  }

  #isBorneOut(held: NumberedTick, tick: NumberedTick, { newest }: NumberedSender): boolean {
    const slots = tick.header.seq - newest.header!.seq;
    const isNext = tick.header.seq === held.header.seq + 1;
    return isNext && slots <= passed(newest, tick) / MIN_INTERVAL_US;
  }
}

/** Of our two clocks, the one that went further: the monotonic one may stand still while a machine sleeps. */
function passed(from: PastTick, to: ReceivedTick): number {
  return Math.max(0, to.monoUs - from.monoUs, to.realUs - from.realUs);
}

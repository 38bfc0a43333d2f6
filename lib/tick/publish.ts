/** Sending: a tick at every beat, handed to the bus. */

import type { Bus, Fate, UnsentReason } from "../bus/bus.ts";
import {
  type Clock,
  type Moment,
  momentOf,
  type MonoUs,
  systemClock,
  type WallUs,
} from "../time/clock.ts";
import { type Beat, beats as everyInterval } from "../time/metronome.ts";
import { bodyOf, headerOf, type TickHeader } from "../wire.ts";

/** A slot of the local schedule that was ticked. */
export interface SentTick {
  /** Names this start of the sender: 8 hexadecimal digits. */
  run: string;
  /** The slot's number, from 0; skipped and unsent slots have one too. */
  seq: number;
  /** `t_sign`: when the tick was recorded. */
  signUs: WallUs;
  /** The same moment, by the monotonic clock. */
  monoUs: MonoUs;
  /** When it was recorded minus when its slot was due, in microseconds; early is negative. */
  timerErrorUs: number;
  /** There is none after it. */
  last: boolean;
  /** False where it was dropped, so that the slot is counted as unsent. */
  sent: boolean;
  /** Why it wasn't sent. */
  unsentReason?: UnsentReason;
  /** Slots unsent so far, this one included. */
  unsent: number;
  /** Slots skipped so far, as this process missed them. */
  skipped: number;
}

/** What is known of a tick before it is sent. */
export type AboutTick = Moment & { seq: number; last?: boolean };

/** How ticks are published. */
export interface PublishOptions {
  /** What to publish on. */
  subject: string;
  /** The schedule; when it isn't given, a beat every 10 ms. */
  beats?: AsyncIterable<Beat>;
  /** Ends with the tick that makes so many sent. */
  count?: number;
  /** What rides along besides, asked for at every tick. */
  about?: (tick: AboutTick) => Partial<TickHeader>;
  /** Names this start; a fresh name, when it isn't given. */
  run?: string;
  /** Called once for each tick that was sent, where the bus acknowledges. */
  onFate?: (fate: Fate, tick: { seq: number; signUs: WallUs }, afterUs: number) => void;
  /** The system's, when it isn't given. */
  clock?: Clock;
  /** Ends it; not an error. */
  signal?: AbortSignal;
}

/** A fresh name for one start of a sender. */
export function newRun(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** Records a tick at every beat, hands it to the bus without waiting for it, and yields it. */
export async function* publishTicks(
  bus: Pick<Bus, "publish"> & Partial<Pick<Bus, "can">>,
  {
    subject,
    clock = systemClock,
    signal,
    beats,
    count = Infinity,
    about = () => ({}),
    run = newRun(),
    onFate = () => {},
  }: PublishOptions,
): AsyncGenerator<SentTick, void> {
  let sent = 0;
  let unsent = 0;
  let skipped = 0;
  let acked = 0;
  function follow({ wallUs: signUs, monoUs }: Moment, seq: number) {
    return (fate: Fate) => {
      if (fate.type === "acknowledged") acked++;
      onFate(fate, { seq, signUs }, clock.monoUs() - monoUs);
    };
  }
  for await (const beat of beats ?? everyInterval({ clock, signal })) {
    const moment = momentOf(clock);
    const seq = beat.slot;
    const timerErrorUs = Math.round(moment.monoUs - beat.slotUs);
    const last = beat.last || sent + 1 >= count;
    skipped += beat.skipped;
    const rides = about({ ...moment, seq, last });
    const header = headerOf({ run, seq, timerErrorUs, unsent, skipped, acked, last, ...rides });
    const followed = bus.can?.acknowledges ? follow(moment, seq) : undefined;
    const result = bus.publish(subject, bodyOf(moment.wallUs), header, followed);
    const published = result === "sent";
    if (published) sent++;
    else unsent++;
    const { wallUs: signUs, monoUs } = moment;
    const tick: SentTick = {
      run,
      seq,
      signUs,
      monoUs,
      timerErrorUs,
      last,
      sent: published,
      unsent,
      skipped,
    };
    if (!published) tick.unsentReason = result;
    yield tick;
    if (sent >= count) return;
  }
}

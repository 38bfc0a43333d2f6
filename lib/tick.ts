/**
 * The tick, and the two async iterators everything hangs on: {@linkcode publishTicks} and
 * {@linkcode receiveTicks}.
 *
 * @example Two directions in one program
 * ```ts
 * import { openBus } from "./bus/open.ts";
 * import { publishTicks, receiveTicks } from "./tick.ts";
 * import { TICK_HEADER } from "./wire.ts";
 *
 * await using bus = await openBus("127.0.0.1:4222", { name: "example", headerName: TICK_HEADER });
 * async function send() {
 *   for await (const tick of publishTicks(bus, { subject: "app1_tick" })) void tick.seq;
 * }
 * async function receive() {
 *   for await (const tick of receiveTicks(bus, { subject: "app2_tick" })) {
 *     console.log((tick.realUs - tick.signUs) / 1e6);
 *   }
 * }
 * await Promise.all([send(), receive()]);
 * ```
 * @module
 */

import type { Bus, Fate, UnsentReason } from "./bus/bus.ts";
import {
  type Clock,
  type Moment,
  momentOf,
  type MonoUs,
  systemClock,
  type WallUs,
} from "./time/clock.ts";
import { type Beat, beats as everyInterval } from "./time/metronome.ts";
import { BoundedQueue } from "./queue.ts";
import { timeout, turn, type Wait } from "./time/wait.ts";
import { type Arrival, readArrival, type ReceivedTick, type RejectedMessage } from "./arrival.ts";

import { bodyOf, headerOf, type TickHeader } from "./wire.ts";

/** A slot of our own schedule that was ticked. */
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
  /** Told once of each tick that was sent, where the bus acknowledges. */
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

/** How ticks are received. */
export interface ReceiveOptions {
  /** What to receive; wildcards as the bus has them. */
  subject: string;
  /** The system's, when it isn't given. */
  clock?: Clock;
  /** Ends it; not an error. */
  signal?: AbortSignal;
  /** Told of every message that is no tick. */
  onReject?: (rejected: RejectedMessage) => void;
  /** Told of every tick that is not yielded, as too many wait: in order, before those behind it. */
  onOverrun?: (tick: ReceivedTick) => void;
  /** A tick that comes within this of one that was yielded waits that long, to be yielded with those after it: that costs less. */
  lingerMs?: number;
  /** Waits in place of the system's timers, in tests. */
  wait?: Wait;
  /** How many ticks wait at most for whoever iterates; beyond it, the oldest are not yielded. */
  limit?: number;
}

/** After a standstill there may be thousands: so many are yielded before our own ticks have their turn. */
const MAX_AT_ONCE = 512;

/** At the end, they are to be had without delay; nobody is as far behind in good order. */
const MAX_AT_END = 4096;

/** Yields every tick received on a subject, stamped at the moment it arrived. */
export async function* receiveTicks(
  bus: Pick<Bus, "subscribe">,
  {
    subject,
    clock = systemClock,
    wait = timeout,
    signal,
    onReject,
    onOverrun,
    lingerMs = 0,
    limit = 8192,
  }: ReceiveOptions,
): AsyncGenerator<ReceivedTick, void> {
  const waiting = new BoundedQueue<Arrival | ReceivedTick>(limit);
  let arrivedUs = -Infinity; // when the last one did
  let yieldedUs = -Infinity; // when the last one of those that were yielded arrived
  let arrival = Promise.withResolvers<void>();
  let isLingering = false;
  const over = new AbortController();
  const wake = () => arrival.resolve();
  signal?.addEventListener("abort", wake);
  if (signal?.aborted) wake();
  using subscription = bus.subscribe(subject, (message) => {
    // By the bus, as its socket was read, or else before anything else: behind an await, simultaneous
    // ticks are stamped up to 47 ms late.
    const moment = message.arrived ?? momentOf(clock);
    message.ack?.();
    arrivedUs = moment.monoUs;
    const arrival = { message, moment };
    // Far behind, what is no tick takes no room.
    const added = waiting.length < MAX_AT_ONCE ? arrival : tickOf(arrival);
    const overrun = added && waiting.push(added);
    if (overrun) ticksOf([overrun]).forEach((tick) => onOverrun?.(tick));
    if (waiting.length >= MAX_AT_ONCE) return wake();
    if (isLingering) return;
    isLingering = arrivedUs - yieldedUs < lingerMs * 1000;
    if (isLingering) wait(lingerMs, over.signal).then(wake);
    else wake();
  });
  function tickOf(arrival: Arrival): ReceivedTick | undefined {
    const { tick, rejected } = readArrival(arrival);
    if (rejected) onReject?.(rejected);
    return tick;
  }
  /** Read as late as they are yielded: ten at once cost a third of what each by itself does. */
  function ticksOf(waited: (Arrival | ReceivedTick)[]): ReceivedTick[] {
    return waited.flatMap((each) => "message" in each ? tickOf(each) ?? [] : each);
  }
  try {
    while (true) {
      await arrival.promise;
      arrival = Promise.withResolvers();
      isLingering = false;
      yieldedUs = arrivedUs;
      while (waiting.length > 0 && !signal?.aborted) {
        for (const tick of ticksOf(waiting.take(MAX_AT_ONCE))) yield tick;
        if (waiting.length > 0) await turn();
      }
      if (!signal?.aborted) continue;
      subscription[Symbol.dispose](); // what is to end under a flood would never come to its end
      for (const tick of ticksOf(waiting.take(MAX_AT_END))) yield tick;
      return ticksOf(waiting.take(Infinity)).forEach((tick) => onOverrun?.(tick));
    }
  } finally {
    over.abort();
    signal?.removeEventListener("abort", wake);
  }
}

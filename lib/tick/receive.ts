/** Receiving: every message stamped as it arrives, and read as late as it is yielded. */

import { type Arrival, readArrival, type ReceivedTick, type RejectedMessage } from "../arrival.ts";
import type { Bus } from "../bus/bus.ts";
import { BoundedQueue } from "../queue.ts";
import { type Clock, momentOf, systemClock } from "../time/clock.ts";
import { timeout, turn, type Wait } from "../time/wait.ts";

/** How ticks are received. */
export interface ReceiveOptions {
  /** What to receive; wildcards as the bus has them. */
  subject: string;
  /** The system's, when it isn't given. */
  clock?: Clock;
  /** Ends it; not an error. */
  signal?: AbortSignal;
  /** Called with every message that isn't a tick. */
  onReject?: (rejected: RejectedMessage) => void;
  /** Called with every tick that is not yielded, as too many wait: in order, before those behind it. */
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

/** A clock, a sleeper and a bus that take no real time. */

import type { Bus, Message } from "../../lib/bus/bus.ts";
import type { Clock, MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { Sleeper } from "../../lib/time/sleeper.ts";

export interface FakeClock extends Clock {
  /** Both clocks go on by so much. */
  advance(us: number): void;
}

export function fakeClock({ wallUs = 0, monoUs = 0 } = {}): FakeClock {
  let passedUs = 0;
  return {
    wallUs: () => wallUs + passedUs as WallUs,
    monoUs: () => monoUs + passedUs as MonoUs,
    advance: (us) => void (passedUs += us),
  };
}

export interface FakeSleeper extends Sleeper {
  /** The moments that were waited for. */
  dues: number[];
}

/** Lets the clock jump to each moment that is waited for, and `lateUs` beyond it. */
export function fakeSleeper(clock: FakeClock, lateUs = 0): FakeSleeper {
  const dues: number[] = [];
  return {
    dues,
    until(dueUs, signal) {
      dues.push(dueUs);
      if (!signal?.aborted) clock.advance(Math.max(dueUs + lateUs - clock.monoUs(), 0));
      return Promise.resolve();
    },
    [Symbol.dispose]() {},
  };
}

export interface FakeBus extends Bus {
  /** False as long as there is no connection. */
  open: boolean;
  published: { subject: string; body: string; header?: string }[];
  /** How many subscriptions there are. */
  readonly subscribers: number;
  /** How often it was asked to flush. */
  flushed: number;
  /** A message arrives, on every subscription to just this subject. */
  deliver(subject: string, body: string | Uint8Array, header?: string): void;
  refuse(error: Error): void;
}

export function fakeBus(): FakeBus {
  const subscriptions = new Set<{ subject: string; onMessage: (message: Message) => void }>();
  const refusal = Promise.withResolvers<never>();
  refusal.promise.catch(() => {});
  return {
    open: true,
    can: { acknowledges: false, stores: false, headers: true, wildcards: true },
    ready: Promise.resolve(),
    published: [],
    flushed: 0,
    refused: refusal.promise,
    refuse: refusal.reject,
    get subscribers() {
      return subscriptions.size;
    },
    publish(subject, body, header) {
      if (!this.open) return "disconnected";
      this.published.push({ subject, body, header });
      return "sent";
    },
    subscribe(subject, onMessage) {
      const subscription = { subject, onMessage };
      subscriptions.add(subscription);
      return { [Symbol.dispose]: () => void subscriptions.delete(subscription) };
    },
    flush() {
      this.flushed++;
      return Promise.resolve(true);
    },
    deliver(subject, body, header) {
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      for (const subscription of subscriptions) {
        if (subscription.subject === subject) {
          subscription.onMessage({ subject, body: bytes, header });
        }
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The next so many values of a stream, which stays open. */
export async function take<T>(stream: AsyncGenerator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = await stream.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

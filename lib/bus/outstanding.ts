/** What was published and has no word from the server yet: each has one fate in the end, and there are only so many. */

import type { Fate } from "./bus.ts";

export interface OutstandingOptions {
  /** How long a message may have no word before it counts as unconfirmed. */
  timeoutMs?: number;
  /** Beyond this many, the oldest is unconfirmed. */
  limit?: number;
  nowMs?: () => number;
}

/** A cluster takes up to 5 s to choose a leader for a stream, and acknowledges all it got then. */
const TIMEOUT_MS = 5000;
/** 100 s of ticks at 10 ms. */
const LIMIT = 10_000;
/** How often is looked for those without a word. */
const LOOK_MS = 250;

interface Waiting {
  sinceMs: number;
  onFate: (fate: Fate) => void;
}

export class Outstanding {
  readonly #timeoutMs: number;
  readonly #limit: number;
  readonly #nowMs: () => number;
  /** In the order in which they were published. */
  readonly #waiting = new Map<string, Waiting>();
  #next = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #settled = Promise.withResolvers<void>();
  #ended: string | undefined;

  constructor({ timeoutMs, limit, nowMs }: OutstandingOptions = {}) {
    this.#timeoutMs = timeoutMs ?? TIMEOUT_MS;
    this.#limit = limit ?? LIMIT;
    this.#nowMs = nowMs ?? (() => performance.now());
    this.#settled.resolve();
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** A message is about to be published; returns what it is known by. */
  add(onFate: (fate: Fate) => void = () => {}): string {
    const token = (this.#next++).toString(36);
    if (this.#waiting.size === 0) this.#settled = Promise.withResolvers();
    this.#waiting.set(token, { sinceMs: this.#nowMs(), onFate });
    if (this.#waiting.size > this.#limit) {
      const [oldest] = this.#waiting.keys();
      this.settle(oldest, { type: "unconfirmed", reason: "too many are unacknowledged" });
    }
    this.#timer ??= setInterval(() => this.expire(), LOOK_MS);
    return token;
  }

  /** There is word of it; what comes twice or too late changes nothing. */
  settle(token: string, fate: Fate) {
    const waiting = this.#waiting.get(token);
    if (!waiting) return;
    this.forget(token);
    waiting.onFate(fate);
  }

  /** It wasn't sent after all, and has no fate. */
  forget(token: string) {
    this.#waiting.delete(token);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#settled.resolve();
  }

  /** Gives up those that have waited for too long. */
  expire() {
    const untilMs = this.#nowMs() - this.#timeoutMs;
    for (const [token, { sinceMs }] of this.#waiting) {
      if (sinceMs > untilMs) return;
      this.settle(token, { type: "unconfirmed", reason: "not acknowledged in time" });
    }
  }

  /** The connection is closed: there is no word to come. */
  end(reason: string) {
    this.#ended = reason;
    for (const token of this.#waiting.keys()) this.settle(token, { type: "unconfirmed", reason });
  }

  /**
   * Resolves once there is word of each.
   *
   * @throws {Error} where the connection closes before
   */
  async settled(): Promise<void> {
    if (this.#waiting.size === 0) return;
    await this.#settled.promise;
    if (this.#ended !== undefined) throw new Error(this.#ended);
  }
}

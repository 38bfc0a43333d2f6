/** What the server has denied us: each is said once, and tried again now and then, as permissions change. */

import type { Clock } from "../time/clock.ts";
import type { Wait } from "../time/wait.ts";
import type { BusEvent, Operation } from "./bus.ts";

export interface DenialsOptions {
  clock: Clock;
  wait: Wait;
  onEvent: (event: BusEvent) => void;
  /** Resolves with whether the server has answered for all that was sent so far. */
  answered: () => Promise<boolean>;
}

/** A try costs one tick that is counted as sent, and lost. */
const RETRY_DENIED_MS = 5000;
/** Nobody uses as many subjects; a server can deny any number. */
const MAX_DENIED = 256;

export class Denials {
  readonly #options: DenialsOptions;
  readonly #denied = new Map<string, { triedUs: number; trying: boolean }>();

  constructor(options: DenialsOptions) {
    this.#options = options;
  }

  /** Takes in that the server has denied it. */
  deny(operation: Operation, subject: string, reason?: string) {
    const known = this.#denied.has(key(operation, subject));
    if (!known && this.#denied.size >= MAX_DENIED) return;
    const triedUs = this.#options.clock.monoUs();
    this.#denied.set(key(operation, subject), { triedUs, trying: false });
    if (!known) this.#options.onEvent({ type: "denied", operation, subject, reason });
  }

  /** Whether to send it: it isn't denied, or it is time for another try, which the caller makes at once. */
  mayTry(operation: Operation, subject: string): boolean {
    if (this.#denied.size === 0) return true;
    const denial = this.#denied.get(key(operation, subject));
    if (!denial) return true;
    const nowUs = this.#options.clock.monoUs();
    if (denial.trying || nowUs - denial.triedUs < RETRY_DENIED_MS * 1000) return false;
    denial.trying = true;
    denial.triedUs = nowUs;
    queueMicrotask(() => this.#follow(operation, subject)); // behind what the caller sends now
    return true;
  }

  /** A new connection: its permissions may be others. */
  forget() {
    for (const name of this.#denied.keys()) {
      this.#denied.set(name, { triedUs: -Infinity, trying: false });
    }
  }

  /** Rejects nothing: {@linkcode DenialsOptions.answered} doesn't. */
  async #follow(operation: Operation, subject: string) {
    const name = key(operation, subject);
    const tried = this.#denied.get(name);
    const answered = await this.#options.answered();
    await this.#options.wait(0); // a denial is told a few turns later
    if (this.#denied.get(name) !== tried || !tried?.trying) return; // denied again
    tried.trying = false;
    if (!answered) return;
    this.#denied.delete(name);
    this.#options.onEvent({ type: "allowed", operation, subject });
  }
}

function key(operation: Operation, subject: string): string {
  return `${operation} ${subject}`;
}

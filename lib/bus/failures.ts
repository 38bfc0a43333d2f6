/** What is said of tries to connect that failed, and how long their server is left alone. */

import { type BusEvent, BusRefusal } from "./bus.ts";
import { type Driver, ServerSaid } from "./driver.ts";
import { reasonOf } from "./reason.ts";

/** From one try to the next: it costs about 2 ms of a core. */
export const RETRY_MS = 100;
/** The same where something answered that won't do, at the start or by its refusal: that costs up to 20 ms of a core. */
export const RETRY_ANSWERED_MS = 250;
/** The same where it is refused time after time, at most: each may sign anew. */
export const RETRY_REFUSED_MS = 2000;
/** A server can fail for any number of reasons; a person reads these. */
const MAX_SAID = 16;

export interface FailuresOptions {
  driver: Driver;
  /** As given. */
  servers: readonly string[];
  onEvent: (event: BusEvent) => void;
}

export class Failures {
  readonly #options: FailuresOptions;
  readonly #said = new Set<string>();
  #first: { server: string; reason: string }[] | undefined = [];
  #wasConnected = false;
  #refusal: string | undefined;
  #refusedTimes = 0;

  constructor(options: FailuresOptions) {
    this.#options = options;
  }

  /** A connection has been made: what comes is another outage. */
  forget() {
    this.#wasConnected = true;
    this.#said.clear();
    this.#first = undefined;
    this.#refusal = undefined;
    this.#refusedTimes = 0;
  }

  /** Takes in why a try failed; returns how long its server is left alone, in ms from the start of the try. */
  failed(server: string, error: unknown): number {
    if (error instanceof BusRefusal) {
      this.refused(server, error.message);
      return this.#everLonger();
    }
    const reason = reasonOf(error);
    const absent = reason === "connection refused";
    const isSaid = error instanceof ServerSaid;
    if (this.#first) this.#first.push({ server, reason });
    else this.#say(server, reason, absent);
    if (isSaid) return this.#everLonger();
    return absent || this.#wasConnected ? RETRY_MS : RETRY_ANSWERED_MS;
  }

  /**
   * Each server has failed once.
   *
   * @throws {BusRefusal} where one of them refuses us from the start
   */
  allFailed() {
    const { driver, servers } = this.#options;
    if (!this.#wasConnected && this.#refusal !== undefined) {
      throw new BusRefusal(
        `cannot connect to the ${driver.title} server at ${servers.join(", ")}: ${this.#refusal}`,
      );
    }
    const first = this.#first ?? [];
    this.#first = undefined;
    for (const [reason, failures] of Map.groupBy(first, ({ reason }) => reason)) {
      const which = failures.length === first.length
        ? servers
        : failures.map(({ server }) => server);
      this.#say([...new Set(which)].join(", "), reason, false);
    }
  }

  /** It will not have us: an error at the start, and said once later. */
  refused(server: string, reason: string) {
    const isFirst = this.#refusal === undefined;
    this.#refusal ??= reason;
    if (isFirst && this.#wasConnected) this.#options.onEvent({ type: "refused", server, reason });
  }

  #everLonger(): number {
    return Math.min(RETRY_ANSWERED_MS * 2 ** this.#refusedTimes++, RETRY_REFUSED_MS);
  }

  #say(server: string, reason: string, absent: boolean) {
    if (this.#said.has(reason) || this.#said.size >= MAX_SAID) return;
    this.#said.add(reason);
    const { driver: { title: bus, hint }, onEvent } = this.#options;
    if (!this.#wasConnected) onEvent({ type: "waiting", server, reason, bus, hint });
    else if (!absent) onEvent({ type: "fault", reason });
  }
}

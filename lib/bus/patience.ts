/** How long a server may take: what a person set are floors, and the round trip that is measured sets the rest. */

import { RoundTrip } from "./round_trip.ts";

const DIAL_MS = 500;
/** TCP's handshake, the greeting, TLS's own two, the login. */
const ROUND_TRIPS_TO_DIAL = 5;
const SILENT_MS = 250;
/** How often an answer of the server is asked for within the time after which its link counts as silent. */
const PROBES = 2.5;
/** From one connection that was of no use to the next, at least: a server that hangs up at once is to cost little. */
const APART_MS = 250;
/** The same where one after the other was of no use, at most. */
const MAX_APART_MS = 5000;

export interface PatienceOptions {
  dialTimeoutMs?: number;
  silentMs?: number;
}

export class Patience {
  /** How long after an answer the next is asked for. */
  readonly probeEveryMs: number;
  readonly #dialMs: number;
  readonly #silentMs: number;
  readonly #roundTrip = new RoundTrip();
  #useless = 0;

  constructor({ dialTimeoutMs = DIAL_MS, silentMs = SILENT_MS }: PatienceOptions) {
    this.#dialMs = dialTimeoutMs;
    this.#silentMs = silentMs;
    this.probeEveryMs = silentMs / PROBES;
  }

  /** How long a try to connect may take before there is another one. */
  get dialMs(): number {
    return Math.max(this.#dialMs, ROUND_TRIPS_TO_DIAL * this.#roundTrip.timeoutMs);
  }

  /** How long an answer may take. */
  get silentMs(): number {
    return this.#silentMs + this.#roundTrip.timeoutMs;
  }

  /** How long after the start of a connection the next one is made at the earliest, where it is of no use. */
  get apartMs(): number {
    return Math.min(APART_MS * 2 ** this.#useless, MAX_APART_MS);
  }

  /** Takes in how long a connection took. */
  connected(dialMs: number) {
    this.#roundTrip.begin(dialMs);
  }

  /** Takes in how long an answer took. */
  answered(ms: number) {
    this.#roundTrip.measured(ms);
  }

  /** Takes in whether a connection was of use, once it is over. */
  over(served: boolean) {
    this.#useless = served ? 0 : this.#useless + 1;
  }
}

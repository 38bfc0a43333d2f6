/** Where a link stands. */

import type { Clock } from "../time/clock.ts";
import type { UnsentReason } from "./bus.ts";
import type { Connection } from "./driver.ts";

/** What a link is connected by is part of where it stands. */
type State =
  | { type: "connecting"; sinceUs: number }
  | { type: "open"; connection: Connection }
  /** Its server is going down, and another one is being connected to. */
  | { type: "leaving"; connection: Connection }
  /** The server takes nothing for now. */
  | { type: "blocked"; connection: Connection; sinceUs: number }
  | { type: "closed" };

export class LinkState {
  readonly #clock: Clock;
  #state: State;
  /** In use, or last in use. */
  #used: Connection | undefined;
  #served = false;
  #receivedUs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#state = { type: "connecting", sinceUs: clock.monoUs() };
  }

  get type(): State["type"] {
    return this.#state.type;
  }

  /** The one that takes part, where there is one. */
  get connection(): Connection | undefined {
    return "connection" in this.#state ? this.#state.connection : undefined;
  }

  /** The one that takes part, or did last: whose end is still to be seen. */
  get used(): Connection | undefined {
    return this.#used;
  }

  /** The connection to publish on, or why there is none: nothing waits for one. */
  get gate(): Connection | UnsentReason {
    const state = this.#state;
    if (state.type === "open" || state.type === "leaving") return state.connection;
    return state.type === "blocked" ? "blocked" : "disconnected";
  }

  /** @returns for how long there was no connection, in ms */
  open(connection: Connection): number {
    const forMs = this.#sinceMs();
    this.#used = connection;
    this.#served = false;
    this.#state = { type: "open", connection };
    return forMs;
  }

  /** Whether the connection last in use answered, or brought something, and did nothing wrong since. */
  get served(): boolean {
    return this.#served;
  }

  /** When something was last received. */
  get receivedUs(): number {
    return this.#receivedUs;
  }

  /** It brought something, now or at a moment that is known. */
  received(atUs = this.#clock.monoUs()) {
    this.#served = true;
    this.#receivedUs = atUs;
  }

  answered() {
    this.#served = true;
  }

  /** The server did what it shouldn't. */
  failed() {
    this.#served = false;
  }

  leaving() {
    if (this.#state.type === "open") this.#state = { ...this.#state, type: "leaving" };
  }

  blocked() {
    const { connection } = this;
    if (connection) this.#state = { type: "blocked", connection, sinceUs: this.#clock.monoUs() };
  }

  /** @returns for how long it was blocked, in ms */
  unblocked(): number {
    const forMs = this.#sinceMs();
    const { connection } = this;
    if (connection) this.#state = { type: "open", connection };
    return forMs;
  }

  /** The connection is lost, or given up: from here on, nothing is published on it. */
  lost() {
    if (this.connection) this.#state = { type: "connecting", sinceUs: this.#clock.monoUs() };
  }

  closed() {
    this.#state = { type: "closed" };
  }

  #sinceMs(): number {
    return "sinceUs" in this.#state ? (this.#clock.monoUs() - this.#state.sinceUs) / 1000 : 0;
  }
}

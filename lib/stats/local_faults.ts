/** What of ourselves explains what is received of a peer. */

import type { BusEvent } from "../bus/bus.ts";
import type { MonoUs } from "../time/clock.ts";
import { coveredUs, type Span, Spans } from "./spans.ts";

/** Stretches of our own that explain a gap. A moment of several counts for the first of them here, and no other. */
export interface LocalFaults {
  /** How much of a stretch our event loop stood still: then all else need not be so. */
  stalledUs(fromUs: number, toUs: number): number;
  /** How much of it we had no connection, and didn't stand still. */
  disconnectedUs(fromUs: number, toUs: number): number;
  /** How much of it the server denied us to subscribe, while we were connected. */
  deniedUs(fromUs: number, toUs: number): number;
  /** Whether the server dropped some of what it had for us in it, as we didn't read that in time. */
  isUnread(fromUs: number, toUs: number): boolean;
  /** The server that we were connected to last at a moment, where that is remembered. */
  serverAt(us: number): string | undefined;
}

/** What a peer's record needs to know of ourselves. */
export interface LocalState extends LocalFaults {
  run: string;
  /** Steps of our own wall clock so far. */
  steps: number;
  /** When it stepped last; what arrived before that is stamped by another clock. */
  steppedUs: MonoUs;
  /** Whether we sent this tick, and our clock has not stepped since. */
  hasSent(seq: number, signUs: number): boolean;
}

/** When we stood still, had no connection, were denied to subscribe, or did not read in time. */
export class OwnFaults implements Omit<LocalFaults, "serverAt"> {
  readonly #stalled: (fromUs: number, toUs: number) => Span[];
  readonly #disconnected = new Spans();
  readonly #denied = new Spans();
  readonly #unread = new Spans();

  /** @param stalled where in a stretch our event loop stood still */
  constructor(stalled: (fromUs: number, toUs: number) => Span[]) {
    this.#stalled = stalled;
  }

  /** Takes in what happened to our own connection. */
  follow(event: BusEvent, nowUs: MonoUs) {
    if (event.type === "disconnected") this.#disconnected.open(nowUs);
    if (event.type === "reconnected") this.#disconnected.close(nowUs);
    if (event.type === "denied" && event.operation === "subscribe") this.#denied.open(nowUs);
    if (event.type === "allowed" && event.operation === "subscribe") this.#denied.close(nowUs);
    // All before it came, and what comes until then comes on the next connection.
    if (event.type === "unread") this.#unread.open(nowUs);
    if (event.type === "reconnected" || event.type === "moved") this.#unread.close(nowUs);
  }

  stalledUs(fromUs: number, toUs: number): number {
    return coveredUs(this.#stalled(fromUs, toUs));
  }

  disconnectedUs(fromUs: number, toUs: number): number {
    const stalled = this.#stalled(fromUs, toUs);
    return coveredUs(stalled, this.#disconnected.within(fromUs, toUs)) - coveredUs(stalled);
  }

  isUnread(fromUs: number, toUs: number): boolean {
    return this.#unread.within(fromUs, toUs).length > 0;
  }

  deniedUs(fromUs: number, toUs: number): number {
    const before = [this.#stalled(fromUs, toUs), this.#disconnected.within(fromUs, toUs)];
    return coveredUs(...before, this.#denied.within(fromUs, toUs)) - coveredUs(...before);
  }
}

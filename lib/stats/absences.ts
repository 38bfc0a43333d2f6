/** When we could not receive, as far as our own connection tells. */

import type { BusEvent } from "../bus/bus.ts";
import type { MonoUs } from "../time/clock.ts";
import { Spans } from "./spans.ts";

export class Absences {
  readonly #disconnected = new Spans();
  readonly #denied = new Spans();
  readonly #unread = new Spans();

  follow(event: BusEvent, nowUs: MonoUs) {
    if (event.type === "disconnected") this.#disconnected.open(nowUs);
    if (event.type === "reconnected") this.#disconnected.close(nowUs);
    if (event.type === "denied" && event.operation === "subscribe") this.#denied.open(nowUs);
    if (event.type === "allowed" && event.operation === "subscribe") this.#denied.close(nowUs);
    // What comes until then, comes on the next connection.
    if (event.type === "unread") this.#unread.open(nowUs - event.forMs * 1000);
    if (event.type === "reconnected" || event.type === "moved") this.#unread.close(nowUs);
  }

  /** How much of a stretch we had no connection. */
  disconnectedUs(fromUs: number, toUs: number): number {
    return this.#disconnected.overlapUs(fromUs, toUs);
  }

  /** How much of it the server denied us to subscribe. */
  deniedUs(fromUs: number, toUs: number): number {
    return this.#denied.overlapUs(fromUs, toUs);
  }

  /** Whether the server dropped some of what it had for us in it, as we didn't read it in time. */
  isUnread(fromUs: number, toUs: number): boolean {
    return this.#unread.overlapUs(fromUs, toUs) > 0;
  }
}

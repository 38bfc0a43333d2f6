/** What is odd about what a peer sends: gathered, so that a flood of it is told in a line or two. */

import type { OddEvent } from "../event.ts";

export class Oddities {
  readonly #events = new Map<string, OddEvent>();

  /** Takes in one more; of those of a kind, the first one is told, and how many there were. */
  add(event: OddEvent) {
    const kind = event.type === "header unused" ? `${event.type}: ${event.reason}` : event.type;
    const first = this.#events.get(kind);
    if (first) first.count += event.count;
    else this.#events.set(kind, event);
  }

  /** What was odd since the last call. */
  take(): OddEvent[] {
    if (this.#events.size === 0) return [];
    const events = [...this.#events.values()];
    this.#events.clear();
    return events;
  }
}

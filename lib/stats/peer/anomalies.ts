/** What is odd about what is received: gathered, so that a flood of it is told in a line or two. */

import type { AnomalyEvent, RejectEvent, TickEvent } from "../events.ts";

export class Anomalies<E extends AnomalyEvent | RejectEvent = AnomalyEvent> {
  readonly #events = new Map<string, E>();

  /** Takes in one more; of those of a kind, the first one is told, and how many there were. */
  add(event: E) {
    const kind = kindOf(event);
    const first = this.#events.get(kind);
    if (first) first.count += event.count;
    else this.#events.set(kind, event);
  }

  /** What was odd since the last call. */
  take(): E[] {
    const events: E[] = [];
    this.takeTo(events);
    return events;
  }

  /** The same, added to others. */
  takeTo(events: (E | TickEvent)[]) {
    if (this.#events.size === 0) return;
    events.push(...this.#events.values());
    this.#events.clear();
  }
}

/** What is counted together. */
export function kindOf(event: AnomalyEvent | RejectEvent): string {
  return "reason" in event ? `${event.type}: ${event.reason}` : event.type;
}

/** What is odd about what is received: gathered, so that a flood of it is told in a line or two. */

import type { AnomalyEvent, RejectEvent, TickEvent } from "../events.ts";

export class Anomalies<E extends AnomalyEvent | RejectEvent = AnomalyEvent> {
  /** Created with the first one: most peers have none, ever. */
  #events: Map<string, E> | undefined;

  /** Takes in one more; of those of a kind, the first one is told, and how many there were. */
  add(event: E) {
    const kind = kindOf(event);
    const events = this.#events ??= new Map();
    const first = events.get(kind);
    if (first) first.count += event.count;
    else events.set(kind, event);
  }

  /** What was odd since the last call. */
  take(): E[] {
    const events: E[] = [];
    this.takeTo(events);
    return events;
  }

  /** The same, added to others. */
  takeTo(events: (E | TickEvent)[]) {
    if (!this.#events) return;
    events.push(...this.#events.values());
    this.#events = undefined;
  }
}

/** What is counted together. */
export function kindOf(event: AnomalyEvent | RejectEvent): string {
  return "reason" in event ? `${event.type}: ${event.reason}` : event.type;
}

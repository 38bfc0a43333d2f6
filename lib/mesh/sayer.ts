/** Says what happens in a mesh: of a path by both its servers, of a connection by its own. */

import { RateLimit, type Said } from "../report/text/rate_limit.ts";
import type { TickEvent } from "../stats/events.ts";
import type { Clock } from "../time/clock.ts";
import type { Mesh } from "./mesh.ts";
import { pathText } from "./text.ts";

/** The same event, by its path in place of its subject, where it is about one. */
export function named(event: TickEvent, node: number, mesh: Mesh): TickEvent {
  if (!("subject" in event)) return event;
  const from = mesh.senderOf(event.subject);
  if (from < 0) return event;
  return { ...event, subject: pathText({ from, to: node }, mesh.labels) };
}

/** What is held back: of the paths to a server, or of its own connection. */
interface Held {
  limit: RateLimit;
  /** What its lines begin with. */
  head: string;
}

export class Sayer {
  readonly #clock: Clock;
  readonly #write: (atUs: number, text: string) => void;
  /** What is held back of one hides nothing of another. */
  readonly #held = new Map<string, Held>();

  constructor(clock: Clock, write: (atUs: number, text: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** What happened at a server; what comes too often is held back, and said with what comes after it. */
  say(event: TickEvent, node: number, mesh: Mesh) {
    const isOfPath = "subject" in event && mesh.senderOf(event.subject) >= 0;
    const key = `${node} ${isOfPath}`;
    const held = this.#held.get(key) ?? { limit: new RateLimit(this.#clock), head: "" };
    this.#held.set(key, held);
    held.head = isOfPath ? "" : `${mesh.labels[node]}: `;
    this.#say(held, held.limit.due());
    this.#say(held, held.limit.add(named(event, node, mesh)));
  }

  line(text: string) {
    this.#write(this.#clock.wallUs(), text);
  }

  /** All that is held back. */
  rest() {
    for (const held of this.#held.values()) this.#say(held, held.limit.due({ all: true }));
  }

  #say({ head }: Held, said: Said[]) {
    for (const { atUs, text } of said) this.#write(atUs, head + text);
  }
}

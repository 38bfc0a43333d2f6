/** Keeps what repeats from flooding a screen. */

import type { Clock } from "../../time/clock.ts";
import type { AnomalyEvent, RejectEvent, TickEvent } from "../../stats/events.ts";
import { kindOf } from "../../stats/peer/anomalies.ts";
import { eventText } from "./event.ts";

const SECOND_US = 1e6;

/** What can't come often, and is to be seen each time. */
const ALWAYS = new Set<string>([
  ...[
    "connected",
    "clock stepped",
    "peer clock stepped",
    "waiting",
    "refused",
    "denied",
    "allowed",
  ],
]);

/** Of what others send that is wrong, all is said in one line a second. */
const WRONG = new Set<string>([
  ...["rejected", "header unused", "replayed", "implausible time", "implausible number"],
  "misreported",
]);

type Wrong = AnomalyEvent | RejectEvent;

export class RateLimit {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, { shownUs: number; rateLimit: number }>();
  readonly #wrong = new Map<string, Wrong>();
  #wrongSaidUs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to say, now that this has happened; undefined, where it is to be left for later. */
  text(event: TickEvent): string | undefined {
    if (WRONG.has(event.type)) return this.#wrongText(event as Wrong);
    const nowUs = this.#clock.monoUs();
    const kind = this.#kinds.get(event.type) ?? { shownUs: -Infinity, rateLimit: 0 };
    this.#kinds.set(event.type, kind);
    if (nowUs - kind.shownUs < SECOND_US && !ALWAYS.has(event.type)) {
      kind.rateLimit++;
      return undefined;
    }
    const { rateLimit } = kind;
    this.#kinds.set(event.type, { shownUs: nowUs, rateLimit: 0 });
    return eventText(event) + (rateLimit > 0 ? ` (and ${rateLimit} more like it before)` : "");
  }

  #wrongText(event: Wrong): string | undefined {
    const kind = kindOf(event);
    const before = this.#wrong.get(kind)?.count ?? 0;
    this.#wrong.set(kind, { ...event, count: before + event.count });
    const nowUs = this.#clock.monoUs();
    if (nowUs - this.#wrongSaidUs < SECOND_US) return undefined;
    this.#wrongSaidUs = nowUs;
    const texts = [...this.#wrong.values()].map(eventText);
    this.#wrong.clear();
    return texts.join("; ");
  }
}

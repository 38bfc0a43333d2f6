/** Keeps what repeats from flooding a screen. */

import type { Clock } from "../../time/clock.ts";
import type { OddEvent, RejectEvent, TickEvent } from "../../stats/events.ts";
import { kindOf } from "../../stats/peer/oddities.ts";
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

type Wrong = OddEvent | RejectEvent;

export class Unsaid {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, { saidUs: number; unsaid: number }>();
  readonly #wrong = new Map<string, Wrong>();
  #wrongSaidUs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What to say, now that this has happened; undefined, where it is to be left for later. */
  text(event: TickEvent): string | undefined {
    if (WRONG.has(event.type)) return this.#wrongText(event as Wrong);
    const nowUs = this.#clock.monoUs();
    const kind = this.#kinds.get(event.type) ?? { saidUs: -Infinity, unsaid: 0 };
    this.#kinds.set(event.type, kind);
    if (nowUs - kind.saidUs < SECOND_US && !ALWAYS.has(event.type)) {
      kind.unsaid++;
      return undefined;
    }
    const { unsaid } = kind;
    this.#kinds.set(event.type, { saidUs: nowUs, unsaid: 0 });
    return eventText(event) + (unsaid > 0 ? ` (and ${unsaid} more like it before)` : "");
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

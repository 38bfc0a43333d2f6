/** Keeps what repeats from flooding a screen, and shows how it ended nevertheless. */

import type { Clock } from "../../time/clock.ts";
import type { AnomalyEvent, RejectEvent, TickEvent } from "../../stats/events.ts";
import { kindOf } from "../../stats/peer/anomalies.ts";
import { eventText } from "./event.ts";

/** A line for a person, and when that happened which it reports. */
export interface Said {
  atUs: number;
  /** Counts what happened: the clock may be set back. */
  order: number;
  text: string;
}

/** One kind of event of one subject: a line a second, the last one of each second at its end. */
interface Kind {
  shownUs: number;
  held?: { event: TickEvent; atUs: number; order: number; count: number };
}

const SECOND_US = 1e6;

/** So many subjects have a line of their own for each type of event; those beyond it share one. */
const MAX_SUBJECTS = 32;

/** What can't come often, and is to be seen each time. */
const ALWAYS = new Set(["connected", "clock stepped", "peer clock stepped", "waiting", "refused"]);

/** Of what others send that is wrong, all is said in one line a second. */
const WRONG = new Set<string>([
  ...[
    "rejected",
    "header unused",
    "replayed",
    "unaccounted",
    "implausible time",
    "implausible number",
  ],
  "misreported",
]);

type Wrong = AnomalyEvent | RejectEvent;

export class RateLimit {
  readonly #clock: Clock;
  /** By type, then by subject. */
  readonly #kinds = new Map<string, Map<string, Kind>>();
  readonly #wrong = new Map<string, Wrong>();
  #wrongAt = { atUs: 0, order: 0 };
  #wrongSaidUs = -Infinity;
  #order = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes in an event; returns what to say now, which is nothing where it is held back. */
  add(event: TickEvent): Said[] {
    const nowUs = this.#clock.monoUs();
    const at = { atUs: this.#clock.wallUs(), order: this.#order++ };
    if (WRONG.has(event.type)) return this.#addWrong(event as Wrong, at);
    const kind = this.#kindOf(event);
    if (nowUs - kind.shownUs < SECOND_US && !ALWAYS.has(event.type)) {
      kind.held = { event, ...at, count: (kind.held?.count ?? 0) + 1 };
      return [];
    }
    const { held } = kind;
    kind.held = undefined;
    kind.shownUs = nowUs;
    return [{ ...at, text: eventText(event) + moreText(held?.count ?? 0) }];
  }

  /** What was held back for long enough, in the order in which it happened; at the end, all of it. */
  due({ all = false } = {}): Said[] {
    const nowUs = this.#clock.monoUs();
    const isOver = (shownUs: number) => all || nowUs - shownUs >= SECOND_US;
    const said: Said[] = [];
    for (const subjects of this.#kinds.values()) {
      for (const [subject, kind] of subjects) {
        if (!isOver(kind.shownUs)) continue;
        const { held } = kind;
        if (!held) {
          subjects.delete(subject);
          continue;
        }
        const { event, count, ...at } = held;
        said.push({ ...at, text: eventText(event) + moreText(count - 1) });
        subjects.set(subject, { shownUs: nowUs });
      }
    }
    if (isOver(this.#wrongSaidUs)) said.push(...this.#takeWrong());
    return said.sort((a, b) => a.order - b.order);
  }

  /** Whether anything is held back. */
  get holds(): boolean {
    if (this.#wrong.size > 0) return true;
    return this.#kinds.values().some((subjects) => subjects.values().some(({ held }) => held));
  }

  #kindOf(event: TickEvent): Kind {
    const { type } = event;
    const subjects = this.#kinds.get(type) ?? new Map<string, Kind>();
    this.#kinds.set(type, subjects);
    const own = subjectOf(event);
    const subject = subjects.has(own) || subjects.size < MAX_SUBJECTS ? own : "";
    const kind = subjects.get(subject) ?? { shownUs: -Infinity };
    subjects.set(subject, kind);
    return kind;
  }

  #addWrong(event: Wrong, at: { atUs: number; order: number }): Said[] {
    const kind = kindOf(event);
    const before = this.#wrong.get(kind)?.count ?? 0;
    this.#wrong.set(kind, { ...event, count: before + event.count });
    this.#wrongAt = at;
    const isOver = this.#clock.monoUs() - this.#wrongSaidUs >= SECOND_US;
    return isOver ? this.#takeWrong() : [];
  }

  #takeWrong(): Said[] {
    if (this.#wrong.size === 0) return [];
    const text = gathered(this.#wrong.values().map(eventText).toArray());
    this.#wrong.clear();
    this.#wrongSaidUs = this.#clock.monoUs();
    return [{ ...this.#wrongAt, text }];
  }
}

/** What is said of one subject in a row names it once. */
function gathered(texts: string[]): string {
  const headOf = (text: string) => text.slice(0, text.indexOf(": ") + 2);
  return [...Map.groupBy(texts, headOf)]
    .map(([head, all]) => head + all.map((text) => text.slice(head.length)).join("; "))
    .join("; ");
}

function subjectOf(event: TickEvent): string {
  const operation = "operation" in event ? `${event.operation} ` : "";
  if ("subject" in event) return operation + event.subject;
  return "server" in event ? event.server : "";
}

function moreText(count: number): string {
  return count > 0 ? ` (and ${count} more like it before)` : "";
}

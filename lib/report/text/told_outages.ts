/** What a person was told of with an outage, and needn't be told again. */

import type { TickEvent } from "../../stats/events.ts";
import { causeText } from "./event.ts";

interface Told {
  /** The slots that were missing. */
  fromSeq: number;
  endSeq: number;
  /** No other event of its subject came since. */
  isNew: boolean;
}

export class ToldOutages {
  /** The last one of each subject. */
  readonly #told = new Map<string, Told>();
  /** Causes since the last line for an interval. */
  readonly #causes = new Map<string, Set<string>>();

  /** Whether the outage before it has said all that this event says. */
  covers(event: TickEvent): boolean {
    if (!("subject" in event)) return false;
    const { subject } = event;
    if (event.type === "forgotten") {
      this.#told.delete(subject);
      this.#causes.delete(subject);
      return false;
    }
    if (event.type === "outage") {
      const { seq = 0, missing } = event;
      this.#told.set(subject, { fromSeq: seq, endSeq: seq + missing, isNew: true });
      this.#causes.set(subject, (this.#causes.get(subject) ?? new Set()).add(causeText(event)));
      return false;
    }
    const told = this.#told.get(subject);
    if (!told) return false;
    const { fromSeq, endSeq, isNew } = told;
    told.isNew = false;
    if (event.type === "receiving again") return isNew;
    return event.type === "lost" && fromSeq <= event.seq && event.seq + event.length <= endSeq;
  }

  /** The causes of a subject's outages since this was asked for last. */
  takeCauses(subject: string): string | undefined {
    const causes = this.#causes.get(subject);
    this.#causes.delete(subject);
    return causes && [...causes].join("; ");
  }
}

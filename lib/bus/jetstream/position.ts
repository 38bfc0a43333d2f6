/** How far a subscription has come in a stream: known beyond one connection, so that the next one goes on from there. */

import type { ConsumerConfig, OrderedConsumerOptions, StreamInfo } from "@nats-io/jetstream";
import type { Start } from "../bus.ts";

/** Where a consumer begins. */
export type Policy = Partial<
  Pick<ConsumerConfig & OrderedConsumerOptions, "deliver_policy" | "opt_start_seq">
>;

export class Position {
  /** The stream's own: one that was deleted and made again has another. */
  #created: string | undefined;
  #next = 1;

  /** A message was received. */
  received(seq: number) {
    this.#next = Math.max(this.#next, seq + 1);
  }

  /** Where a subscription of this moment begins. */
  begin({ created, state }: Pick<StreamInfo, "created" | "state">, start: Start): Policy {
    const known = this.#created;
    this.#created = created;
    if (known === undefined) return this.#first(state.last_seq, start);
    // All that is in a new one came meanwhile; one that lost its end goes on from what it has.
    this.#next = known === created ? Math.min(this.#next, state.last_seq + 1) : 1;
    return this.#policy();
  }

  #first(last: number, start: Start): Policy {
    if (start === "last") {
      this.#next = Math.max(1, last);
      return { deliver_policy: "last_per_subject" };
    }
    this.#next = start === "all" ? 1 : last + 1;
    return this.#policy();
  }

  #policy(): Policy {
    return { deliver_policy: "by_start_sequence", opt_start_seq: this.#next };
  }
}

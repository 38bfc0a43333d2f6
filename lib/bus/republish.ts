/** What was sent and had no word when its connection was lost, kept to be published again, as it was. */

import type { Fate, PublishResult } from "./bus.ts";
import type { Connection } from "./driver.ts";

/** Why a message is unconfirmed whose connection was lost: one that may be published again. */
export const CONNECTION_LOST = "connection lost";

/** 100 s of ticks at 10 ms; beyond it, the oldest stays unconfirmed. */
const LIMIT = 10_000;

interface Publication {
  subject: string;
  body: string;
  header?: string;
  /** The same each time: a bus that knows it by that drops it. */
  id: string;
  onFate: (fate: Fate) => void;
}

export class Republisher {
  readonly #limit: number;
  readonly #name = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  /** In the order in which they were published. */
  readonly #kept: Publication[] = [];
  #next = 0;
  #isOver = false;

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  /** Publishes a message that has its fate once there is word of it, by whichever connection. */
  publish(
    connection: Connection,
    subject: string,
    body: string,
    header?: string,
    onFate: (fate: Fate) => void = () => {},
  ): PublishResult {
    const id = `${this.#name}-${(this.#next++).toString(36)}`;
    return this.#hand(connection, { subject, body, header, id, onFate });
  }

  /** Publishes all that is kept again. @returns how many that were */
  again(connection: Connection): number {
    let count = 0;
    for (const each of this.#kept.splice(0)) {
      if (this.#hand(connection, each) === "sent") count++;
      else this.#keep(each);
    }
    return count;
  }

  /** There is no connection to come: what is kept stays unconfirmed. */
  end() {
    this.#isOver = true;
    for (const { onFate } of this.#kept.splice(0)) onFate(UNCONFIRMED);
  }

  #hand(connection: Connection, each: Publication): PublishResult {
    const { subject, body, header, id, onFate } = each;
    return connection.publish(subject, body, header, (fate) => {
      const isLost = fate.type === "unconfirmed" && fate.reason === CONNECTION_LOST;
      if (isLost && !this.#isOver) this.#keep(each);
      else onFate(fate);
    }, id);
  }

  #keep(each: Publication) {
    this.#kept.push(each);
    if (this.#kept.length > this.#limit) this.#kept.shift()!.onFate(UNCONFIRMED);
  }
}

const UNCONFIRMED: Fate = { type: "unconfirmed", reason: CONNECTION_LOST };

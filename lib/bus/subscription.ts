/** One subject, received on whichever connection is in use; on two, while one takes over from the other. */

import type { Clock } from "../time/clock.ts";
import type { Message, SubscribeOptions } from "./bus.ts";
import { Overlap, type Side } from "./dedupe.ts";
import type { Connection } from "./driver.ts";

export interface SubscriptionOptions extends SubscribeOptions {
  subject: string;
  clock: Pick<Clock, "monoUs">;
  onMessage: (message: Message) => void;
  /** Whatever is thrown while a message is taken in. */
  onFault: (reason: string) => void;
}

export class Subscription implements Disposable {
  readonly #options: SubscriptionOptions;
  readonly #handles = new Map<Connection, Disposable>();
  #connection: Connection | undefined;
  #overlap: Overlap | undefined;
  #isOff = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  get subject(): string {
    return this.#options.subject;
  }

  /** Whether it is subscribed on this connection, and not denied. */
  isOn(connection: Connection): boolean {
    return this.#handles.has(connection);
  }

  /**
   * The connection it is on is to be left for another one: what it brings from now on may come by that one too, by a
   * slower way.
   */
  beginMove() {
    this.#overlap = new Overlap(this.#options.clock);
    this.#connection = undefined;
  }

  /** Subscribes on a connection, beside the one it is on, if any: both are received until that is left. */
  subscribe(connection: Connection) {
    if (this.#handles.size > 0) this.#overlap ??= new Overlap(this.#options.clock);
    this.#connection = connection;
    const handle = connection.subscribe(this.subject, (message) => {
      // Whatever is thrown here would end the client's read loop and leave the connection deaf.
      try {
        this.#receive(message, this.#sideOf(connection));
      } catch (error) {
        this.#options.onFault(error instanceof Error ? error.message : String(error));
      }
    }, this.#options);
    this.#handles.set(connection, handle);
  }

  /** The connection has let go of it, or is closed. */
  leave(connection: Connection) {
    this.#handles.get(connection)?.[Symbol.dispose]();
    this.#handles.delete(connection);
    if (this.#handles.size === 0) this.#overlap = undefined;
    else this.#overlap?.leave(this.#sideOf(connection));
  }

  [Symbol.dispose]() {
    this.#isOff = true; // what is under way may still come
    for (const handle of this.#handles.values()) handle[Symbol.dispose]();
    this.#handles.clear();
  }

  #sideOf(connection: Connection): Side {
    return this.#connection === connection ? "new" : "old";
  }

  #receive(message: Message, side: Side) {
    if (this.#isOff) return;
    if (this.#overlap?.isOver) this.#overlap = undefined;
    if (this.#overlap && !this.#overlap.isFirst(side, message)) return;
    this.#options.onMessage(message);
  }
}

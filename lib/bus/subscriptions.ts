/** All that is subscribed to, on whichever connection is in use. */

import type { Clock, MonoUs } from "../time/clock.ts";
import type { Message, SubscribeOptions } from "./bus.ts";
import type { Denials } from "./denials.ts";
import type { Connection } from "./driver.ts";
import { Subscription } from "./subscription.ts";

export interface SubscriptionsOptions {
  denials: Denials;
  clock: Pick<Clock, "monoUs">;
  /** Called for each message, before whoever subscribed, with when it arrived where that is known. */
  onReceived: (atUs?: MonoUs) => void;
  onFault: (reason: string) => void;
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #all = new Set<Subscription>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Adds one, which is subscribed to by the next renew(). */
  add(
    subject: string,
    onMessage: (message: Message) => void,
    options: SubscribeOptions,
  ): Disposable {
    const { clock, onReceived, onFault } = this.#options;
    const subscription = new Subscription({
      ...options,
      subject,
      clock,
      onFault,
      onMessage(message) {
        onReceived(message.arrived?.monoUs);
        onMessage(message);
      },
    });
    this.#all.add(subscription);
    return {
      [Symbol.dispose]: () => {
        this.#all.delete(subscription);
        subscription[Symbol.dispose]();
      },
    };
  }

  /** Subscribes to what isn't yet on this connection, or was denied and may be tried again. */
  renew(connection: Connection) {
    for (const subscription of this.#all) {
      if (subscription.isOn(connection)) continue;
      if (this.#options.denials.mayTry("subscribe", subscription.subject)) {
        subscription.subscribe(connection);
      }
    }
  }

  /** The connection in use is to be left for another one, as soon as there is one. */
  beginMove() {
    for (const subscription of this.#all) subscription.beginMove();
  }

  /** A connection is closed. */
  leave(connection: Connection) {
    for (const subscription of this.#all) subscription.leave(connection);
  }

  /** Takes in that the server denies it, where it is ours. */
  deny(connection: Connection, subject: string, reason?: string) {
    for (const subscription of this.#all) {
      if (subscription.subject !== subject) continue;
      subscription.leave(connection);
      this.#options.denials.deny("subscribe", subject, reason);
    }
  }
}

/** One subject, received on whichever NATS connection is in use; on two, while one takes over from the other. */

import { errors, type NatsConnection } from "@nats-io/transport-deno";
import type { Moment } from "../../time/clock.ts";
import { TICK_HEADER } from "../../wire.ts";
import type { Message } from "../bus.ts";
import { arrivalOn, reasonOf } from "./login.ts";
import { Overlap, type Side } from "../dedupe.ts";

type Subscription = ReturnType<NatsConnection["subscribe"]>;
type NatsMessage = Parameters<
  NonNullable<NonNullable<Parameters<NatsConnection["subscribe"]>[1]>["callback"]>
>[1];

export interface NatsSubscriptionOptions {
  subject: string;
  onMessage: (message: Message) => void;
  /** Whatever is thrown while a message is taken in. */
  onFault: (reason: string) => void;
}

export class NatsSubscription {
  readonly #options: NatsSubscriptionOptions;
  #subscription: Subscription | undefined;
  #connection: NatsConnection | undefined;
  #overlap: Overlap | undefined;
  #isOff = false;

  constructor(options: NatsSubscriptionOptions) {
    this.#options = options;
  }

  get subject(): string {
    return this.#options.subject;
  }

  /** Whether it is subscribed on this connection, and not denied. */
  isOn(nc: NatsConnection): boolean {
    return this.#connection === nc && !this.#subscription!.isClosed();
  }

  /** Subscribes on a connection, beside the one it is on, if any: both are received until settle(). */
  subscribe(nc: NatsConnection) {
    const before = this.#connection;
    if (before && before !== nc && !before.isClosed()) this.#overlap = new Overlap();
    this.#connection = nc;
    this.#subscription = nc.subscribe(this.subject, {
      callback: (error, message) => {
        if (error instanceof errors.PermissionViolationError) return; // told by the status
        // Whatever is thrown here would end the client's read loop and leave the connection deaf.
        try {
          if (error) throw error;
          this.#receive(messageOf(message, arrivalOn(nc)), this.#connection === nc ? "new" : "old");
        } catch (error) {
          this.#options.onFault(reasonOf(error));
        }
      },
    });
  }

  /** The connection it was on before is closed. */
  settle() {
    this.#overlap = undefined;
  }

  unsubscribe() {
    this.#isOff = true; // two connections may still bring something
    if (this.#connection?.isClosed() === false) this.#subscription!.unsubscribe();
  }

  #receive(message: Message, side: Side) {
    if (this.#isOff) return;
    if (this.#overlap && !this.#overlap.isFirst(side, message)) return;
    this.#options.onMessage(message);
  }
}

/** The client takes time by the square of how many headers there are: 100,000 would be a standstill of a minute. */
const MAX_HEADERS = 2048;

function messageOf(message: NatsMessage, arrived?: Moment): Message {
  const { subject, data: body } = message;
  // What it is besides its body: subject and headers.
  const besides = ((message as { size?(): number }).size?.() ?? 0) - body.length;
  if (besides > MAX_HEADERS) return { subject, body, arrived, headerFault: "header too long" };
  try {
    return { subject, body, arrived, header: message.headers?.get(TICK_HEADER) || undefined };
  } catch {
    return { subject, body, arrived, headerFault: "broken header" };
  }
}

/** A bus that is connected, with all that happens on it. */

import assert from "node:assert/strict";
import type { Bus, BusEvent, Fate, Message, SubscribeOptions } from "../../lib/bus/bus.ts";
import type { BusOptions } from "../../lib/bus/kind.ts";
import { TICK_HEADER } from "../../lib/wire.ts";
import { deadline } from "./deadline.ts";
import { Log } from "./log.ts";

export class Opened implements AsyncDisposable {
  readonly events = new Log<BusEvent>();
  readonly received = new Log<Message>();
  readonly fates = new Log<{ id: string; fate: Fate }>();
  /** Bodies that were handed over, in order; and those that were not. */
  readonly sent: string[] = [];
  readonly unsent: string[] = [];
  bus!: Bus;
  /** One of its own: several may be on one server. */
  readonly subject = `test.${crypto.randomUUID().slice(0, 8)}`;

  /** Resolves once it is connected. */
  static async by(open: (options: BusOptions) => Promise<Bus>): Promise<Opened> {
    const opened = new Opened();
    opened.bus = await open(opened.options);
    try {
      await deadline(30_000, "connection", opened.bus.ready);
      return opened;
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
  }

  get options(): BusOptions {
    return {
      name: "test",
      headerName: TICK_HEADER,
      // A busy machine is no silent server.
      silentMs: 1000,
      dialTimeoutMs: 2000,
      onEvent: (event) => this.events.push(event),
    };
  }

  event(type: BusEvent["type"], from = 0): Promise<number> {
    return this.events.find(type, (event) => event.type === type, { from });
  }

  /** Receives from here on: what is published next arrives. */
  async receive(subject = this.subject, options?: SubscribeOptions): Promise<Disposable> {
    const subscription = this.bus.subscribe(subject, (message) => {
      message.ack?.();
      this.received.push(message);
    }, options);
    assert.ok(await this.bus.flush(10_000), "flush");
    return subscription;
  }

  publish(body: string, { subject = this.subject, header }: PublishOptions = {}) {
    const onFate = (fate: Fate) => this.fates.push({ id: body, fate });
    const result = this.bus.publish(subject, body, header, onFate);
    (result === "sent" ? this.sent : this.unsent).push(body);
    return result;
  }

  /** Publishes one whose body no other has, sent or not. */
  publishNext(prefix: string) {
    return this.publish(`${prefix} ${this.sent.length + this.unsent.length}`);
  }

  /** Publishes until one of those arrives, as whoever ticks does: a subscription takes a moment. */
  async publishUntilReceived() {
    const from = this.received.items.length;
    const isNew = (message: Message) => textOf(message).startsWith("after");
    const arrived = this.received.find("message after it", isNew, { from });
    const timer = setInterval(() => this.publishNext("after"), 10);
    await arrived.finally(() => clearInterval(timer));
  }

  texts(): string[] {
    return this.received.items.map(textOf);
  }

  [Symbol.asyncDispose]() {
    return this.bus[Symbol.asyncDispose]();
  }
}

export interface PublishOptions {
  /** Its own, where there is none. */
  subject?: string;
  header?: string;
}

export function textOf({ body }: Message): string {
  return new TextDecoder().decode(body);
}

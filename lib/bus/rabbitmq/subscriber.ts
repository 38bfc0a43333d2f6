/** One subscription: a queue bound to the exchange, received from until it is disposed of. */

import type { Message, Start } from "../bus.ts";
import type { ConnectionEvent } from "../driver.ts";
import { type Channel, type ClientConnection, codeOf, wordsOf } from "./client.ts";
import { ensureExchange } from "./exchange.ts";
import { type Delivery, messageOf } from "./message.ts";
import { bind, durableQueue, type Queue, transientQueue } from "./queue.ts";

export interface SubscriberOptions {
  client: ClientConnection;
  exchange: string;
  headerName: string;
  subject: string;
  onMessage: (message: Message) => void;
  onEvent: (event: ConnectionEvent) => void;
  /** Name of a queue that stays. */
  durable?: string;
  start: Start;
  /** Names of the queues that were received from before: they go on where they are. */
  seen: Set<string>;
}

/** How many deliveries may be under way without being acknowledged: ten seconds of 100 ticks a second. */
const PREFETCH = 1000;
/** How often it is made again at once; then it is for whoever subscribes to try again later. */
const MAX_REPAIRS = 3;

export class Subscriber implements Disposable {
  readonly #options: SubscriberOptions;
  #queue: Queue | undefined;
  #settled: Promise<void>;
  #isOff = false;
  #repairs = 0;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#settled = this.#begin();
  }

  /** Resolves once the server has all that it was asked for so far. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** Binds it anew: an exchange that was deleted and made again by others is bound to nothing, and says nothing. */
  async verify(): Promise<void> {
    const { exchange, subject } = this.#options;
    const queue = this.#queue;
    if (!queue?.channel.active) return;
    try {
      await bind(queue, exchange, subject);
      this.#repairs = 0;
    } catch (error) {
      await this.#failed(error, queue.channel);
    }
  }

  [Symbol.dispose]() {
    this.#isOff = true;
    this.#queue?.channel.close(); // never rejects
  }

  async #begin(): Promise<void> {
    const { client, exchange, subject, durable, start, seen, onEvent } = this.#options;
    let channel: Channel | undefined;
    try {
      const queue = durable === undefined
        ? await transientQueue(client)
        : await durableQueue(client, durable);
      channel = queue.channel;
      channel.on("error", (error) => this.#failed(error, queue.channel));
      await bind(queue, exchange, subject);
      if (durable !== undefined) {
        if (start === "new" && !seen.has(durable)) {
          await channel.queuePurge(durable);
          queue.stored = 0;
        }
        seen.add(durable);
        if (queue.consumers > 0) {
          const reason = `the queue ${JSON.stringify(durable)} has another consumer; ` +
            "waiting for it to go";
          onEvent({ type: "fault", reason });
        }
        await channel.basicQos({ prefetchCount: PREFETCH, global: false });
      }
      channel.on("basic.cancel", () => this.#begun(this.#gone(queue)));
      this.#queue = queue;
      if (this.#isOff) return void channel.close(); // never rejects
      await channel.basicConsume(
        { queue: queue.name, noAck: durable === undefined },
        (delivery) => this.#receive(queue, delivery),
      );
    } catch (error) {
      await this.#failed(error, channel);
    }
  }

  #begun(beginning: Promise<void>) {
    this.#settled = beginning;
  }

  #receive(queue: Queue, delivery: Delivery & { deliveryTag: number }) {
    if (this.#isOff) return;
    const { client, headerName, onMessage, durable } = this.#options;
    const message = messageOf(delivery, headerName, client.arrived);
    if (durable === undefined) return onMessage(message);
    if (queue.stored > 0) {
      queue.stored--;
      message.replayed = true;
    }
    const { deliveryTag } = delivery;
    message.ack = () => {
      if (queue.channel.active) queue.channel.basicAck({ deliveryTag });
    };
    onMessage(message);
  }

  /** The server has told that the queue isn't there any more. */
  async #gone({ name, channel }: Queue) {
    if (this.#isOff) return;
    const reason = `the queue ${JSON.stringify(name)} was deleted; recreating it`;
    this.#options.onEvent({ type: "fault", reason });
    await channel.close();
    await this.#repair();
  }

  async #failed(error: unknown, channel?: Channel) {
    const { client, exchange, subject, onEvent } = this.#options;
    channel?.close(); // never rejects
    if (this.#isOff || client.isClosed) return;
    const code = codeOf(error);
    if (code === "NOT_FOUND") {
      onEvent({ type: "fault", reason: `${wordsOf(error)}; recreating it` });
      try {
        await ensureExchange(client, exchange);
        return await this.#repair();
      } catch (error) {
        return client.close(error); // the next connection will tell
      }
    }
    onEvent({ type: "denied", operation: "subscribe", subject, reason: wordsOf(error) });
  }

  async #repair() {
    if (this.#isOff || this.#options.client.isClosed) return;
    const { subject, onEvent } = this.#options;
    if (this.#repairs++ < MAX_REPAIRS) return await this.#begin();
    const reason = "its queue or exchange is deleted repeatedly";
    onEvent({ type: "denied", operation: "subscribe", subject, reason });
  }
}

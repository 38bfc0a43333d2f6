/** What is one connection to tick: two of RabbitMQ's, as one that publishes isn't answered while it is blocked. */

import type { Fate, Message, PublishResult, Start, SubscribeOptions } from "../bus.ts";
import type { Connection, ConnectionEvent } from "../driver.ts";
import { type Channel, type ClientConnection, wordsOf } from "./client.ts";
import type { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";

export interface RabbitMqConnectionOptions {
  /** host:port */
  server: string;
  /** What publishes, and what receives. */
  clients: readonly [publishing: ClientConnection, receiving: ClientConnection];
  publisher: Publisher;
  /** Of the one that receives. */
  probeChannel: Channel;
  exchange: string;
  headerName: string;
  /** What subscriptions are where they don't say. */
  durable?: string;
  start?: Start;
  /** Names of the queues that were received from before. */
  seen: Set<string>;
  onEvent: (event: ConnectionEvent) => void;
}

/** At how many probes the subscriptions are looked after: once a second by the link's own rate. */
const VERIFY_EVERY = 10;

export class RabbitMqLine implements Connection {
  readonly server: string;
  readonly closed: Promise<string | undefined>;
  readonly #options: RabbitMqConnectionOptions;
  readonly #subscribers = new Set<Subscriber>();
  #probes = 0;

  constructor(options: RabbitMqConnectionOptions) {
    this.#options = options;
    this.server = options.server;
    const { clients } = options;
    const closed = clients.map((client) => client.closed);
    this.closed = Promise.race(closed).then(async (first) => {
      this.close();
      await Promise.all(closed);
      return first === undefined ? undefined : wordsOf(first);
    });
  }

  publish(
    subject: string,
    body: string,
    header?: string,
    onFate?: (fate: Fate) => void,
  ): PublishResult {
    return this.#options.publisher.publish(subject, body, header, onFate);
  }

  subscribe(
    subject: string,
    onMessage: (message: Message) => void,
    options: SubscribeOptions,
  ): Disposable {
    const { clients: [, client], exchange, headerName, seen, onEvent } = this.#options;
    const durable = options.durable ?? this.#options.durable;
    const subscriber = new Subscriber({
      client,
      exchange,
      headerName,
      subject,
      onMessage,
      onEvent,
      // Several subscriptions of one name are different queues.
      durable: durable === undefined ? undefined : `${durable}.${subject}`,
      start: options.start ?? this.#options.start ?? "new",
      seen,
    });
    this.#subscribers.add(subscriber);
    return {
      [Symbol.dispose]: () => {
        this.#subscribers.delete(subscriber);
        subscriber[Symbol.dispose]();
      },
    };
  }

  /** A round trip of either connection, behind all that was asked and published before. */
  async probe(): Promise<void> {
    const { publisher, probeChannel } = this.#options;
    const subscribers = [...this.#subscribers];
    const isTurn = ++this.#probes % VERIFY_EVERY === 0;
    await Promise.all([
      publisher.probe(),
      probeChannel.basicQos({ prefetchCount: 0, global: false }),
      ...subscribers.map((subscriber) => subscriber.settled),
      isTurn ? this.verify() : undefined,
    ]);
  }

  /** Looks after the subscriptions; never rejects. */
  async verify(): Promise<void> {
    await Promise.all([...this.#subscribers].map((subscriber) => subscriber.verify()));
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#subscribers].map(({ settled }) => settled));
    await this.#options.publisher.flush();
  }

  async drain(): Promise<void> {
    await this.flush();
    this.close();
  }

  close() {
    for (const client of this.#options.clients) client.close();
  }
}

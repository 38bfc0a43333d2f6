/** One subject, received out of whatever streams have it, until it is disposed of. */

import type {
  ConsumerMessages,
  JetStreamClient,
  JetStreamManager,
  JsMsg,
} from "@nats-io/jetstream";
import { timeout, type Wait } from "../../time/wait.ts";
import type { Message, Start } from "../bus.ts";
import { messageOf } from "../nats/message.ts";
import type { NatsLine } from "../nats/connection.ts";
import { consumerOf, pullOf } from "./consumer.ts";
import { Position } from "./position.ts";
import type { Streams } from "./streams.ts";
import { errorText, isDenied } from "./words.ts";

export interface JetStreamSubscriptionOptions {
  line: NatsLine;
  js: JetStreamClient;
  jsm: JetStreamManager;
  streams: Streams;
  subject: string;
  headerName: string;
  start: Start;
  durable?: string;
  /** How far it came on connections before, by stream. */
  positions: Map<string, Position>;
  onMessage: (message: Message) => void;
  onDenied: (reason: string) => void;
  onFault: (reason: string) => void;
  wait?: Wait;
}

const RETRY_MS = 500;

export class JetStreamSubscription implements Disposable {
  readonly #options: JetStreamSubscriptionOptions;
  /** Resolves once it is subscribed, or that has failed once. */
  readonly ready: Promise<void>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #off = new AbortController();
  readonly #open = new Set<{ messages: ConsumerMessages; api: string }>();
  /** What was said last, which is said once. */
  #said: string | undefined;

  constructor(options: JetStreamSubscriptionOptions) {
    this.#options = options;
    this.ready = this.#ready.promise;
    this.#run().catch((error) => options.onFault(errorText(error))).finally(this.#ready.resolve);
  }

  [Symbol.dispose]() {
    this.#off.abort();
    this.#stop();
  }

  get #isOver(): boolean {
    return this.#off.signal.aborted || this.#options.line.isDown;
  }

  async #run() {
    const { wait = timeout } = this.#options;
    while (!this.#isOver) {
      try {
        const ended = await this.#consume();
        if (!this.#isOver) this.#say(`${ended}; resubscribing`);
      } catch (error) {
        if (this.#isOver) return;
        if (isDenied(error)) return this.#options.onDenied(errorText(error));
        this.#say(`cannot subscribe to ${this.#options.subject}: ${errorText(error)}`);
      } finally {
        this.#stop();
        this.#ready.resolve();
      }
      await wait(RETRY_MS, this.#off.signal);
    }
  }

  /** Resolves with why, once one of them has ended. */
  async #consume(): Promise<string> {
    const { streams, subject } = this.#options;
    const names = await streams.of(subject);
    const consuming = await Promise.all(names.map((name) => this.#consumeFrom(name)));
    this.#said = undefined;
    this.#ready.resolve();
    return await Promise.race(consuming.map(async ({ name, messages }) => {
      const error = await messages.closed();
      return `the consumer of stream ${name} ended${error ? ` (${errorText(error)})` : ""}`;
    }));
  }

  async #consumeFrom(name: string): Promise<{ name: string; messages: ConsumerMessages }> {
    const { jsm, positions, onMessage, durable } = this.#options;
    const info = await jsm.streams.info(name);
    const position = positions.getOrInsertComputed(name, () => new Position());
    const consumer = await consumerOf(
      name,
      position.begin(info, this.#options.start),
      this.#options,
    );
    // What the stream has now was stored before this subscription.
    const storedUntil = info.state.last_seq;
    const messages = await consumer.consume({
      ...pullOf(durable),
      abort_on_missing_resource: true,
      callback: (message) => {
        if (this.#off.signal.aborted) return;
        const { streamSequence } = message.info;
        position.received(streamSequence);
        onMessage(this.#messageOf(message, streamSequence <= storedUntil));
      },
    });
    const api = durable === undefined ? `${name}.${(await consumer.info(true)).name}` : "";
    this.#open.add({ messages, api });
    if (this.#isOver) this.#stop();
    return { name, messages };
  }

  #messageOf(message: JsMsg, replayed: boolean): Message {
    const { line, headerName, durable } = this.#options;
    const { subject, data, headers } = message;
    const read = messageOf({ subject, data, headers } as never, headerName, line.arrived);
    if (message.redelivered) read.redelivered = true;
    if (replayed) read.replayed = true;
    if (durable !== undefined) read.ack = () => message.ack();
    return read;
  }

  /** A consumer that isn't durable is of no use to anybody else: the server needn't keep it. */
  #stop() {
    const { line, jsm } = this.#options;
    for (const { messages, api } of this.#open) {
      messages.stop();
      if (api !== "" && !line.isDown) {
        line.client.publish(`${jsm.getOptions().apiPrefix}.CONSUMER.DELETE.${api}`);
      }
    }
    this.#open.clear();
  }

  #say(reason: string) {
    if (reason !== this.#said) this.#options.onFault(reason);
    this.#said = reason;
  }
}

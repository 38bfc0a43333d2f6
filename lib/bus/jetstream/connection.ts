/** One connection to one NATS server with JetStream: what is published is acknowledged, what is received is stored. */

import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { Fate, Message, PublishResult, Start, SubscribeOptions } from "../bus.ts";
import type { Connection, ConnectionEvent, Reading } from "../driver.ts";
import type { NatsLine } from "../nats/connection.ts";
import type { ClientMessage } from "../nats/message.ts";
import { Outstanding } from "../outstanding.ts";
import type { Position } from "./position.ts";
import type { Streams } from "./streams.ts";
import { JetStreamSubscription } from "./subscription.ts";
import { apiErrorText, errorText, NO_STREAM } from "./words.ts";

export interface JetStreamConnectionOptions {
  line: NatsLine;
  js: JetStreamClient;
  jsm: JetStreamManager;
  streams: Streams;
  headerName: string;
  /** What subscriptions are where they don't say. */
  start: Start;
  durable?: string;
  /** How far each subscription has come, by the options it was made with, which are its own. */
  positions: WeakMap<SubscribeOptions, Map<string, Position>>;
  /** Takes what is subscribed to: its stream is there again with the next connection. */
  subjects: Set<string>;
  onEvent: (event: ConnectionEvent) => void;
}

const MESSAGE_ID = "Nats-Msg-Id";
/** How often is looked for a stream that isn't there. */
const LOOK_MS = 1000;
const text = new TextDecoder();

export class JetStreamLine implements Connection {
  readonly server: string;
  readonly identity: Connection["identity"];
  readonly closed: Promise<string | undefined>;
  readonly #options: JetStreamConnectionOptions;
  readonly #outstanding = new Outstanding();
  readonly #subscriptions = new Set<JetStreamSubscription>();
  /** Of this connection: its answers come to it, and its messages are known by it. */
  readonly #id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  #lookedMs = -Infinity;
  #said: string | undefined;

  constructor(options: JetStreamConnectionOptions) {
    this.#options = options;
    const { line } = options;
    this.server = line.server;
    this.identity = line.identity;
    const inbox = `_INBOX.${this.#id}`;
    line.client.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.#answered(message.subject.slice(inbox.length + 1), message);
      },
    });
    this.closed = line.closed.then((reason) => {
      this.#outstanding.end();
      return reason;
    });
  }

  get reading(): Reading {
    return this.#options.line.reading;
  }

  publish(
    subject: string,
    body: string,
    header?: string,
    onFate?: (fate: Fate) => void,
    id?: string,
  ): PublishResult {
    const token = this.#outstanding.add((fate) => {
      if (fate.type === "refused") this.#refused(subject, fate.reason);
      if (fate.type === "acknowledged") this.#said = undefined;
      onFate?.(fate);
    });
    const result = this.#options.line.send(subject, body, header, {
      reply: `_INBOX.${this.#id}.${token}`,
      beside: { name: MESSAGE_ID, text: id ?? `${this.#id}-${token}` },
    });
    if (result !== "sent") this.#outstanding.forget(token);
    return result;
  }

  subscribe(
    subject: string,
    onMessage: (message: Message) => void,
    options: SubscribeOptions,
  ): Disposable {
    const { onEvent, positions, subjects } = this.#options;
    subjects.add(subject);
    const subscription = new JetStreamSubscription({
      ...this.#options,
      subject,
      start: options.start ?? this.#options.start,
      durable: options.durable ?? this.#options.durable,
      positions: positions.getOrInsertComputed(options, () => new Map()),
      onMessage,
      onDenied: (reason) => onEvent({ type: "denied", operation: "subscribe", subject, reason }),
      onFault: (reason) => onEvent({ type: "fault", reason }),
    });
    this.#subscriptions.add(subscription);
    return {
      [Symbol.dispose]: () => {
        this.#subscriptions.delete(subscription);
        subscription[Symbol.dispose]();
      },
    };
  }

  probe(): Promise<void> {
    return this.#options.line.probe();
  }

  async flush() {
    await Promise.all([...this.#subscriptions].map(({ ready }) => ready));
    await this.#outstanding.settled();
    await this.#options.line.flush();
  }

  async drain() {
    await this.#outstanding.settled();
    this.#stop();
    await this.#options.line.drain();
  }

  close() {
    this.#stop();
    this.#options.line.close();
  }

  #stop() {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#subscriptions.clear();
  }

  #answered(token: string, { data, headers }: ClientMessage) {
    if (headers?.code === 503) {
      return this.#outstanding.settle(token, { type: "refused", reason: NO_STREAM });
    }
    try {
      const { error } = JSON.parse(text.decode(data));
      const fate: Fate = error
        ? { type: "refused", reason: apiErrorText(error) }
        : { type: "acknowledged" };
      this.#outstanding.settle(token, fate);
    } catch {
      this.#options.onEvent({ type: "fault", reason: "unreadable acknowledgement" });
    }
  }

  /** Said once, until something is acknowledged; a stream that is gone is made again. */
  #refused(subject: string, reason: string) {
    const { onEvent, streams } = this.#options;
    const said = `${subject} is not stored: ${reason}`;
    if (said !== this.#said) onEvent({ type: "fault", reason: said });
    this.#said = said;
    if (reason !== NO_STREAM || performance.now() - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = performance.now();
    streams.of(subject).catch((error) => {
      if (!this.#options.line.isDown) onEvent({ type: "fault", reason: errorText(error) });
    });
  }
}

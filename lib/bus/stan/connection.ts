/** One connection to one NATS Streaming server. */

import type { Fate, Message, PublishResult, Start, SubscribeOptions } from "../bus.ts";
import type { Connection, ConnectionEvent, Reading } from "../driver.ts";
import type { ClientMessage } from "../nats/message.ts";
import { Outstanding } from "../outstanding.ts";
import { reasonOf } from "../reason.ts";
import { bodyWithHeader } from "./body.ts";
import { publication, readPubAck } from "./messages.ts";
import type { Session } from "./session.ts";
import { type Position, StanSubscription } from "./subscription.ts";

export interface StanConnectionOptions {
  session: Session;
  headerName: string;
  /** What subscriptions are where they don't say. */
  start: Start;
  durable?: string;
  /** How far each subscription has come, by the options it was made with, which are its own. */
  positions: WeakMap<SubscribeOptions, Position>;
  onEvent: (event: ConnectionEvent) => void;
}

/** What wraps a body: its subject twice, ids, lengths. */
const WRAPPING = 256;
const NOT_STORED: Fate = { type: "refused", reason: "no streaming server stores it" };

export class StanLine implements Connection {
  readonly server: string;
  readonly identity: Connection["identity"];
  readonly closed: Promise<string | undefined>;
  readonly #options: StanConnectionOptions;
  readonly #outstanding = new Outstanding();
  readonly #subscriptions = new Set<StanSubscription>();
  /** Why it is given up here. */
  #reason: string | undefined;
  #said: string | undefined;
  #ending: Promise<void> | undefined;

  constructor(options: StanConnectionOptions) {
    this.#options = options;
    const { line, id } = options.session;
    this.server = line.server;
    this.identity = line.identity;
    const inbox = `_INBOX.${id}.ack`;
    line.client.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.#answered(message.subject.slice(inbox.length + 1), message);
      },
    });
    this.closed = line.closed.then((reason) => {
      this.#outstanding.end();
      return this.#reason ?? reason;
    });
  }

  get reading(): Reading {
    return this.#options.session.line.reading;
  }

  publish(
    subject: string,
    body: string,
    header?: string,
    onFate?: (fate: Fate) => void,
  ): PublishResult {
    const { session, headerName } = this.#options;
    const { line, clientId, connectionId, id, server } = session;
    if (line.isDown || this.#ending) return "disconnected";
    const limit = (line.client.info?.max_payload ?? Infinity) - WRAPPING - subject.length;
    let data = bodyWithHeader(body, headerName, header);
    if (data.length > limit && header !== undefined) {
      data = bodyWithHeader(body, headerName, undefined);
      const reason = "with it, they exceed the server's maximum payload";
      if (data.length <= limit) this.#options.onEvent({ type: "header left out", reason });
    }
    if (data.length > limit) return "too large";
    const token = this.#outstanding.add((fate) => {
      if (fate.type === "refused") this.#refused(subject, fate.reason);
      if (fate.type === "acknowledged") this.#said = undefined;
      onFate?.(fate);
    });
    const guid = `${id}-${token}`;
    const message = publication({ clientId, guid, subject, data, connectionId });
    try {
      const reply = `_INBOX.${id}.ack.${token}`;
      line.client.publish(`${server.publish}.${subject}`, message, { reply });
      return "sent";
    } catch (error) {
      this.#outstanding.forget(token);
      this.#options.onEvent({ type: "fault", reason: reasonOf(error) });
      return line.isDown ? "disconnected" : "failed";
    }
  }

  subscribe(
    subject: string,
    onMessage: (message: Message) => void,
    options: SubscribeOptions,
  ): Disposable {
    const { onEvent, positions } = this.#options;
    const subscription = new StanSubscription({
      ...this.#options,
      subject,
      start: options.start ?? this.#options.start,
      durable: options.durable ?? this.#options.durable,
      position: positions.getOrInsertComputed(options, () => ({ sequence: 0, storedNs: 0 })),
      onMessage,
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

  /** Of the streaming server itself, not of the NATS server before it. */
  async probe() {
    const error = await this.#options.session.ping();
    if (error !== "") this.#forgotten(error);
    await this.#options.session.line.probe();
  }

  async flush() {
    await Promise.all([...this.#subscriptions].map(({ ready }) => ready));
    await this.#outstanding.settled();
    await this.#options.session.line.flush();
  }

  async drain() {
    await this.#outstanding.settled();
    await this.#end();
    await this.#options.session.line.drain();
  }

  /** As the server is told, that may take a moment. */
  close() {
    this.#end().finally(() => this.#options.session.line.close());
  }

  /** Rejects nothing; ends once, however often it is asked for. */
  #end(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#subscriptions.clear();
    return this.#ending ??= this.#options.session.end();
  }

  /** All is to be made anew: the connection, and what was subscribed to. */
  #forgotten(said: string) {
    this.#reason ??= `the streaming server no longer knows this client: ${said}`;
    this.#options.session.line.close();
  }

  #answered(token: string, { data, headers }: ClientMessage) {
    if (headers?.code === 503) return this.#outstanding.settle(token, NOT_STORED);
    try {
      const { error } = readPubAck(data);
      const fate: Fate = error === ""
        ? { type: "acknowledged" }
        : { type: "refused", reason: error };
      this.#outstanding.settle(token, fate);
      if (/unknown client|invalid clientID|client.*(replaced|not registered)/i.test(error)) {
        this.#forgotten(error);
      }
    } catch (error) {
      const reason = `unreadable acknowledgement: ${reasonOf(error)}`;
      this.#options.onEvent({ type: "fault", reason });
    }
  }

  /** Said once, until something is acknowledged. */
  #refused(subject: string, reason: string) {
    const said = `${subject} is not stored: ${reason}`;
    if (said !== this.#said) this.#options.onEvent({ type: "fault", reason: said });
    this.#said = said;
  }
}

/** What is published: at once or not at all, and what became of it where the server is to say so. */

import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { Fate, PublishResult } from "../bus.ts";
import type { ConnectionEvent } from "../driver.ts";
import { type Channel, type ClientConnection, codeOf, wordsOf } from "./client.ts";
import { ensureExchange } from "./exchange.ts";
import { fateOf } from "./fate.ts";
import { MAX_SUBJECT_BYTES } from "./subject.ts";

export interface PublisherOptions {
  client: ClientConnection;
  exchange: string;
  headerName: string;
  /** Each message is to outlive the server, and has its fate. */
  confirm: boolean;
  onEvent: (event: ConnectionEvent) => void;
  /** The exchange may have been made again: what was bound to it isn't any more. */
  onReopened: () => void;
}

/** More than that waits only where the server doesn't read any more. */
const MAX_WAITING = 65_536;

export class Publisher {
  readonly #options: PublisherOptions;
  #channel: Channel | undefined;
  #published = 0;
  #lastSubject = "";
  /** Ids of messages that came back, until they are confirmed: that comes right after. */
  #returned = new Set<string>();
  readonly #unconfirmed = new Set<Promise<boolean>>();

  private constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** @throws {Error} what the server says */
  static async open(options: PublisherOptions): Promise<Publisher> {
    const publisher = new Publisher(options);
    await publisher.#open();
    return publisher;
  }

  publish(
    subject: string,
    body: string,
    header?: string,
    onFate: (fate: Fate) => void = () => {},
  ): PublishResult {
    const { client, exchange, headerName, confirm } = this.#options;
    const channel = this.#channel;
    if (!channel?.active) return "disconnected";
    if (client.waiting > MAX_WAITING) return "overrun";
    if (Buffer.byteLength(subject) > MAX_SUBJECT_BYTES) return "failed";
    this.#lastSubject = subject;
    const headers = header === undefined ? undefined : { [headerName]: header };
    const id = String(this.#published++);
    // Only what is mandatory comes back where no queue is bound for it; it is confirmed all the same.
    const asked = confirm ? { durable: true, mandatory: true, messageId: id } : {};
    // Anything but a Buffer would be sent as JSON.
    const sent = channel.basicPublish(
      { exchange, routingKey: subject, headers, ...asked },
      Buffer.from(body),
    );
    const settled = confirm ? this.#follow(sent, id, onFate) : sent.then(() => true, () => false); // the channel is closed, and says why itself
    if (confirm) {
      this.#unconfirmed.add(settled);
      settled.then(() => this.#unconfirmed.delete(settled));
    }
    return "sent";
  }

  /** One round trip, behind all that was published before. */
  async probe(): Promise<void> {
    await this.#channel?.basicQos({ prefetchCount: 0, global: false });
  }

  /** @throws {Error} where something isn't confirmed */
  async flush(): Promise<void> {
    const all = [...this.#unconfirmed];
    await this.probe();
    const confirmed = await Promise.all(all);
    if (confirmed.includes(false)) throw new Error("not all is acknowledged");
  }

  /** @returns whether the server has it */
  async #follow(sent: Promise<void>, id: string, onFate: (fate: Fate) => void): Promise<boolean> {
    try {
      await sent;
    } catch (error) {
      const fate = fateOf(error);
      if (fate.type === "refused" && codeOf(error) !== "NACK") this.#failed(error);
      onFate(fate);
      return false;
    }
    // The client tells a turn later that it came back.
    await new Promise((resolve) => void setImmediate(resolve));
    onFate({ type: this.#returned.delete(id) ? "unroutable" : "acknowledged" });
    return true;
  }

  async #open() {
    const { client, exchange, confirm } = this.#options;
    await ensureExchange(client, exchange);
    const channel = await client.channel();
    channel.on("error", (error) => this.#failed(error));
    channel.on("basic.return", ({ messageId }) => void this.#returned.add(messageId ?? ""));
    channel.on("close", () => setImmediate(() => this.#openAgain()));
    if (confirm) await channel.confirmSelect();
    this.#returned = new Set();
    this.#channel = channel;
  }

  /** The server closes a channel for a fault on it; what is published meanwhile is dropped. */
  async #openAgain() {
    const { client, onReopened } = this.#options;
    if (client.isClosed) return;
    try {
      await this.#open();
      onReopened();
    } catch (error) {
      client.close(error); // the next connection will tell
    }
  }

  /** Tells what the server closes our channel for. */
  #failed(error: unknown) {
    const { onEvent, exchange } = this.#options;
    const words = wordsOf(error);
    if (codeOf(error) === "ACCESS_REFUSED") {
      const [, topic] = /access to topic '(.+)' in exchange/.exec(words) ?? [];
      return onEvent({
        type: "denied",
        operation: "publish",
        subject: topic ?? this.#lastSubject,
        reason: words,
      });
    }
    const reason = codeOf(error) === "NOT_FOUND"
      ? `the exchange ${JSON.stringify(exchange)} was deleted; recreating it`
      : words;
    onEvent({ type: "fault", reason });
  }
}

/** One subject, received until it is disposed of; it goes on where the connection before left it. */

import { timeout } from "../../time/wait.ts";
import type { Message, Start } from "../bus.ts";
import { reasonOf } from "../reason.ts";
import { splitBody } from "./body.ts";
import type { Delivery, StartPosition } from "./messages.ts";
import { lastStored, read, type Reader } from "./reader.ts";
import type { Session } from "./session.ts";

/** How far a subscription has come: known beyond one connection. */
export interface Position {
  /** The last one received; 0 before there is any. */
  sequence: number;
}

export interface StanSubscriptionOptions {
  session: Session;
  subject: string;
  headerName: string;
  start: Start;
  durable?: string;
  position: Position;
  onMessage: (message: Message) => void;
  onFault: (reason: string) => void;
}

const RETRY_MS = 500;

export class StanSubscription implements Disposable {
  readonly #options: StanSubscriptionOptions;
  /** Resolves once it is subscribed, or that has failed once. */
  readonly ready: Promise<void>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #off = new AbortController();
  #reader: Reader | undefined;
  /** Acknowledged before the server has said where to. */
  readonly #early: number[] = [];

  constructor(options: StanSubscriptionOptions) {
    this.#options = options;
    this.ready = this.#ready.promise;
    this.#run().catch((error) => options.onFault(reasonOf(error))).finally(this.#ready.resolve);
  }

  [Symbol.dispose]() {
    if (this.#off.signal.aborted) return;
    this.#off.abort();
    this.#stop();
  }

  get #isOver(): boolean {
    return this.#off.signal.aborted || this.#options.session.line.isDown;
  }

  /** Tries until it is subscribed; from there on it lasts as long as the session. */
  async #run() {
    let said: string | undefined;
    while (!this.#isOver) {
      try {
        return await this.#subscribe();
      } catch (error) {
        if (this.#isOver) return;
        const reason = `cannot subscribe to ${this.#options.subject}: ${reasonOf(error)}`;
        if (reason !== said) this.#options.onFault(reason);
        said = reason;
        this.#ready.resolve();
        await timeout(RETRY_MS, this.#off.signal);
      }
    }
  }

  async #subscribe() {
    const { session, subject, position, durable, start, onFault } = this.#options;
    // Nothing that is stored comes by a new one: there is no need to know how much that is.
    const isNew = position.sequence === 0 && durable === undefined && start === "new";
    const asked = { session, subject, onFault };
    const storedUntil = isNew ? 0 : await lastStored({ ...asked, signal: this.#off.signal });
    if (this.#isOver) return;
    this.#reader = await read({
      ...asked,
      durable,
      start: beginOf(position.sequence, storedUntil, start),
      take: (delivery) => this.#take(delivery, storedUntil),
    });
    if (this.#isOver) return this.#stop();
    this.#early.splice(0).forEach((sequence) => this.#acknowledge(sequence));
  }

  #take({ sequence, subject, data, redelivered }: Delivery, storedUntil: number) {
    if (this.#off.signal.aborted) return;
    const { session, position, headerName, onMessage } = this.#options;
    position.sequence = Math.max(position.sequence, sequence);
    const message: Message = {
      subject,
      ...splitBody(data, headerName),
      arrived: session.line.arrived,
      ack: () => this.#acknowledge(sequence),
    };
    if (redelivered) message.redelivered = true;
    if (sequence <= storedUntil) message.replayed = true;
    onMessage(message);
  }

  #acknowledge(sequence: number) {
    if (this.#reader) this.#reader.acknowledge(sequence);
    else this.#early.push(sequence);
  }

  #stop() {
    this.#reader?.stop();
    this.#reader = undefined;
  }
}

/** Where to begin after the last one received, with so many stored. */
export function beginOf(received: number, stored: number, start: Start): StartPosition {
  // A server that has fewer began anew: all it has came meanwhile.
  if (received > stored && received > 0) return "first";
  if (received > 0) return { sequence: received + 1 };
  if (start === "last") return "last";
  return start === "all" ? "first" : "new";
}

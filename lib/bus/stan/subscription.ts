/** One subject, received until it is disposed of; it goes on where the connection before left it. */

import { timeout } from "../../time/wait.ts";
import type { Message, Start } from "../bus.ts";
import { reasonOf } from "../reason.ts";
import { splitBody } from "./body.ts";
import type { Delivery, StartPosition } from "./messages.ts";
import { read, type Reader, storedAt } from "./reader.ts";
import type { Session } from "./session.ts";

/** How far a subscription has come: known beyond one connection. */
export interface Position {
  /** The last one received; 0 before there is any. */
  sequence: number;
  /** When the server stored it. */
  storedNs: number;
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
    const find = (from: StartPosition) => storedAt(from, { ...asked, signal: this.#off.signal });
    const last = isNew ? undefined : await find("last");
    const storedUntil = last?.sequence ?? 0;
    if (this.#isOver) return;
    const { sequence } = position;
    const same = sequence === 0 || sequence > storedUntil ? undefined : await find({ sequence });
    if (this.#isOver) return;
    const isAnew = beganAnew(position, storedUntil, same);
    // What it has now is numbered from 1 again, and all of it came meanwhile.
    if (isAnew) Object.assign(position, { sequence: 0, storedNs: 0 });
    this.#reader = await read({
      ...asked,
      durable,
      start: isAnew ? "first" : beginOf(position, start),
      take: (delivery) => this.#take(delivery, storedUntil),
    });
    if (this.#isOver) return this.#stop();
    this.#early.splice(0).forEach((sequence) => this.#acknowledge(sequence));
  }

  #take({ sequence, storedNs, subject, data, redelivered }: Delivery, storedUntil: number) {
    if (this.#off.signal.aborted) return;
    const { session, position, headerName, onMessage } = this.#options;
    if (sequence > position.sequence) Object.assign(position, { sequence, storedNs });
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

/**
 * Whether a server has lost what it had when it stored the last one that was received: it has fewer now, or another
 * one under that number.
 *
 * @param same what is stored under that number, or the next one where that is gone; nothing where it wasn't looked for
 */
export function beganAnew(received: Position, stored: number, same?: Position): boolean {
  if (received.sequence === 0) return false;
  if (received.sequence > stored) return true;
  return same?.sequence === received.sequence && same.storedNs !== received.storedNs;
}

/** Where to begin after the last one received. */
export function beginOf(received: Position, start: Start): StartPosition {
  if (received.sequence > 0) return { sequence: received.sequence + 1 };
  if (start === "last") return "last";
  return start === "all" ? "first" : "new";
}

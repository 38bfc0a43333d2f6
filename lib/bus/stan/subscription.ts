/** One subject, received until it is disposed of; it goes on where the connection before left it. */

import { timeout } from "../../time/wait.ts";
import type { Message, Start } from "../bus.ts";
import { reasonOf } from "../reason.ts";
import { splitBody } from "./body.ts";
import {
  acknowledgement,
  type Delivery,
  endRequest,
  readDelivery,
  readSubscriptionResponse,
  type StartPosition,
  subscriptionRequest,
} from "./messages.ts";
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

/** What isn't acknowledged within this is brought again. */
const ACK_WAIT_S = 5;
const MAX_IN_FLIGHT = 8192;
const ANSWER_MS = 2000;
/** How long the last message of a subject that has any may take. */
const LAST_MS = 250;
const RETRY_MS = 500;

export class StanSubscription implements Disposable {
  readonly #options: StanSubscriptionOptions;
  /** Resolves once it is subscribed, or that has failed once. */
  readonly ready: Promise<void>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #off = new AbortController();
  #ackInbox: string | undefined;
  /** Acknowledged before the server has said where to. */
  readonly #early: number[] = [];
  #stopReading = () => {};

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
        const reason = `no subscription to ${this.#options.subject}: ${reasonOf(error)}`;
        if (reason !== said) this.#options.onFault(reason);
        said = reason;
        this.#ready.resolve();
        await timeout(RETRY_MS, this.#off.signal);
      }
    }
  }

  async #subscribe() {
    const { session, position, durable, start } = this.#options;
    // Nothing that is stored comes by a new one: there is no need to know how much that is.
    const isNew = position.sequence === 0 && durable === undefined && start === "new";
    const storedUntil = isNew ? 0 : await this.#lastStored();
    if (this.#isOver) return;
    const from = beginOf(position.sequence, storedUntil, start);
    const inbox = `_INBOX.${session.id}.${crypto.randomUUID().slice(0, 8)}`;
    this.#stopReading = this.#read(inbox, (delivery) => this.#take(delivery, storedUntil));
    try {
      this.#ackInbox = await this.#ask(inbox, from, durable);
    } catch (error) {
      this.#stopReading();
      throw error;
    }
    if (this.#isOver) return this.#stop();
    this.#early.splice(0).forEach((sequence) => this.#acknowledge(sequence));
  }

  /** The number of the last message there is; 0 where there is none. */
  async #lastStored(): Promise<number> {
    const { session } = this.#options;
    const inbox = `_INBOX.${session.id}.${crypto.randomUUID().slice(0, 8)}`;
    const found = new AbortController();
    let sequence = 0;
    const stopReading = this.#read(inbox, (delivery) => {
      if (sequence === 0) sequence = delivery.sequence;
      found.abort();
    });
    try {
      const ackInbox = await this.#ask(inbox, "last");
      await timeout(LAST_MS, AbortSignal.any([found.signal, this.#off.signal]));
      if (!session.line.isDown) this.#endAt(session.server.unsubscribe, ackInbox);
      return sequence;
    } finally {
      stopReading();
    }
  }

  /**
   * Resolves with where deliveries are acknowledged.
   *
   * @throws {Error} with what the server says
   */
  async #ask(inbox: string, start: StartPosition, durable?: string): Promise<string> {
    const { session, subject } = this.#options;
    const { clientId, server } = session;
    const asked = { clientId, subject, inbox, start, durable };
    const limits = { maxInFlight: MAX_IN_FLIGHT, ackWaitS: ACK_WAIT_S };
    const request = subscriptionRequest({ ...asked, ...limits });
    const answer = await session.request(server.subscribe, request, ANSWER_MS);
    const { ackInbox, error } = readSubscriptionResponse(answer);
    if (error !== "") throw new Error(error);
    return ackInbox;
  }

  /** Returns how to stop it; nothing that comes ends the client's read loop. */
  #read(inbox: string, take: (delivery: Delivery) => void): () => void {
    const { session: { line }, onFault } = this.#options;
    const subscription = line.client.subscribe(inbox, {
      callback: (error, message) => {
        if (error || message.data.length === 0) return;
        let delivery: Delivery;
        try {
          delivery = readDelivery(message.data);
        } catch (error) {
          return onFault(`a message that can't be read: ${reasonOf(error)}`);
        }
        take(delivery);
      },
    });
    return () => {
      if (!line.isDown) subscription.unsubscribe();
    };
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
    const { session: { line }, subject } = this.#options;
    if (line.isDown) return;
    if (this.#ackInbox === undefined) this.#early.push(sequence);
    else line.client.publish(this.#ackInbox, acknowledgement(subject, sequence));
  }

  /** A durable one is kept by the server; any other one it may forget. */
  #stop() {
    const { session: { line, server }, durable } = this.#options;
    this.#stopReading();
    if (this.#ackInbox === undefined || line.isDown) return;
    const keeps = durable !== undefined && server.closeSubscription !== "";
    this.#endAt(keeps ? server.closeSubscription : server.unsubscribe, this.#ackInbox);
  }

  #endAt(at: string, ackInbox: string) {
    const { session: { line, clientId }, subject } = this.#options;
    line.client.publish(at, endRequest({ clientId, subject, ackInbox }));
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

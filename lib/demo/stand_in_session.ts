/** What one client of the stand-in has asked for, and what is done about each of its commands, as nats-server would. */

import { DEFAULT_OPTIONS, readOptions } from "./connect_options.ts";
import { type Command, type Publication, Violation } from "./stand_in_protocol.ts";
import { isLiteral, isSubject, type Subscriptions } from "./subject_match.ts";

export interface Subscription {
  readonly session: Session;
  readonly subject: string;
  readonly sid: string;
  delivered: number;
  /** How many messages it ends after. */
  maxMessages: number;
}

/** Sends latin1 text, then bytes, then latin1 text. */
export type Send = (text: string, bytes?: Uint8Array, tail?: string) => void;

const MAX_SUBSCRIPTIONS = 10_000;
const NO_RESPONDERS = "NATS/1.0 503\r\n\r\n";

export class Session {
  #options = DEFAULT_OPTIONS;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #everybodys: Subscriptions<Subscription>;
  readonly #send: Send;

  /** @param everybodys the subscriptions of all sessions */
  constructor(everybodys: Subscriptions<Subscription>, send: Send) {
    this.#everybodys = everybodys;
    this.#send = send;
  }

  /** @throws {Violation} where the client is to be sent away for it */
  execute(command: Command) {
    switch (command.operation) {
      case "CONNECT":
        this.#options = readOptions(command.json, this.#options);
        return this.#acknowledge();
      case "PING":
        return this.#send("PONG\r\n");
      case "SUB":
        return this.#subscribe(command);
      case "UNSUB":
        this.#endAfter(command.sid, command.afterMessages);
        return this.#acknowledge();
      case "PUB":
      case "HPUB":
        return this.#publish(command);
    }
  }

  /** Ends every subscription. */
  end() {
    for (const subscription of this.#subscriptions.values()) this.#unsubscribe(subscription);
  }

  #subscribe({ subject, queue, sid }: Command & { operation: "SUB" }) {
    if (queue !== undefined) return this.#send("-ERR 'Queue Groups Not Supported'\r\n");
    if (!isSubject(subject)) return this.#send("-ERR 'Invalid Subject'\r\n");
    if (!this.#subscriptions.has(sid)) {
      if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) {
        return this.#send("-ERR 'maximum subscriptions exceeded'\r\n");
      }
      const subscription = { session: this, subject, sid, delivered: 0, maxMessages: Infinity };
      this.#subscriptions.set(sid, subscription);
      this.#everybodys.add(subject, subscription);
    }
    this.#acknowledge();
  }

  #endAfter(sid: string, messages: number) {
    const subscription = this.#subscriptions.get(sid);
    if (!subscription) return;
    subscription.maxMessages = messages;
    if (subscription.delivered >= messages) this.#unsubscribe(subscription);
  }

  #unsubscribe(subscription: Subscription) {
    this.#subscriptions.delete(subscription.sid);
    this.#everybodys.delete(subscription.subject, subscription);
  }

  #publish(publication: Publication) {
    const { operation, subject, reply } = publication;
    const { headers, pedantic, echo, no_responders } = this.#options;
    if (operation === "HPUB" && !headers) throw new Violation();
    if (pedantic && !(isSubject(subject) && isLiteral(subject))) {
      this.#send("-ERR 'Invalid Publish Subject'\r\n");
    }
    this.#acknowledge();
    let receivers = 0;
    for (const subscription of this.#everybodys.matching(subject)) {
      if (subscription.session === this && !echo) continue;
      receivers++;
      subscription.session.#deliver(subscription, publication);
    }
    if (receivers === 0 && no_responders && reply !== undefined) this.#reportNoResponders(reply);
  }

  /** Passes a message on: with its headers where this client takes them, or else without. */
  #deliver(subscription: Subscription, { subject, reply, headerLength, payload }: Publication) {
    subscription.delivered++;
    if (subscription.delivered >= subscription.maxMessages) this.#unsubscribe(subscription);
    const to = `${subject} ${subscription.sid}${reply === undefined ? "" : ` ${reply}`}`;
    if (headerLength > 0 && this.#options.headers) {
      this.#send(`HMSG ${to} ${headerLength} ${payload.length}\r\n`, payload, "\r\n");
    } else {
      const body = payload.subarray(headerLength);
      this.#send(`MSG ${to} ${body.length}\r\n`, body, "\r\n");
    }
  }

  #reportNoResponders(reply: string) {
    const asking = this.#everybodys.matching(reply).find(({ session }) => session === this);
    if (!asking) return;
    const { length } = NO_RESPONDERS;
    this.#send(`HMSG ${reply} ${asking.sid} ${length} ${length}\r\n${NO_RESPONDERS}\r\n`);
  }

  #acknowledge() {
    if (this.#options.verbose) this.#send("+OK\r\n");
  }
}

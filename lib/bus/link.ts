/** Keeps any bus connected by its driver; what is published meanwhile is dropped, and never waits. */

import { systemClock } from "../time/clock.ts";
import { timeout, type Wait, within } from "../time/wait.ts";
import type { Bus, Capabilities, Fate, Message, PublishResult, SubscribeOptions } from "./bus.ts";
import { Denials } from "./denials.ts";
import type { Connection, Driver } from "./driver.ts";
import type { Denied } from "./follow.ts";
import { Keeper, type KeeperOptions } from "./keeper.ts";
import { Republisher } from "./republish.ts";
import { Subscriptions } from "./subscriptions.ts";

export type LinkOptions =
  & Partial<KeeperOptions>
  /** host:port of each server, tried in this order. */
  & { servers: readonly string[]; republish?: boolean };

/** How often is looked whether a denied subscription may be tried again. */
const RENEW_MS = 1000;
/** How long the server may take to deny what was tried again. */
const DENIAL_MS = 1000;
/** How long all connections together may take to end. */
const CLOSE_MS = 500;
/** Nobody publishes on more subjects; a denial of another one is not ours. */
const MAX_SUBJECTS = 1024;

/**
 * Opens a bus that connects by itself, now or as soon as a server answers, and again whenever the
 * connection is lost, for as long as it isn't disposed of.
 */
export function link(driver: Driver, options: LinkOptions): Bus {
  return new Link(driver, options);
}

class Link implements Bus {
  readonly can: Capabilities;
  readonly refused: Promise<never>;
  readonly #keeper: Keeper;
  readonly #wait: Wait;
  readonly #stop = new AbortController();
  readonly #denials: Denials;
  readonly #subscriptions: Subscriptions;
  readonly #published = new Set<string>();
  readonly #republisher: Republisher | undefined;
  readonly #ended: Promise<unknown>;

  constructor(driver: Driver, options: LinkOptions) {
    const { clock = systemClock, wait = timeout, onEvent = () => {} } = options;
    this.can = driver.can;
    this.#wait = wait;
    if (options.republish) this.#republisher = new Republisher();
    const republish = () => {
      const { gate } = this.#keeper.state;
      const count = typeof gate === "string" ? 0 : this.#republisher?.again(gate) ?? 0;
      if (count > 0) onEvent({ type: "republished", count });
    };
    this.#denials = new Denials({ clock, wait, onEvent, answered: () => this.#answers() });
    const keeper = this.#keeper = new Keeper(driver, { ...options, clock, wait, onEvent }, {
      onOpen: (connection) => {
        this.#denials.forget();
        this.#subscriptions.renew(connection);
      },
      onUsed: republish,
      onLeaving: () => this.#subscriptions.beginMove(),
      onClosed: (connection) => {
        const { reading, server } = connection;
        const forMs = reading?.behindMs ?? 0;
        // Where it was left for another one, that one brings what was sent since.
        if (forMs > 0 && connection === this.#keeper.state.used) {
          onEvent({ type: this.#stop.signal.aborted ? "left unread" : "unread", server, forMs });
        }
        this.#subscriptions.leave(connection);
        republish(); // where another one is in use already
      },
      onDenied: (...denied) => this.#deny(...denied),
    });
    this.#subscriptions = new Subscriptions({
      denials: this.#denials,
      clock,
      onFault: (reason) => onEvent({ type: "fault", reason }),
      onReceived: (atUs) => keeper.state.received(atUs),
    });
    const refused = Promise.withResolvers<never>();
    this.refused = refused.promise;
    this.refused.catch(() => {}); // received by whoever waits for it, if anybody does
    const running = [keeper.run(this.#stop.signal), this.#renewAgain()];
    this.#ended = Promise.all(running).catch(refused.reject);
  }

  get ready(): Promise<void> {
    return this.#keeper.ready;
  }

  publish(
    subject: string,
    body: string,
    header?: string,
    onFate?: (fate: Fate) => void,
  ): PublishResult {
    const { gate } = this.#keeper.state;
    if (typeof gate === "string") return gate;
    if (!this.#denials.mayTry("publish", subject)) return "denied";
    if (this.#published.size < MAX_SUBJECTS) this.#published.add(subject);
    return this.#republisher?.publish(gate, subject, body, header, onFate) ??
      gate.publish(subject, body, header, onFate);
  }

  subscribe(
    subject: string,
    onMessage: (message: Message) => void,
    options: SubscribeOptions = {},
  ): Disposable {
    const subscription = this.#subscriptions.add(subject, onMessage, options);
    this.#renew();
    return subscription;
  }

  async flush(timeoutMs: number): Promise<boolean> {
    const { connection } = this.#keeper.state;
    return connection !== undefined && await within(timeoutMs, connection.flush(), this.#wait);
  }

  async [Symbol.asyncDispose]() {
    this.#stop.abort();
    this.#republisher?.end();
    await within(CLOSE_MS, Promise.all([this.#keeper.close(), this.#ended]), this.#wait);
  }

  /** A server may deny what isn't ours, any number of times. */
  #deny(connection: Connection, { operation, subject, reason }: Denied) {
    if (operation === "subscribe") this.#subscriptions.deny(connection, subject, reason);
    else if (this.#published.has(subject)) this.#denials.deny(operation, subject, reason);
  }

  #renew() {
    const { connection } = this.#keeper.state;
    if (connection) this.#subscriptions.renew(connection);
  }

  async #renewAgain() {
    while (!this.#stop.signal.aborted) {
      await this.#wait(RENEW_MS, this.#stop.signal);
      this.#renew();
    }
  }

  async #answers(): Promise<boolean> {
    const { connection } = this.#keeper.state;
    return connection !== undefined && await within(DENIAL_MS, connection.probe(), this.#wait);
  }
}

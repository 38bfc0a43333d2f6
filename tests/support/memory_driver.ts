/** A bus in memory, whose servers a test kills, freezes and lets say what it likes; the driver of it. */

import type { Message } from "../../lib/bus/bus.ts";
import type { Attempt, Connection, Driver } from "../../lib/bus/driver.ts";
import { CONNECTION_LOST } from "../../lib/bus/republish.ts";
import type { Wait } from "../../lib/time/wait.ts";
type OnEvent = Attempt["onEvent"];

export class MemoryBus implements Driver {
  readonly title = "memory";
  readonly can = { acknowledges: true, stores: false, headers: true, wildcards: false };
  /** Why servers let nobody in. */
  readonly failing = new Map<string, Error>();
  /** Servers that answer nothing. */
  readonly frozen = new Set<string>();
  /** Like "publish a". */
  readonly denied = new Set<string>();
  readonly connections = new Set<MemoryConnection>();

  constructor(readonly wait: Wait, readonly onTry = (_: string) => {}, public roundTripMs = 1) {}

  async connect(server: string, { onEvent }: Attempt): Promise<Connection> {
    this.onTry(server);
    await this.wait(this.roundTripMs * 3);
    if (this.frozen.has(server)) await new Promise(() => {});
    if (this.failing.has(server)) throw this.failing.get(server);
    return new MemoryConnection(this, server, onEvent);
  }

  kill(server: string) {
    this.failing.set(server, new Error("connection refused"));
    for (const one of this.connections) if (one.server === server) one.close();
  }
}

export class MemoryConnection implements Connection {
  readonly subscriptions = new Map<(message: Message) => void, string>();
  readonly #closing = Promise.withResolvers<undefined>();
  readonly closed = this.#closing.promise;
  readonly flush = this.probe;
  reading = { behindMs: 0, isFlowing: false, readUs: -Infinity };
  readonly drain = () => this.probe().then(() => this.close());

  constructor(readonly bus: MemoryBus, readonly server: string, readonly onEvent: OnEvent) {
    bus.connections.add(this);
  }

  publish(...[subject, text, header, onFate]: Parameters<Connection["publish"]>) {
    if (!this.bus.connections.has(this)) return "disconnected" as const;
    const body = new TextEncoder().encode(text);
    this.probe().then(() => {
      if (this.#denies("publish", subject)) return onFate?.({ type: "refused", reason: "denied" });
      const to = [...this.bus.connections].flatMap(({ subscriptions }) => [...subscriptions])
        .filter(([, subscribed]) => subscribed === subject);
      for (const [onMessage] of to) onMessage({ subject, header, body });
      onFate?.({ type: to.length > 0 ? "acknowledged" : "unroutable" });
    }, () => onFate?.({ type: "unconfirmed", reason: CONNECTION_LOST }));
    return "sent" as const;
  }

  subscribe(subject: string, onMessage: (message: Message) => void): Disposable {
    if (!this.#denies("subscribe", subject)) this.subscriptions.set(onMessage, subject);
    return { [Symbol.dispose]: () => void this.subscriptions.delete(onMessage) };
  }

  async probe() {
    const lost = this.closed.then(() => Promise.reject(new Error("connection lost")));
    await Promise.race([this.bus.wait(this.bus.roundTripMs), lost]);
    if (this.bus.frozen.has(this.server)) await lost;
  }

  close() {
    if (this.bus.connections.delete(this)) this.#closing.resolve(undefined);
  }

  #denies(operation: "publish" | "subscribe", subject: string): boolean {
    const is = this.bus.denied.has(`${operation} ${subject}`);
    if (is) this.onEvent({ type: "denied", operation, subject, reason: "test" });
    return is;
  }
}

/** A bus in memory, whose servers a test kills, freezes and lets say what it likes; the driver of it. */

import type { Fate, Message, PublishResult } from "../../lib/bus/bus.ts";
import type { Attempt, Connection, ConnectionEvent, Driver } from "../../lib/bus/driver.ts";
import type { Wait } from "../../lib/time/wait.ts";

export class MemoryBus implements Driver {
  readonly title = "memory";
  readonly can = { acknowledges: true, stores: false, headers: true, wildcards: false };
  /** Why a server lets nobody in. */
  readonly failing = new Map<string, Error>();
  /** Servers that answer nothing. */
  readonly frozen = new Set<string>();
  /** Like "publish a". */
  readonly denied = new Set<string>();
  readonly connections = new Set<MemoryConnection>();

  constructor(readonly wait: Wait, readonly onTry: (server: string) => void = () => {}) {}

  async connect(server: string, { onEvent }: Attempt): Promise<Connection> {
    this.onTry(server);
    await this.wait(1);
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
  readonly drain = () => this.probe().then(() => this.close());

  constructor(
    readonly bus: MemoryBus,
    readonly server: string,
    readonly onEvent: (event: ConnectionEvent) => void,
  ) {
    bus.connections.add(this);
  }

  publish(subject: string, text: string, header?: string, onFate?: (_: Fate) => void) {
    if (!this.bus.connections.has(this)) return "disconnected" satisfies PublishResult;
    const body = new TextEncoder().encode(text);
    this.probe().then(() => {
      if (this.#denies("publish", subject)) return onFate?.({ type: "refused", reason: "denied" });
      const to = [...this.bus.connections].flatMap(({ subscriptions }) => [...subscriptions])
        .filter(([, subscribed]) => subscribed === subject);
      for (const [onMessage] of to) onMessage({ subject, header, body });
      onFate?.({ type: to.length > 0 ? "acknowledged" : "unroutable" });
    }, () => onFate?.({ type: "unconfirmed", reason: "connection lost" }));
    return "sent" satisfies PublishResult;
  }

  subscribe(subject: string, onMessage: (message: Message) => void): Disposable {
    const receive = (message: Message) => onMessage(message);
    if (!this.#denies("subscribe", subject)) this.subscriptions.set(receive, subject);
    return { [Symbol.dispose]: () => void this.subscriptions.delete(receive) };
  }

  /** A millisecond there and back; rejects where the connection is lost before. */
  async probe() {
    const lost = this.closed.then(() => Promise.reject(new Error("connection lost")));
    await Promise.race([this.bus.wait(1), lost]);
    if (this.bus.frozen.has(this.server)) await lost;
  }

  close() {
    if (this.bus.connections.delete(this)) this.#closing.resolve(undefined);
  }

  #denies(operation: "publish" | "subscribe", subject: string): boolean {
    const denied = this.bus.denied.has(`${operation} ${subject}`);
    if (denied) this.onEvent({ type: "denied", operation, subject });
    return denied;
  }
}

/** One connection to one NATS server. */

import { errors, type NatsConnection } from "@nats-io/transport-deno";
import type { Moment } from "../../time/clock.ts";
import { isAddress } from "./address.ts";
import type { Message, PublishResult, ServerIdentity } from "../bus.ts";
import type { Connection, ConnectionEvent, Reading } from "../driver.ts";
import { reasonOf } from "../reason.ts";
import type { Backlog } from "./backlog.ts";
import type { FloodGuard } from "./flood_guard.ts";
import { identityOf } from "./identity.ts";
import { formOf, messageOf, whyBodyAlone } from "./message.ts";
import { publish, type Rides } from "./publish.ts";

export interface NatsConnectionOptions {
  headerName: string;
  onEvent: (event: ConnectionEvent) => void;
  /** When the socket's read that brought what is being taken in returned, where the transport says so. */
  arrived: () => Moment | undefined;
  /** Whether what comes is read in time, where the transport tells of its reads. */
  backlog: Reading & Pick<Backlog, "awake" | "ask">;
  /** Told of what is read, where the transport says so. */
  guard: FloodGuard;
  /** Why it will not have us any more; undefined where that isn't what an error says. */
  refusalOf: (error: unknown) => string | undefined;
}

export class NatsLine implements Connection {
  readonly server: string;
  readonly closed: Promise<string | undefined>;
  readonly #nc: NatsConnection;
  readonly #options: NatsConnectionOptions;
  #isDown = false;
  /** What the server said of itself last. */
  #info: NatsConnection["info"];
  /** To what it was subscribed last. */
  #subscribed: string | undefined;
  /** What the server said last that may be why it hangs up. */
  #said: string | undefined;

  constructor(nc: NatsConnection, options: NatsConnectionOptions) {
    this.#nc = nc;
    this.#options = options;
    this.server = nc.getServer();
    this.#learn();
    // What the client says of one that is closed already never ends.
    const following = nc.isClosed() ? Promise.resolve() : this.#follow();
    const followed = following.catch((error) => {
      options.onEvent({ type: "fault", reason: reasonOf(error) });
    });
    this.closed = nc.closed().then(async (error) => {
      await followed;
      return this.#said ?? (error ? reasonOf(error) : undefined);
    }, reasonOf);
  }

  get identity(): ServerIdentity {
    return identityOf(this.#nc.info);
  }

  get isDown(): boolean {
    return this.#isDown || this.#nc.isClosed();
  }

  get reading(): Reading {
    return this.#options.backlog;
  }

  /** When the read returned that brought what is being taken in. */
  get arrived(): Moment | undefined {
    return this.#options.arrived();
  }

  /** The client's own connection, for a bus on top of core NATS. */
  get client(): NatsConnection {
    return this.#nc;
  }

  publish(subject: string, body: string, header?: string): PublishResult {
    return this.send(subject, body, header);
  }

  /** The same with what a bus on top of core NATS lets ride along. */
  send(subject: string, body: string, header?: string, rides: Rides = {}): PublishResult {
    const nc = this.#nc;
    if (this.isDown) return "disconnected";
    const { headerName: name, backlog } = this.#options;
    backlog.awake();
    const { max_payload = Infinity, headers = true } = nc.info ?? {};
    const beside = headers ? rides.beside : undefined;
    const besides = beside === undefined ? 0 : `${beside.name}: ${beside.text}\r\n`.length;
    const form = formOf(body, header, name, { max_payload: max_payload - besides, headers });
    if (form === "too large") return form;
    if (form === "body alone") {
      this.#options.onEvent({ type: "header left out", reason: whyBodyAlone(headers) });
    }
    const isWhole = header !== undefined && form === "whole";
    try {
      publish(nc, subject, body, isWhole ? { name, text: header } : undefined, {
        ...rides,
        beside,
      });
      return "sent";
    } catch (error) {
      this.#options.onEvent({ type: "fault", reason: reasonOf(error) });
      return nc.isClosed() ? "disconnected" : "failed";
    }
  }

  subscribe(subject: string, onMessage: (message: Message) => void): Disposable {
    const { headerName, arrived } = this.#options;
    if (this.#nc.isClosed()) return { [Symbol.dispose]() {} }; // the client would throw
    this.#subscribed = subject;
    const subscription = this.#nc.subscribe(subject, {
      callback: (error, message) => {
        if (error instanceof errors.PermissionViolationError) return; // told by the status
        if (error) this.#options.onEvent({ type: "fault", reason: reasonOf(error) });
        else onMessage(messageOf(message, headerName, arrived()));
      },
    });
    return {
      [Symbol.dispose]: () => {
        if (!subscription.isClosed() && !this.#nc.isClosed()) subscription.unsubscribe();
      },
    };
  }

  async probe() {
    await this.#nc.flush().then(this.#options.backlog.ask());
    this.#learn();
  }

  flush(): Promise<void> {
    return this.#options.guard.unlessFlooded(this.#nc.flush());
  }

  drain(): Promise<void> {
    return this.#nc.drain();
  }

  close() {
    // Whether that goes well is of no interest to anybody: `closed` says when it is done.
    this.#nc.close().catch(() => {});
  }

  async #follow() {
    const { onEvent, refusalOf } = this.#options;
    for await (const status of this.#nc.status()) {
      if (status.type === "disconnect") this.#isDown = true;
      else if (status.type === "ldm") onEvent({ type: "leaving" });
      else if (status.type === "error") {
        const { error } = status;
        if (error instanceof errors.PermissionViolationError) {
          const operation = error.operation === "publish" ? "publish" : "subscribe";
          onEvent({ type: "denied", operation, subject: error.subject });
          continue;
        }
        this.#said = error.message;
        if (/^maximum subscriptions/i.test(error.message) && this.#subscribed !== undefined) {
          const denied = { operation: "subscribe", subject: this.#subscribed } as const;
          onEvent({ type: "denied", ...denied, reason: error.message });
          continue;
        }
        const refusal = refusalOf(error);
        if (refusal !== undefined) onEvent({ type: "refused", reason: refusal });
        else onEvent({ type: "fault", reason: error.message });
      }
    }
  }

  /** Looks whether the server has named others since; what it names may be anything. */
  #learn() {
    const { info } = this.#nc;
    if (info === this.#info) return;
    this.#info = info;
    const named: unknown = info?.connect_urls;
    const servers = Array.isArray(named) ? named.filter(isAddress) : [];
    this.#options.onEvent({ type: "servers", servers });
  }
}

/** Sees to it that there is a connection: dials, tries again, watches, and moves on from a server that goes. */

import type { Clock } from "../time/clock.ts";
import type { Wait } from "../time/wait.ts";
import type { BusEvent } from "./bus.ts";
import type { Dialled } from "./attempt.ts";
import { dial } from "./dial.ts";
import type { Connection, Driver } from "./driver.ts";
import { Failures, RETRY_ANSWERED_MS } from "./failures.ts";
import { type Denied, Follower } from "./follow.ts";
import type { KeptOptions } from "./kind.ts";
import { KnownServers } from "./known_servers.ts";
import { Leaving } from "./leaving.ts";
import { Patience } from "./patience.ts";
import { LinkState } from "./state.ts";
import { watch } from "./watchdog.ts";

export interface KeeperOptions extends KeptOptions {
  servers: readonly string[];
  clock: Clock;
  wait: Wait;
  onEvent: (event: BusEvent) => void;
}

export interface KeeperEvents {
  onOpen: (connection: Connection) => void; // before anybody is told
  onUsed: () => void; // after that
  onLeaving: () => void; // another one is looked for in its place
  onClosed: (connection: Connection) => void;
  onDenied: (connection: Connection, denied: Denied) => void;
}

/** A server has so long before the next one is dialled too (RFC 8305 §5 has 100 to 250 ms). */
const HEAD_START_MS = 100;
export class Keeper {
  readonly state: LinkState;
  /** Resolves with the first connection. */
  readonly ready: Promise<void>;
  readonly #driver: Driver;
  readonly #options: KeeperOptions;
  readonly #events: KeeperEvents;
  readonly #known: KnownServers;
  readonly #failures: Failures;
  readonly #leaving: Leaving;
  readonly #follower: Follower;
  readonly #patience: Patience;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closing = new AbortController();

  constructor(driver: Driver, options: KeeperOptions, events: KeeperEvents) {
    const { clock, wait, onEvent, servers } = options;
    this.#driver = driver;
    this.#options = options;
    this.#events = events;
    this.#patience = new Patience(options);
    this.#known = new KnownServers(servers, options);
    this.state = new LinkState(clock);
    this.ready = this.#ready.promise;
    this.#failures = new Failures({ driver, servers, onEvent });
    this.#leaving = new Leaving({
      ...{ wait, onLeaving: events.onLeaving },
      dial: (signal) => this.#dial(signal),
      isUsed: (connection) => this.state.connection === connection,
      use: (dialled) => this.#use(dialled, "moved"),
      onLeft: events.onClosed,
      onFault: (reason) => onEvent({ type: "fault", reason }),
    });
    this.#follower = new Follower({
      state: this.state,
      known: this.#known,
      leaving: this.#leaving,
      failures: this.#failures,
      onEvent,
      onServers: options.onServers,
      onDenied: events.onDenied,
    });
  }

  /**
   * Keeps a connection until the signal aborts.
   *
   * @throws {BusRefusal} where going on makes no sense
   */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#keep(signal), this.#watch(signal)]);
  }

  /** Closes all there is; resolves once it is closed. */
  async close(): Promise<void> {
    const { used } = this.state;
    this.state.closed();
    this.#closing.abort();
    used?.close();
    await Promise.all([used?.closed, this.#leaving.end()]);
  }

  async #keep(signal: AbortSignal) {
    while (!signal.aborted) {
      const dialled = await this.#dial(signal, this.#failures);
      if (!dialled) return;
      if (signal.aborted) return dialled.connection.close();
      const apart = this.#options.wait(this.#patience.apartMs, signal);
      this.#use(dialled, this.state.used ? "reconnected" : "connected");
      this.#ready.resolve();
      this.#lose(await this.#closed());
      this.#patience.over(this.state.served);
      if (!this.state.served) await apart;
    }
  }

  /** Resolves with why, once the connection in use is closed and no other has taken over. */
  async #closed(): Promise<string | undefined> {
    while (true) {
      const used = this.state.used!;
      const reason = await used.closed;
      if (used === this.state.used) return reason;
    }
  }

  /** Without failures to tell, nothing is said of tries that fail. */
  #dial(signal: AbortSignal, failures?: Failures): Promise<Dialled | undefined> {
    const { clock, wait } = this.#options;
    return dial(this.#driver, {
      servers: this.#known.inTurn(),
      timeoutMs: this.#patience.dialMs,
      headStartMs: HEAD_START_MS,
      clock,
      wait,
      signal: AbortSignal.any([signal, this.#closing.signal]),
      onFailure: (server, error) => failures?.failed(server, error) ?? RETRY_ANSWERED_MS,
      onAllFailed: () => failures?.allFailed(),
    });
  }

  #use(dialled: Dialled, type: "connected" | "reconnected" | "moved") {
    const { connection, connection: { server, identity }, tookMs } = dialled;
    const { onEvent } = this.#options;
    const [from, afterMs] = [this.#known.last!, this.state.open(connection)];
    this.#known.last = server;
    this.#known.suspect = false;
    this.#failures.forget();
    this.#patience.connected(tookMs);
    this.#events.onOpen(connection);
    const about = { server, ...identity };
    onEvent(type === "moved" ? { type, ...about, from } : { type, ...about, afterMs });
    this.#events.onUsed();
    this.#follower.follow(dialled);
  }

  #lose(reason: string | undefined) {
    this.state.lost();
    this.#events.onClosed(this.state.used!);
    this.#leaving.hurry(); // what is left is of no use any more
    if (this.#closing.signal.aborted) return;
    this.#options.onEvent({ type: "disconnected", server: this.#known.last!, reason });
  }

  #watch(signal: AbortSignal): Promise<void> {
    const { clock, wait, onRoundTrip } = this.#options;
    return watch({
      ...{ clock, wait, signal },
      everyMs: this.#patience.probeEveryMs,
      silentMs: () => this.#patience.silentMs,
      // One that is blocked may not answer, and is none the less there.
      connection: () => this.state.type === "blocked" ? undefined : this.state.connection,
      receivedUs: () => this.state.receivedUs,
      onAnswer: (us) => {
        this.state.answered();
        this.#patience.answered(us / 1000);
        onRoundTrip?.(us);
      },
      onSilent: (connection, forMs) => {
        this.#known.suspect = true;
        this.state.lost();
        this.#options.onEvent({ type: "unresponsive", server: connection.server, forMs });
        connection.close();
      },
    });
  }
}

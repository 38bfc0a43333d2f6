/** The NATS bus: one connection at a time, and the next one in its place when it is lost or about to be. */

import { errors, type NatsConnection } from "@nats-io/transport-deno";
import { systemClock } from "../../time/clock.ts";
import { timeout, within } from "../../time/wait.ts";
import { type Bus, BusRefusal } from "../bus.ts";
import { Denials } from "./denials.ts";
import { KnownServers } from "./known_servers.ts";
import { checkSeed, login, type NatsOptions, reasonOf, refusalOf } from "./login.ts";
import { publish } from "./publish.ts";
import { NatsSubscription } from "./subscription.ts";

export type { NatsOptions };

/** Between two tries to find a server: an attempt costs about 2 ms of a core. */
const RETRY_MS = 100;
/** The same where something answered that won't do, at the start or by its refusal: such an attempt costs up to 20 ms of a core. */
const RETRY_ANSWERED_MS = 250;
/** From one connection that was of no use to the next, at least: a server that hangs up at once is to cost little. */
const APART_MS = 250;
/** How often is looked whether a denied subscription may be tried again. */
const RENEW_MS = 1000;
/** How long the server may take to deny what was tried again. */
const DENIAL_MS = 1000;
/** How long two connections are received when one takes over: a cluster needs a moment to learn of the new one. */
const OVERLAP_MS = 1000;
/** How long a connection may take to end in order. */
const CLOSE_MS = 500;

/**
 * Opens a bus that connects by itself, now or as soon as a server answers, and again whenever the
 * connection is lost, for as long as it isn't disposed of.
 */
export function connectNats(options: NatsOptions): Bus {
  const { clock = systemClock, onEvent = () => {} } = options;
  const subscriptions = new Set<NatsSubscription>();
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => {}); // received by whoever waits for it, if anybody does
  let nc: NatsConnection | undefined; // the one in use
  const leaving = new Set<NatsConnection>(); // in use before it, and not closed yet
  let moving = Promise.resolve();
  let overlap = new AbortController(); // ends it before its time
  let open = false; // publishing gate
  const known = new KnownServers(options.servers);
  const wasConnected = () => known.last !== undefined;
  let served = false; // it answered, or brought something
  const isOpen = () => open && !nc!.isClosed();
  let disconnected = true;
  let disconnectedSinceUs = clock.monoUs();

  const denials = new Denials({
    clock,
    onEvent,
    answered: async () => isOpen() && await within(DENIAL_MS, nc!.flush()),
  });
  let refusalReported = false;

  function refuse(reason: string) {
    const server = options.servers.join(", ");
    if (!wasConnected()) {
      throw new BusRefusal(`no way into the NATS server at ${server}: ${reason}`);
    }
    if (!refusalReported) onEvent({ type: "refused", server, reason });
    refusalReported = true;
  }

  function learn() {
    known.learn(nc!.info?.connect_urls ?? []);
  }

  /** One try, at each server in its turn. */
  function tryLogin(): Promise<NatsConnection> {
    return login({ ...options, servers: known.inTurn(), learned: known.learned });
  }

  async function dial(): Promise<NatsConnection | undefined> {
    const said = new Set<string>();
    while (!stop.signal.aborted) {
      const startUs = clock.monoUs();
      try {
        return await tryLogin();
      } catch (error) {
        const refusal = refusalOf(error, options);
        const reason = reasonOf(error);
        const absent = reason === "connection refused";
        if (refusal !== undefined) refuse(refusal);
        else if (!said.has(reason)) {
          const server = options.servers.join(", ");
          if (!wasConnected()) onEvent({ type: "waiting", server, reason });
          else if (!absent) onEvent({ type: "fault", reason });
        }
        said.add(reason);
        const quick = absent || (wasConnected() && refusal === undefined);
        const tookMs = (clock.monoUs() - startUs) / 1000;
        await timeout((quick ? RETRY_MS : RETRY_ANSWERED_MS) - tookMs, stop.signal);
      }
    }
  }

  async function follow(connection: NatsConnection) {
    for await (const status of connection.status()) {
      if (connection !== nc) continue;
      if (status.type === "disconnect") lose();
      else if (status.type === "update") learn();
      else if (status.type === "ldm") {
        known.suspect = true;
        overlap.abort();
        moving = moving.then(() => moveFrom(connection));
      } else if (status.type === "error") {
        const { error } = status;
        if (error instanceof errors.PermissionViolationError) {
          denials.deny(error.operation === "publish" ? "publish" : "subscribe", error.subject);
        } else {
          const refusal = refusalOf(error, options);
          served = false;
          if (refusal === undefined) onEvent({ type: "fault", reason: error.message });
          else {
            open = false; // the server hangs up
            refuse(refusal);
          }
        }
      }
    }
  }

  function lose() {
    open = false;
    if (disconnected) return;
    disconnected = true;
    disconnectedSinceUs = clock.monoUs();
    overlap.abort(); // of no use any more
    for (const connection of leaving) connection.close();
    if (!stop.signal.aborted) onEvent({ type: "disconnected", server: known.last! });
  }

  /** The server is about to show its clients out: another one is connected to before it does. */
  async function moveFrom(lame: NatsConnection) {
    const isLeft = () => nc === lame && !lame.isClosed() && !stop.signal.aborted;
    let next: NatsConnection | undefined;
    while (isLeft() && !next) {
      next = await tryLogin().catch(() => undefined);
      if (!next) await timeout(RETRY_ANSWERED_MS, stop.signal);
    }
    if (!isLeft() || next!.isClosed()) return void next?.close();
    leaving.add(lame);
    overlap = new AbortController();
    use(next!, "moved");
    await timeout(OVERLAP_MS, overlap.signal);
    if (!await within(CLOSE_MS, lame.drain())) lame.close();
    leaving.delete(lame);
    for (const subscription of subscriptions) subscription.settle();
  }

  function use(connection: NatsConnection, type: "connected" | "reconnected" | "moved") {
    const afterMs = (clock.monoUs() - disconnectedSinceUs) / 1000;
    nc = connection;
    const server = known.last = nc.getServer();
    learn();
    open = true;
    disconnected = false;
    served = false;
    refusalReported = false;
    known.suspect = false;
    follow(nc);
    denials.forget();
    renew();
    onEvent(type === "moved" ? { type, server } : { type, server, afterMs });
  }

  /** Subscribes to what isn't yet, or was denied and may be tried again. */
  function renew() {
    for (const subscription of subscriptions) {
      if (subscription.isOn(nc!) || !denials.mayTry("subscribe", subscription.subject)) continue;
      subscription.subscribe(nc!);
    }
  }

  async function run() {
    checkSeed(options);
    while (!stop.signal.aborted) {
      const connection = await dial();
      if (!connection) return;
      if (stop.signal.aborted) return void connection.close();
      const apart = timeout(APART_MS, stop.signal);
      if (connection.isClosed()) {
        await apart;
        continue;
      }
      use(connection, wasConnected() ? "reconnected" : "connected");
      ready.resolve();
      let used;
      do {
        used = nc!;
        await used.closed();
      } while (nc !== used); // another one has taken over from it
      lose();
      if (!served) await apart;
    }
  }
  const running = run().catch(refused.reject);
  const renewing = setInterval(() => {
    if (isOpen()) renew();
  }, RENEW_MS);

  return {
    ready: ready.promise,
    refused: refused.promise,

    publish(subject, body, header) {
      if (!isOpen() || !denials.mayTry("publish", subject)) return false;
      publish(nc!, subject, body, header);
      return true;
    },

    subscribe(subject, onMessage) {
      const onFault = (reason: string) => onEvent({ type: "fault", reason });
      const subscription = new NatsSubscription({
        subject,
        onMessage(message) {
          served = true;
          onMessage(message);
        },
        onFault,
      });
      subscriptions.add(subscription);
      if (isOpen()) renew();
      return {
        [Symbol.dispose]() {
          subscriptions.delete(subscription);
          subscription.unsubscribe();
        },
      };
    },

    async flush(timeoutMs) {
      if (!isOpen()) return false;
      const answered = await within(timeoutMs, nc!.flush());
      if (answered) served = true;
      return answered;
    },

    renew(silentMs) {
      if (!open) return;
      known.suspect = true;
      onEvent({ type: "unresponsive", server: known.last!, forMs: silentMs });
      open = false; // at once: what is published from here on would be lost with the connection
      nc!.close().catch(() => {}); // cuts it: reconnect() would wait until all is written
    },

    async [Symbol.asyncDispose]() {
      stop.abort();
      overlap.abort();
      clearInterval(renewing);
      open = false;
      // A try to connect still under way ends by itself, and closes what it opened.
      if (!nc) return;
      await within(CLOSE_MS, Promise.all([...[nc, ...leaving].map((one) => one.close()), running]));
    },
  };
}

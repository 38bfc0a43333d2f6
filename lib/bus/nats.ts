/** The NATS bus: one connection at a time, and the next one in its place when it is lost or about to be. */

import { errors, headers, type NatsConnection } from "@nats-io/transport-deno";
import { systemClock } from "../clock.ts";
import { timeout, within } from "../sleeper.ts";
import { TICK_HEADER } from "../wire.ts";
import { type Bus, BusRefusal } from "./bus.ts";
import { alertText } from "./certificate_verdict.ts";
import { Denials } from "./denials.ts";
import { checkSeed, login, reasonOf, refusalOf } from "./nats_login.ts";
import type { NatsOptions } from "./nats_options.ts";
import { NatsSubscription } from "./nats_subscription.ts";
import { onTlsAlert } from "./stray_errors.ts";

export type { NatsOptions };

/** Between two tries to find a server at the start: an attempt costs about 2 ms of a core. */
const RETRY_MS = 100;
/** The same where something answered that won't do: such an attempt costs up to 20 ms of a core. */
const RETRY_ANSWERED_MS = 250;
/** How often is looked whether a denied subscription may be tried again. */
const RENEW_MS = 1000;
/** How long the broker may take to deny what was tried again. */
const DENIAL_MS = 1000;
/** How long two connections are heard when one takes over: a cluster needs a moment to learn of the new one. */
const OVERLAP_MS = 1000;
/** How long a connection may take to end in order. */
const CLOSE_MS = 500;

/**
 * Opens a bus that connects by itself, now or as soon as a server answers, and again whenever the
 * connection is lost, for as long as it isn't disposed of.
 */
export function connectNats(given: NatsOptions): Bus {
  const { clock = systemClock, onEvent = () => {} } = given;
  const subscriptions = new Set<NatsSubscription>();
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const refusal = Promise.withResolvers<never>();
  refusal.promise.catch(() => {}); // heard by whoever waits for it, if anybody does
  let nc: NatsConnection | undefined; // the one in use
  const leaving = new Set<NatsConnection>(); // in use before it, and not closed yet
  let moving = Promise.resolve();
  let overlap = new AbortController(); // ends it before its time
  let open = false; // publishing gate: the client takes messages while it is reconnecting, and drops them
  let silent: string | undefined; // the server that was given up
  /** The client would dial the server it was on first, and wait for one that is frozen. */
  const options = {
    ...given,
    avoid() {
      const avoided = silent;
      silent = undefined; // once
      return avoided;
    },
  };
  let dark = true;
  let darkSinceUs = clock.monoUs();
  const darkMs = () => (clock.monoUs() - darkSinceUs) / 1000;

  const denials = new Denials({
    clock,
    onEvent,
    answered: async () => open && await within(DENIAL_MS, nc!.flush()),
  });
  let wasConnected = false;
  let refusedSaid = false;

  function refuse(reason: string) {
    const server = options.servers.join(", ");
    if (!wasConnected) throw new BusRefusal(`no way into the NATS server at ${server}: ${reason}`);
    if (!refusedSaid) onEvent({ type: "refused", server, reason });
    refusedSaid = true;
  }

  async function dial(): Promise<NatsConnection | undefined> {
    const said = new Set<string>();
    while (!stop.signal.aborted) {
      try {
        return await login(options);
      } catch (error) {
        const refusal = refusalOf(error, options);
        const reason = reasonOf(error);
        const server = options.servers.join(", ");
        if (refusal !== undefined) refuse(refusal);
        else if (!said.has(reason)) onEvent({ type: "waiting", server, reason });
        said.add(reason);
        const retryMs = reason === "connection refused" ? RETRY_MS : RETRY_ANSWERED_MS;
        await timeout(retryMs);
      }
    }
  }

  async function follow(connection: NatsConnection) {
    for await (const status of connection.status()) {
      if (connection !== nc) {
        if (status.type === "disconnect") connection.close(); // shown out: it is not to come back
      } else if (status.type === "disconnect") {
        open = false;
        if (dark) continue; // a try that failed: the server let us connect, and then refused us
        dark = true;
        darkSinceUs = clock.monoUs();
        if (!stop.signal.aborted) onEvent({ type: "disconnected", server: status.server });
      } else if (status.type === "reconnect") {
        if (!dark) continue; // told once more for each try that failed
        begin("reconnected");
      } else if (status.type === "ldm") {
        overlap.abort();
        moving = moving.then(() => moveFrom(connection)).catch(() => {}); // else it will be lost, and found again
      } else if (status.type === "error") {
        const { error } = status;
        if (error instanceof errors.PermissionViolationError) {
          denials.deny(error.operation === "publish" ? "publish" : "subscribe", error.subject);
        } else {
          const refusal = refusalOf(error, options);
          if (refusal === undefined) onEvent({ type: "fault", reason: error.message });
          else {
            open = false; // the server hangs up
            refuse(refusal);
          }
        }
      }
    }
  }

  /** The server is about to show its clients out: another one is connected to before it does. */
  async function moveFrom(lame: NatsConnection) {
    if (nc !== lame || lame.isClosed() || stop.signal.aborted) return;
    const address = lame.getServer();
    const known = [...options.servers, ...lame.info?.connect_urls ?? []];
    // Behind one name there may be several, so that its own is worth a try too.
    const servers = [...new Set([...known.filter((one) => one !== address), address])];
    const next = await login({ ...options, servers, inOrder: true });
    const movedByItself = open && lame.getServer() !== address;
    if (nc !== lame || movedByItself || stop.signal.aborted) return void next.close();
    leaving.add(lame);
    overlap = new AbortController();
    use(next, dark ? "reconnected" : "moved");
    await timeout(OVERLAP_MS, overlap.signal);
    await within(CLOSE_MS, lame.drain());
    leaving.delete(lame);
    for (const subscription of subscriptions) subscription.settle();
  }

  function use(connection: NatsConnection, how: "connected" | "reconnected" | "moved") {
    nc = connection;
    follow(connection);
    begin(how);
  }

  function begin(type: "connected" | "reconnected" | "moved") {
    const afterMs = darkMs();
    open = true;
    dark = false;
    wasConnected = true;
    refusedSaid = false;
    denials.forget();
    renew();
    const server = nc!.getServer();
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
    using _alerts = onTlsAlert((alert) => {
      if (wasConnected && !open) refuse(alertText(alert));
    });
    while (!stop.signal.aborted) {
      const connection = await dial();
      if (!connection) return;
      if (stop.signal.aborted) return void connection.close();
      use(connection, wasConnected ? "reconnected" : "connected");
      ready.resolve();
      let used;
      do {
        used = nc!;
        await used.closed();
      } while (nc !== used); // another one has taken over from it
      open = false;
    }
  }
  const running = run().catch(refusal.reject);
  const renewing = setInterval(() => {
    if (open) renew();
  }, RENEW_MS);

  return {
    ready: ready.promise,
    refused: refusal.promise,

    publish(subject, body, header) {
      if (!open || !denials.mayTry("publish", subject)) return false;
      const rides = headers();
      if (header !== undefined) rides.set(TICK_HEADER, header);
      nc!.publish(subject, body, { headers: rides });
      return true;
    },

    subscribe(subject, onMessage) {
      const onFault = (reason: string) => onEvent({ type: "fault", reason });
      const subscription = new NatsSubscription({ subject, onMessage, onFault });
      subscriptions.add(subscription);
      if (nc && !nc.isClosed()) renew();
      return {
        [Symbol.dispose]() {
          subscriptions.delete(subscription);
          subscription.unsubscribe();
        },
      };
    },

    async flush(timeoutMs) {
      if (!open) return false;
      return await within(timeoutMs, nc!.flush());
    },

    renew(silentMs) {
      if (!open) return;
      silent = nc!.getServer();
      onEvent({ type: "silent", server: silent, forMs: silentMs });
      open = false; // at once: what is published from here on would be lost with the connection
      nc!.reconnect().catch(() => {}); // that it is closed by now is told by its status
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

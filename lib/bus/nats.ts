/** The NATS bus: the only file that knows the NATS client, but for its guard. */

import {
  connect,
  type ConnectionOptions,
  errors,
  headers,
  jwtAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "@nats-io/transport-deno";
import { systemClock } from "../clock.ts";
import { timeout } from "../sleeper.ts";
import { TICK_HEADER } from "../wire.ts";
import { type Bus, BusRefusal, type Message } from "./bus.ts";
import { alertText, certificateVerdict } from "./certificate_verdict.ts";
import { Denials } from "./denials.ts";
import { connectOptions, DIAL_MS, insistsOnTls, type NatsOptions } from "./nats_options.ts";
import { loginRefusalText, tlsRefusalText } from "./refusal_text.ts";
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

/**
 * Opens a bus that connects by itself, now or as soon as a server answers, and again whenever the
 * connection is lost, for as long as it isn't disposed of.
 */
export function connectNats(options: NatsOptions): Bus {
  const { clock = systemClock, onEvent = () => {} } = options;
  const subscriptions = new Set<{ renew(): void; lost(): void }>();
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const refusal = Promise.withResolvers<never>();
  refusal.promise.catch(() => {}); // heard by whoever waits for it, if anybody does
  let nc: NatsConnection | undefined;
  let open = false; // publishing gate: the client takes messages while it is reconnecting, and drops them
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

  async function follow(nc: NatsConnection) {
    const server = () => nc.getServer();
    for await (const status of nc.status()) {
      if (status.type === "disconnect") {
        open = false;
        if (dark) continue; // a try that failed: the server let us connect, and then refused us
        dark = true;
        darkSinceUs = clock.monoUs();
        if (!stop.signal.aborted) onEvent({ type: "disconnected", server: status.server });
      } else if (status.type === "reconnect") {
        if (!dark) continue; // told once more for each try that failed
        begin();
        onEvent({ type: "reconnected", server: server(), afterMs: darkMs() });
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
    open = false;
  }

  function begin() {
    open = true;
    dark = false;
    wasConnected = true;
    refusedSaid = false;
    denials.forget();
    for (const { renew } of subscriptions) renew();
  }

  async function run() {
    checkSeed(options);
    using _alerts = onTlsAlert((alert) => {
      if (wasConnected && !open) refuse(alertText(alert));
    });
    for (let again = false; !stop.signal.aborted; again = true) {
      const connection = await dial();
      if (!connection) return;
      if (stop.signal.aborted) return void connection.close();
      nc = connection;
      for (const subscription of subscriptions) subscription.lost();
      begin();
      const type = again ? "reconnected" : "connected";
      onEvent({ type, server: nc.getServer(), afterMs: darkMs() });
      ready.resolve();
      await follow(nc);
    }
  }
  const running = run().catch(refusal.reject);
  const renewing = setInterval(() => {
    if (open) { for (const { renew } of subscriptions) renew(); }
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
      let subscription: ReturnType<NatsConnection["subscribe"]> | undefined;
      const held = {
        /** Subscribes where it isn't yet, or was denied and may be tried again. */
        renew() {
          if (subscription && !subscription.isClosed()) return;
          if (!denials.mayTry("subscribe", subject)) return;
          subscription = nc!.subscribe(subject, {
            callback(error, message) {
              if (error instanceof errors.PermissionViolationError) return; // told by the status
              // Whatever is thrown here would end the client's read loop and leave the connection deaf.
              try {
                if (error) throw error;
                onMessage(messageOf(message));
              } catch (error) {
                onEvent({ type: "fault", reason: reasonOf(error) });
              }
            },
          });
        },
        lost: () => void (subscription = undefined),
      };
      subscriptions.add(held);
      if (nc && !nc.isClosed()) held.renew();
      return {
        [Symbol.dispose]() {
          subscriptions.delete(held);
          if (!nc?.isClosed()) subscription?.unsubscribe();
        },
      };
    },

    async flush(timeoutMs) {
      if (!open) return false;
      return await within(timeoutMs, nc!.flush());
    },

    renew(silentMs) {
      if (!open) return;
      onEvent({ type: "silent", server: nc!.getServer(), forMs: silentMs });
      open = false; // at once: what is published from here on would be lost with the connection
      nc!.reconnect().catch(() => {}); // that it is closed by now is told by its status
    },

    async [Symbol.asyncDispose]() {
      stop.abort();
      clearInterval(renewing);
      open = false;
      // A try to connect still under way ends by itself, and closes what it opened.
      if (nc) await within(500, Promise.all([nc.close(), running]));
    },
  };
}

/** @throws whatever the client throws, or {@linkcode BusRefusal} where the server refuses our certificate */
async function login(options: NatsOptions): Promise<NatsConnection> {
  const { servers, tlsFiles = {}, dialTimeoutMs: timeoutMs = DIAL_MS } = options;
  if (!insistsOnTls(options)) {
    return await connect({ ...connectOptions(options), ...loginOptions(options) });
  }
  using verdict = certificateVerdict(servers, { shown: tlsFiles.cert !== undefined, timeoutMs });
  const connecting = connect({ ...connectOptions(options), ...loginOptions(options) });
  const refused = verdict.refused.then((reason) => Promise.reject(new BusRefusal(reason)));
  try {
    return await Promise.race([connecting, refused]);
  } catch (error) {
    connecting.then((nc) => nc.close(), () => {});
    if (refusalOf(error, options) !== undefined) throw error;
    const silence = await verdict.silence();
    throw silence === undefined ? error : new BusRefusal(silence);
  }
}

/** Why trying again can't help; undefined where it may. */
function refusalOf(error: unknown, { credentials }: NatsOptions): string | undefined {
  if (error instanceof BusRefusal) return error.message;
  if (error instanceof Deno.errors.NotCapable) return reasonOf(error);
  const login = error instanceof errors.AuthorizationError ||
    error instanceof errors.UserAuthenticationExpiredError;
  return login ? loginRefusalText(reasonOf(error), credentials) : tlsRefusalText(error);
}

/** @throws {BusRefusal} for a seed that looks like one, and whose checksum is wrong */
function checkSeed(options: NatsOptions) {
  const { authenticator } = loginOptions(options);
  try {
    if (typeof authenticator === "function") authenticator("nonce");
  } catch {
    throw new BusRefusal(`${options.credentials!.from}: the seed in it is none`);
  }
}

function loginOptions({ credentials: shown }: NatsOptions): ConnectionOptions {
  if (!shown) return {};
  if (shown.kind === "password") return { user: shown.user, pass: shown.password };
  if (shown.kind === "token") return { token: shown.token };
  if (shown.kind === "nkey") return { authenticator: nkeyAuthenticator(shown.seed) };
  return { authenticator: jwtAuthenticator(shown.jwt, shown.seed) };
}

type NatsMessage = Parameters<
  NonNullable<NonNullable<Parameters<NatsConnection["subscribe"]>[1]>["callback"]>
>[1];

/** The client takes time by the square of how many headers there are: 100,000 would be a standstill of a minute. */
const MOST_HEADERS = 2048;

function messageOf(message: NatsMessage): Message {
  const { subject, data: body } = message;
  // What it is besides its body: subject and headers.
  const besides = ((message as { size?(): number }).size?.() ?? 0) - body.length;
  if (besides > MOST_HEADERS) return { subject, body, headerFault: "header too long" };
  try {
    return { subject, body, header: message.headers?.get(TICK_HEADER) || undefined };
  } catch {
    return { subject, body, headerFault: "broken header" };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a promise is fulfilled in time. */
async function within(timeoutMs: number, promise: Promise<unknown>): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, timeoutMs, false);
  try {
    return await Promise.race([promise.then(() => true, () => false), late]);
  } finally {
    clearTimeout(timer);
  }
}

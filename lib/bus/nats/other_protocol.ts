/** What listens where no NATS server greets: it is asked, so that a wrong port is seen at once. */

import { timeout } from "../../time/wait.ts";

/** A login that takes longer may be to no NATS server at all. */
const LOGIN_MS = 200;
/** A NATS server speaks first; whoever is still silent then, or after another round trip, waits for us to. */
const GREETING_MS = 150;
/** Asks for nothing: HTTP answers it, and others say by which protocol they don't understand it. */
const QUESTION = "GET / HTTP/1.0\r\n\r\n";

const TLS_FIRST = "it speaks TLS from the first byte on, where a NATS server greets in clear";
/** By how they begin. */
const PROTOCOLS: [first: string, text: string][] = [
  [
    "HTTP/",
    "it speaks HTTP, not NATS: is it the monitoring or the WebSocket port? The usual one is 4222",
  ],
  ["AMQP", "it speaks AMQP, not NATS, as RabbitMQ does"],
  // An alert and a handshake of TLS 1.0 to 1.3 (RFC 8446 §5.1).
  ["\x15\x03", TLS_FIRST],
  ["\x16\x03", TLS_FIRST],
];

/** Asks each server that lets a login wait; one that is only slow needn't be asked again. */
export class OtherProtocols {
  readonly #slow = new Set<string>();

  /**
   * Resolves as the login does.
   *
   * @throws {Error} before that, where what listens there speaks something else
   */
  async unlessOther<T>(login: Promise<T>, server: string, signal: AbortSignal): Promise<T> {
    if (this.#slow.has(server)) return await login;
    const settled = new AbortController();
    const asked = AbortSignal.any([settled.signal, signal]);
    const other = timeout(LOGIN_MS, asked).then(async () => {
      const reason = asked.aborted ? undefined : await this.#ask(server, asked);
      return reason === undefined ? await login : Promise.reject(new Error(reason));
    });
    try {
      return await Promise.race([login, other]);
    } finally {
      settled.abort();
      other.catch(() => {}); // it was thrown, or came too late
    }
  }

  async #ask(server: string, signal: AbortSignal): Promise<string | undefined> {
    const reason = await otherProtocol(server, signal);
    if (reason === undefined && this.#slow.size < MAX_SLOW) this.#slow.add(server);
    return reason;
  }
}

/** A cluster can name any number. */
const MAX_SLOW = 64;

/**
 * Why what listens there is no NATS server, as far as it can be told.
 *
 * @param server host:port
 */
async function otherProtocol(
  server: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { hostname, port } = new URL(`http://${server}`);
  try {
    const address = { hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) };
    const startMs = performance.now();
    using connection = await Deno.connect({ ...address, signal });
    const waitMs = Math.max(GREETING_MS, 2 * (performance.now() - startMs));
    const first = firstBytes(connection);
    const hangUp = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => hangUp.resolve(""), { once: true });
    const waiting = setTimeout(() => {
      connection.write(new TextEncoder().encode(QUESTION)).catch(() => {}); // its end says enough
    }, waitMs);
    try {
      const text = await Promise.race([first, hangUp.promise]);
      return PROTOCOLS.find(([first]) => text.startsWith(first))?.[1];
    } finally {
      clearTimeout(waiting);
    }
  } catch {
    return undefined; // nothing listens there, or not for long
  }
}

/** What it says first, byte by byte as characters; nothing where it hangs up. */
async function firstBytes(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(64);
  const length = await connection.read(buffer).catch(() => null) ?? 0;
  return String.fromCharCode(...buffer.subarray(0, length));
}

/** A peer that knows nothing of tick: a raw TCP socket that speaks SUB and PUB, and decimal numbers without headers. */

import { Log } from "./log.ts";

export interface BareMessage {
  subject: string;
  body: string;
  /** The header lines as they came, where it asked for them. */
  headers: string;
  /** When it arrived, in ms of `performance.now()`. */
  atMs: number;
}

export interface BarePeer extends Disposable {
  publish(subject: string, body: string, times?: number): Promise<void>;
  /** Every message on the subjects it was opened with. */
  messages: Log<BareMessage>;
}

/**
 * Connects and subscribes; once it resolves, the server has the subscriptions.
 *
 * @param headers asks for them, which makes of the bare peer one that listens in
 */
export async function barePeer(
  address: string,
  subjects: string[],
  { headers = false } = {},
): Promise<BarePeer> {
  const [hostname, port] = address.split(":");
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const messages = new Log<BareMessage>();
  const subscribed = Promise.withResolvers<void>();

  async function write(text: string) {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
  }

  /** Takes in whole messages from the start of the text; returns what is left. */
  function takeIn(text: string, atMs: number): string {
    for (let end; (end = text.indexOf("\r\n")) >= 0;) {
      const [verb, ...words] = text.slice(0, end).split(" ");
      let next = end + 2;
      if (verb === "MSG" || verb === "HMSG") {
        const length = Number(words.at(-1));
        const bodyAt = next + (verb === "HMSG" ? Number(words.at(-2)) : 0);
        if (text.length < next + length + 2) break;
        const body = text.slice(bodyAt, next + length);
        messages.push({ subject: words[0], body, headers: text.slice(next, bodyAt), atMs });
        next += length + 2;
      } else if (verb === "PING") write("PONG\r\n").catch(() => {});
      else if (verb === "PONG") subscribed.resolve();
      else if (verb === "-ERR") throw new Error(`the server says ${words.join(" ")}`);
      text = text.slice(next);
    }
    return text;
  }

  async function readAll() {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65_536);
    let text = "";
    for (let length; (length = await connection.read(buffer)) !== null;) {
      const atMs = performance.now();
      text = takeIn(text + decoder.decode(buffer.subarray(0, length), { stream: true }), atMs);
    }
  }

  readAll().catch(subscribed.reject).finally(() => messages.end());
  await write(`CONNECT {"verbose":false,"pedantic":false,"headers":${headers}}\r\n`);
  for (const [sid, subject] of subjects.entries()) await write(`SUB ${subject} ${sid}\r\n`);
  await write("PING\r\n");
  await subscribed.promise;
  return {
    messages,
    publish: (subject, body, times = 1) =>
      write(`PUB ${subject} ${body.length}\r\n${body}\r\n`.repeat(times)),
    [Symbol.dispose]: () => connection.close(),
  };
}

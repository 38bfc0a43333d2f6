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
  /** Bytes of any kind, with a block of headers of any kind where one is given. */
  send(subject: string, body: Uint8Array, headers?: Uint8Array): Promise<void>;
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

  const write = (text: string) => writeBytes(new TextEncoder().encode(text));

  /** One after the other, or else an answer to a PING would stand in the middle of a message. */
  let written = Promise.resolve();
  function writeBytes(bytes: Uint8Array): Promise<void> {
    return written = written.then(async () => {
      while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
    });
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
    send(subject, body, headers = new Uint8Array()) {
      const { length } = headers;
      const sizes = length > 0 ? `${length} ${length + body.length}` : body.length;
      const line = `${length > 0 ? "HPUB" : "PUB"} ${subject} ${sizes}\r\n`;
      const parts = [new TextEncoder().encode(line), headers, body, new Uint8Array([13, 10])];
      const message = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      parts.reduce((at, part) => (message.set(part, at), at + part.length), 0);
      return writeBytes(message);
    },
    [Symbol.dispose]: () => connection.close(),
  };
}

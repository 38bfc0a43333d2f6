/** A peer that knows nothing of tick: a raw TCP socket that speaks SUB and PUB, and decimal numbers without headers. */

export interface BareMessage {
  subject: string;
  body: string;
  /** When it arrived, in ms of `performance.now()`. */
  atMs: number;
}

export interface BarePeer extends Disposable {
  publish(subject: string, body: string): Promise<void>;
  /** Every message on the subjects it was opened with, in their order. */
  messages: AsyncGenerator<BareMessage>;
}

/** Connects and subscribes; once it resolves, the server has the subscriptions. */
export async function barePeer(address: string, subjects: string[]): Promise<BarePeer> {
  const [hostname, port] = address.split(":");
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const encoder = new TextEncoder();
  const write = async (text: string) => {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
  };
  const subscribed = Promise.withResolvers<void>();

  async function* messages(): AsyncGenerator<BareMessage> {
    let text = "";
    for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
      const atMs = performance.now();
      text += chunk;
      for (let end; (end = text.indexOf("\r\n")) >= 0;) {
        const [verb, subject, , length] = text.slice(0, end).split(" ");
        if (verb === "MSG") {
          const body = text.slice(end + 2, end + 2 + Number(length));
          if (text.length < end + 4 + Number(length)) break;
          text = text.slice(end + 4 + Number(length));
          yield { subject, body, atMs };
          continue;
        }
        text = text.slice(end + 2);
        if (verb === "PING") await write("PONG\r\n");
        if (verb === "PONG") subscribed.resolve();
        if (verb === "-ERR") throw new Error(`the server says ${subject}`);
      }
    }
  }

  const stream = messages();
  const first = stream.next();
  await write('CONNECT {"verbose":false,"pedantic":false}\r\n');
  for (const [sid, subject] of subjects.entries()) await write(`SUB ${subject} ${sid}\r\n`);
  await write("PING\r\n");
  await Promise.race([subscribed.promise, first]);
  return {
    publish: (subject, body) => write(`PUB ${subject} ${body.length}\r\n${body}\r\n`),
    messages: (async function* () {
      const { value, done } = await first;
      if (!done) yield value;
      yield* stream;
    })(),
    [Symbol.dispose]() {
      first.catch(() => {});
      try {
        connection.close();
      } catch { /* the stream has closed it */ }
    },
  };
}

/** A TCP connection without a network, in place of Deno.connect's: both ends in one hand, to the microtask. */

import { greeting } from "./fake_server.ts";

export interface FakeConnection extends Disposable {
  /** All that was written so far. */
  written(): string;
  /** Waits until this was written, from a character on; returns where it ends. */
  writes(text: string, from?: number): Promise<number>;
  /** The read under way returns with this, or the next one. */
  brings(text: string): void;
  /** The read after all that was brought fails with this. */
  breaks(error: Error): void;
  /** How many connections were closed. */
  closed: number;
}

export function fakeConnection(): FakeConnection {
  const real = Deno.connect;
  let written = "";
  let wrote = Promise.withResolvers<void>();
  let reading: ((read: string | Error) => void) | undefined;
  const brought: (string | Error)[] = [];

  const connection = {
    setNoDelay() {},
    async read(buffer: Uint8Array) {
      const text = brought.shift() ??
        await new Promise<string | Error>((resolve) => reading = resolve);
      if (text instanceof Error) throw text;
      return new TextEncoder().encodeInto(text, buffer).written || null;
    },
    write(bytes: Uint8Array) {
      written += new TextDecoder().decode(bytes);
      wrote.resolve();
      wrote = Promise.withResolvers();
      return Promise.resolve(bytes.length);
    },
    close() {
      fake.closed++;
      fake.brings(""); // the end
    },
  };
  function next(read: string | Error) {
    const resolve = reading;
    reading = undefined;
    if (resolve) resolve(read);
    else brought.push(read);
  }

  const fake: FakeConnection = {
    closed: 0,
    written: () => written,
    async writes(text, from = 0) {
      while (!written.includes(text, from)) await wrote.promise;
      return written.indexOf(text, from) + text.length;
    },
    brings: next,
    breaks: next,
    [Symbol.dispose]() {
      Deno.connect = real;
    },
  };
  Deno.connect = (() => Promise.resolve(connection)) as unknown as typeof Deno.connect;
  return fake;
}

/** Lets the client in that connects next. */
export async function letClientIn(fake: FakeConnection): Promise<void> {
  fake.brings(greeting());
  await fake.writes("PING\r\n");
  fake.brings("PONG\r\n");
}

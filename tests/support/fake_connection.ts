/** A TCP connection without a network, in place of Deno.connect's: both ends in one hand, to the microtask. */

import { greeting } from "./fake_server.ts";

export interface FakeConnection extends Disposable {
  /** All that was written so far. */
  written(): string;
  /** Waits until this was written, from a character on; returns where it ends. */
  writes(text: string, from?: number): Promise<number>;
  /** The read under way returns with this, or the next one. */
  brings(text: string): void;
  /** How many connections were closed. */
  closed: number;
}

export function fakeConnection(): FakeConnection {
  const real = Deno.connect;
  let written = "";
  let wrote = Promise.withResolvers<void>();
  let reading: ((text: string) => void) | undefined;
  const brought: string[] = [];

  const connection = {
    setNoDelay() {},
    async read(buffer: Uint8Array) {
      const text = brought.shift() ??
        await new Promise<string>((resolve) => reading = resolve);
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
  const fake: FakeConnection = {
    closed: 0,
    written: () => written,
    async writes(text, from = 0) {
      while (!written.includes(text, from)) await wrote.promise;
      return written.indexOf(text, from) + text.length;
    },
    brings(text) {
      const resolve = reading;
      reading = undefined;
      if (resolve) resolve(text);
      else brought.push(text);
    },
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

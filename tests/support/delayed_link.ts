/** A TCP link to a server that adds a known delay to each direction. */

import { type MonoUs, systemClock as clock } from "../../lib/time/clock.ts";
import { exactSleeper } from "../../lib/time/exact_sleeper.ts";
import type { Sleeper } from "../../lib/time/sleeper.ts";

export interface DelayedLink extends Disposable {
  /** host:port to connect to. */
  address: string;
  /** Added on the way to the server. */
  upUs: number;
  /** Added on the way from the server. */
  downUs: number;
  /** What was really added to each piece on the way to the server, and when it went on: this machine's own noise is in it. */
  held: { atUs: MonoUs; heldUs: number }[];
}

export function delayedLink(target: string): DelayedLink {
  const [hostname, port] = target.split(":");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets = new Set<Deno.TcpConn>();
  const link: DelayedLink = {
    address: `127.0.0.1:${listener.addr.port}`,
    upUs: 0,
    downUs: 0,
    held: [],
    [Symbol.dispose]() {
      listener.close();
      sockets.forEach(close);
    },
  };

  function close(socket: Deno.TcpConn) {
    if (sockets.delete(socket)) socket.close();
  }

  /** Reads at once and writes later, so that the delay of one piece doesn't add to that of the next. */
  async function copy(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    delayUs: () => number,
    onHeld = (_heldUs: number, _atUs: MonoUs) => {},
  ) {
    /** Without bytes, it is the end. */
    const waiting: { readUs: number; delayUs: number; bytes?: Uint8Array }[] = [];
    let more = Promise.withResolvers<void>();

    async function write() {
      using stack = new DisposableStack();
      // A thread, which on a busy machine takes longer to start than a login may: only where there is a delay.
      let sleeper: Sleeper | undefined;
      while (true) {
        const next = waiting.shift();
        if (next) {
          if (next.delayUs > 0) {
            sleeper ??= stack.use(exactSleeper(clock));
            await sleeper.until(next.readUs + next.delayUs as MonoUs);
          }
          if (!next.bytes) return;
          const atUs = clock.monoUs();
          onHeld(atUs - next.readUs, atUs);
          for (let bytes = next.bytes; bytes.length > 0;) {
            bytes = bytes.subarray(await to.write(bytes));
          }
        } else {
          await more.promise;
          more = Promise.withResolvers();
        }
      }
    }

    async function read() {
      const buffer = new Uint8Array(65_536);
      for (let length; (length = await from.read(buffer)) !== null;) {
        waiting.push({
          readUs: clock.monoUs(),
          delayUs: delayUs(),
          bytes: buffer.slice(0, length),
        });
        more.resolve();
      }
      waiting.push({ readUs: clock.monoUs(), delayUs: delayUs() });
      more.resolve();
    }

    try {
      await Promise.all([read(), write()]);
    } catch { /* one of the two is closed: so is the other */ }
    waiting.unshift({ readUs: 0, delayUs: 0 });
    more.resolve();
    close(from);
    close(to);
  }

  async function serve() {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname, port: Number(port) }).catch(() => undefined);
      if (server === undefined) {
        client.close(); // the server is gone
        continue;
      }
      for (const socket of [client, server]) {
        socket.setNoDelay(true);
        sockets.add(socket);
      }
      copy(
        client,
        server,
        () => link.upUs,
        (heldUs, atUs) => void link.held.push({ atUs, heldUs }),
      );
      copy(server, client, () => link.downUs);
    }
  }

  serve();
  return link;
}

/** Passes bytes between clients and a server on, and counts the frames in them. */

import type { Frames } from "./frames.ts";

export interface Tap extends AsyncDisposable {
  /** Where clients connect. */
  address: string;
}

export function tap(server: string, frames: Frames): Tap {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const [hostname, port] = server.split(":");

  async function pass(from: Deno.TcpConn, to: Deno.TcpConn) {
    const count = frames.reader();
    const writer = to.writable.getWriter();
    for await (const bytes of from.readable) {
      await writer.write(bytes);
      count(bytes);
    }
    await writer.close();
  }

  async function serve(client: Deno.TcpConn) {
    client.setNoDelay();
    const upstream = await Deno.connect({ hostname, port: Number(port) });
    upstream.setNoDelay();
    for (const end of [client, upstream]) open.add(end);
    await Promise.allSettled([pass(client, upstream), pass(upstream, client)]);
    for (const end of [client, upstream]) open.delete(end);
  }

  async function accept() {
    const served: Promise<void>[] = [];
    for await (const client of listener) served.push(serve(client));
    await Promise.allSettled(served);
  }

  const accepting = accept();
  return {
    address: `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const end of open) {
        try {
          end.close();
        } catch { /* its end has closed it */ }
      }
      await accepting;
    },
  };
}

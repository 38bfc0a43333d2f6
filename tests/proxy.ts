/** A TCP link to a broker that a test can cut, freeze and mend. */

export interface Proxy extends Disposable {
  /** host:port to connect to. */
  address: string;
  /** Closes every connection, and takes no more. */
  cut(): void;
  /** Takes connections again; a new proxy does so only once it is opened. */
  open(): void;
  /** Lets nothing through, and closes nothing. */
  freeze(): void;
  thaw(): void;
}

export function proxy(target: string): Proxy {
  const [hostname, port] = target.split(":");
  let listener: Deno.TcpListener | undefined = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const own = listener.addr.port;
  listener.close();
  listener = undefined;
  const connections = new Set<Deno.TcpConn>();
  let gate = Promise.withResolvers<void>();
  gate.resolve();

  function close(connection: Deno.TcpConn) {
    if (connections.delete(connection)) connection.close();
  }

  async function copy(from: Deno.TcpConn, to: Deno.TcpConn) {
    const buffer = new Uint8Array(65_536);
    try {
      for (let length; (length = await from.read(buffer)) !== null;) {
        await gate.promise;
        let bytes = buffer.subarray(0, length);
        while (bytes.length > 0) bytes = bytes.subarray(await to.write(bytes));
      }
    } catch { /* one of the two is closed: so is the other */ }
    close(from);
    close(to);
  }

  async function serve(listener: Deno.TcpListener) {
    for await (const client of listener) {
      connections.add(client);
      try {
        const server = await Deno.connect({ hostname, port: Number(port) });
        connections.add(server);
        client.setNoDelay(true);
        server.setNoDelay(true);
        copy(client, server);
        copy(server, client);
      } catch {
        close(client); // the broker is gone
      }
    }
  }

  function cut() {
    listener?.close();
    listener = undefined;
    connections.forEach(close);
  }

  return {
    address: `127.0.0.1:${own}`,
    cut,
    open() {
      listener = Deno.listen({ hostname: "127.0.0.1", port: own });
      serve(listener);
    },
    freeze: () => void (gate = Promise.withResolvers()),
    thaw: () => gate.resolve(),
    [Symbol.dispose]() {
      gate.resolve();
      cut();
    },
  };
}

/** A server that is killed, frozen and started again at its address. */

import { freePort } from "./free_port.ts";
import { freeze } from "./freeze.ts";
import type { NatsServer } from "./nats_server.ts";

export interface Restartable extends AsyncDisposable {
  /** host:port to connect to. */
  readonly address: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Resolves once it stands still. */
  freeze(): Promise<void>;
  thaw(): void;
}

/**
 * Starts a server, and again each time it is restarted, on one port: no connection is given it while the server is
 * down.
 *
 * @throws what `start` throws
 */
export async function restartable(
  start: (port: number) => Promise<NatsServer>,
): Promise<Restartable> {
  let server = await start(freePort());
  const { address } = server;
  return {
    address,
    async kill() {
      Deno.kill(server.pid, "SIGKILL");
      await server.ended;
    },
    async restart() {
      server = await start(Number(address.split(":")[1]));
    },
    freeze: () => freeze(server.pid),
    thaw: () => Deno.kill(server.pid, "SIGCONT"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A nats-server with JetStream, to be killed, frozen and started again on what it has stored. */

import { startNatsServer } from "./nats_server.ts";

export interface JetStreamServer extends AsyncDisposable {
  /** host:port to connect to. */
  readonly address: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** A server with JetStream, in a folder of its own that is gone with it. */
export async function startJetStream(
  command: string,
  args: string[] = [],
): Promise<JetStreamServer> {
  const folder = await Deno.makeTempDir({ prefix: "tick-jetstream-" });
  const start = (port?: number) => startNatsServer(command, ["-js", "-sd", folder, ...args], port);
  let server = await start();
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
    freeze: () => Deno.kill(server.pid, "SIGSTOP"),
    thaw: () => Deno.kill(server.pid, "SIGCONT"),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

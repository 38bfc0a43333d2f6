/** A nats-server with JetStream, to be killed, frozen and started again on what it has stored. */

import { startNatsServer } from "./nats_server.ts";
import { type Restartable, restartable } from "./restartable.ts";

/** A server with JetStream, in a folder of its own that is gone with it. */
export async function startJetStream(
  command: string,
  args: string[] = [],
): Promise<Restartable> {
  const folder = await Deno.makeTempDir({ prefix: "tick-jetstream-" });
  const server = await restartable((port) =>
    startNatsServer(command, ["-js", "-sd", folder, ...args], port)
  );
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

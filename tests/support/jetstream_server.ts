/** A nats-server with JetStream of a test's own. */

import { startJetStream as start } from "../../lib/demo/jetstream_server.ts";
import type { Restartable } from "../../lib/demo/restartable.ts";
import { natsServer, needsNatsServer } from "./nats_server.ts";

/** For a test of what needs it: ignored where it can't be started. */
export const needsJetStream = needsNatsServer;

export async function startJetStream(args: string[] = []): Promise<Restartable> {
  return await start(await natsServer(), args);
}

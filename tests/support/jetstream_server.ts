/** A nats-server with JetStream of a test's own. */

import { type JetStreamServer, startJetStream as start } from "../../lib/demo/jetstream_server.ts";
import { natsServer, needsNatsServer } from "./nats_server.ts";

export type { JetStreamServer };

/** For a test of what needs it: ignored where it can't be started. */
export const needsJetStream = needsNatsServer;

export async function startJetStream(args: string[] = []): Promise<JetStreamServer> {
  return await start(await natsServer(), args);
}

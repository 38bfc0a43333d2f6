/** A nats-streaming-server of a test's own. */

import {
  CLUSTER,
  findStan,
  type StanServer,
  type StanServerOptions,
  startStan as start,
} from "../../lib/demo/stan_server.ts";

export { CLUSTER };

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
const command = canRun ? await findStan() : undefined;

/** For a test of what only a nats-streaming-server can: ignored where there is none. */
export const needsStan = { ignore: command === undefined };

export async function startStan(options: StanServerOptions = {}): Promise<StanServer> {
  return await start(command!, options);
}

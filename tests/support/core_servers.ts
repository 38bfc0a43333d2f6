/** The servers that core NATS is tested on: the stand-in, and a nats-server where one is found and may be run. */

import { startStandIn } from "../../lib/demo/stand_in.ts";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";

export interface CoreServer extends AsyncDisposable {
  /** host:port to connect to. */
  readonly address: string;
}

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
const command = canRun ? await findNatsServer() : undefined;

interface Kind {
  name: string;
  ignore: boolean;
  start(): Promise<CoreServer>;
}

const KINDS: Kind[] = [
  { name: "stand-in", ignore: false, start: () => Promise.resolve(startStandIn()) },
  {
    name: "nats-server",
    ignore: command === undefined,
    start: () => startNatsServer(command!),
  },
];

/** One test on each kind of server, with a server of its own. */
export function testOnEach(
  name: string,
  test: (server: CoreServer, step: Deno.TestContext) => Promise<void>,
) {
  for (const kind of KINDS) {
    Deno.test({
      name: `${kind.name}: ${name}`,
      ignore: kind.ignore,
      async fn(step) {
        await using server = await kind.start();
        await test(server, step);
      },
    });
  }
}

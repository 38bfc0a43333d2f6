/** Makes sure of a nats-server for the tests: installs Debian's where there is none and that can be done. */

import { findNatsServer, HOW_TO_GET_ONE, installNatsServer } from "../../lib/demo/nats_server.ts";

if (!await findNatsServer() && !await installNatsServer(console.error)) {
  console.error(HOW_TO_GET_ONE);
  Deno.exit(1);
}

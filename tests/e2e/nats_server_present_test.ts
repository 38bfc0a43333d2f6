import { natsServer, needsBroker, needsRun, SHARED } from "../support/nats_server.ts";

Deno.test("server() has a NATS server to use", async () => {
  if (needsBroker.ignore) {
    // A text and no Error: whoever forgot the server needs one line, and no stack.
    throw `no NATS server answers at ${SHARED}: start \`nats-server\`, or run \`deno task test\``;
  }
  if (!needsRun.ignore) await natsServer();
});

import assert from "node:assert/strict";
import { answers, startNatsServer } from "../../lib/demo/nats_server.ts";
import { freePort, natsServer, needsNatsServer } from "../support/nats_server.ts";
import { deadline } from "../support/deadline.ts";
import { processes } from "../support/processes.ts";

Deno.test("startNatsServer() waits until the server listens", needsNatsServer, async () => {
  await using server = await startNatsServer(await natsServer());
  assert.ok(await answers(server.address));
});

Deno.test(
  "startNatsServer() starts each server on a port of its own",
  needsNatsServer,
  async () => {
    await using one = await startNatsServer(await natsServer());
    await using other = await startNatsServer(await natsServer());
    assert.notEqual(one.address, other.address);
  },
);

Deno.test("startNatsServer() takes the port it is given", needsNatsServer, async () => {
  const port = freePort();
  await using server = await startNatsServer(await natsServer(), [], port);
  assert.equal(server.address, `127.0.0.1:${port}`);
});

Deno.test(
  "startNatsServer() stops the server when it is disposed of",
  needsNatsServer,
  async () => {
    const server = await startNatsServer(await natsServer());
    await server[Symbol.asyncDispose]();
    assert.ok(!(await processes()).some(({ pid }) => pid === server.pid));
    assert.equal(await answers(server.address), false);
  },
);

Deno.test("startNatsServer() tells when the server has ended", needsNatsServer, async () => {
  await using server = await startNatsServer(await natsServer());
  Deno.kill(server.pid, "SIGKILL");
  await deadline(10_000, "end", server.ended);
});

Deno.test(
  "startNatsServer() says what kept the server from listening",
  needsNatsServer,
  async () => {
    await using first = await startNatsServer(await natsServer());
    const port = Number(first.address.split(":")[1]);
    await assert.rejects(
      async () => await startNatsServer(await natsServer(), [], port),
      /address already in use/,
    );
  },
);

Deno.test("answers() is false where nothing listens", async () => {
  assert.equal(await answers(`127.0.0.1:${freePort()}`), false);
});

Deno.test("answers() is false for a server that is no NATS server", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = answers(`127.0.0.1:${listener.addr.port}`);
  using connection = await listener.accept();
  await connection.write(new TextEncoder().encode("SSH-2.0-x\r\n"));
  assert.equal(await answering, false);
});

Deno.test("answers() is false for a server that says nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = answers(`127.0.0.1:${listener.addr.port}`);
  using _connection = await listener.accept();
  assert.equal(await deadline(10_000, "answer", answering), false);
});

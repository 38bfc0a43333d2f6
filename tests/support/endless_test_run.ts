/** A test that never ends, on a server and with an app of its own: for the test that interrupts a run of it. */

import { startApp } from "./app.ts";
import { broker } from "./nats_server.ts";

Deno.test("an app ticks until the run is interrupted", async () => {
  await using server = await broker();
  await using app = startApp("app1.ts", ["--server", server.address]);
  await app.err.find("connection", ({ text }) => text.includes("connected"), { withinMs: 60_000 });
  console.log("running");
  await app.ended(3_600_000);
});

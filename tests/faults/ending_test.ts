/** Ctrl-C and SIGTERM at any moment: the end within a second and a half, always, with a true summary. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { control } from "../support/control.ts";
import { freePort, needsRun, startServer } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import { type JsonObject, lasting } from "../support/pair.ts";

const END_MS = 1500;
/** A hundred in all three places. */
const MOMENTS = LONG ? 34 : 4;

/** Numbers from 0 to 1 that are the same each time: Park and Miller's generator. */
function* seeded(seed: number): Generator<number, never> {
  while (true) {
    seed = seed * 48_271 % 2_147_483_647;
    yield seed / 2_147_483_647;
  }
}

type Where = "on a server" | "while dialling" | "with a frozen server";

for (const where of ["on a server", "while dialling", "with a frozen server"] as Where[]) {
  Deno.test(
    `Ctrl-C and SIGTERM ${where} at ${MOMENTS} moments: the end within ${END_MS} ms`,
    needsRun,
    async () => {
      const random = seeded(20_261_124);
      await using server = await startServer();
      const address = where === "while dialling" ? `127.0.0.1:${freePort()}` : server.address;
      const tookMs: number[] = [];
      for (let n = 0; n < MOMENTS; n++) {
        using peer = where === "on a server" ? await barePeer(address, ["app1_tick"]) : undefined;
        await using app = startApp("app1.ts", ["--server", address, "--json"]);
        // From the first sign of life on: before it, the process is Deno's and the signal means death.
        await app.err.find("first event", () => true);
        if (where === "with a frozen server") Deno.kill(server.pid, "SIGSTOP");
        await lasting(random.next().value * (LONG ? 1000 : 400));
        using measured = control();
        const startMs = performance.now();
        app.kill(n % 2 === 0 ? "SIGINT" : "SIGTERM");
        const code = await app.ended();
        const took = performance.now() - startMs;
        tookMs.push(took);
        // Beside what a process takes here just now that does nothing but start and end.
        const bareMs = performance.now();
        await using bare = startApp("app1.ts", ["--version"]);
        assert.equal(await bare.ended(), 0);
        const limitMs = END_MS + measured.slackMs() + 4 * (performance.now() - bareMs);
        assert.ok(took <= limitMs, `${took} ms, not ${limitMs}`);
        if (where === "with a frozen server") Deno.kill(server.pid, "SIGCONT");
        assert.equal(code, 1, "nothing was received");
        const { schedule }: JsonObject = JSON.parse(app.out.items.at(-1)!.text);
        assert.equal(schedule.slots, schedule.sent + schedule.unsent + schedule.skipped);
        if (!peer) continue;
        // Each tick it says it has sent is there, before what is sent after its end.
        await peer.publish("app1_tick", "0");
        const sent = await peer.messages.find("own message", ({ body }) => body === "0");
        assert.equal(sent, schedule.sent);
      }
      console.log(`${where}: ended after ${Math.max(...tookMs).toFixed(0)} ms at max`);
    },
  );
}

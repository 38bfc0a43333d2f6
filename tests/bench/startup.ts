/** How long it takes from `deno task app1` to its first tick on the bus: deno task bench-startup */

import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { barePeer } from "../support/bare_peer.ts";

const RUNS = 20;
const command = await findNatsServer();
if (!command) throw new Error("there is no nats-server");
await using server = await startNatsServer(command);
const tookMs: number[] = [];
for (let run = -1; run < RUNS; run++) { // the first one warms the cache
  using peer = await barePeer(server.address, ["app1_tick"]);
  const startMs = performance.now();
  const app = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "app1"],
    env: { NATS_URL: server.address },
    stdout: "null",
    stderr: "null",
  }).spawn();
  const first = await peer.messages.find("first tick", () => true);
  if (run >= 0) tookMs.push(peer.messages.items[first].atMs - startMs);
  app.kill("SIGTERM");
  await app.status;
}
tookMs.sort((a, b) => a - b);
const [min, median, most] = [0, RUNS / 2, RUNS - 1].map((i) => tookMs[i].toFixed(0));
console.log(
  `start to first tick over ${RUNS} runs: min ${min}, median ${median}, max ${most} ms`,
);

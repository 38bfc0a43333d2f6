/** What is acknowledged outlives the server's death in a file, and not in memory: what tests/bench/durability.ts shows. */

import assert from "node:assert/strict";
import { findBuses } from "../../lib/demo/found.ts";
import { killAgainAndAgain } from "../bench/kills.ts";
import { needsJetStream } from "../support/jetstream_server.ts";

/** Of one kill, with the receiver away. */
async function killedOnce(name: string, quietMs?: number) {
  const { start, stores } = (await findBuses()).find((bus) => bus.name === name)!;
  await using bus = await start();
  return await killAgainAndAgain(bus, { kills: 1, stores, quietMs });
}

Deno.test("JetStream loses nothing of a file that it acknowledged", needsJetStream, async () => {
  const { acknowledged, acknowledgedAndLost } = await killedOnce("JetStream, file");
  assert.ok(acknowledged >= 250, `${acknowledged} acknowledged`);
  assert.equal(acknowledgedAndLost, 0);
});

Deno.test("JetStream in memory does, and each of those is seen", needsJetStream, async () => {
  const { acknowledgedAndLost } = await killedOnce("JetStream, memory", 1000);
  assert.ok(acknowledgedAndLost >= 50, `${acknowledgedAndLost} acknowledged and lost`);
});

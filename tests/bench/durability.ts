/**
 * Kills the server of each bus that stores, again and again while ticks go both ways, and prints what became of them:
 * of what was acknowledged nothing may be lost where it is stored durably. Exits with 1 where something is known to be.
 *
 * deno run --allow-net --allow-run --allow-read --allow-write --allow-env=NATS_STREAMING_SERVER
 *   tests/bench/durability.ts [KILLS [NAME]]
 */

import { figuresOf } from "../../lib/compare/figures.ts";
import { startPair } from "../../lib/compare/pair.ts";
import { findBuses } from "../../lib/demo/found.ts";
import { timeout } from "../../lib/time/wait.ts";

const KILLS = Number(Deno.args[0] ?? 20);
const ONLY = Deno.args[1] ?? "";
/** Between two kills, so that what was stored can be received. */
const UP_MS = 2000;

const buses = (await findBuses()).filter(({ stores, name }) => stores && name.includes(ONLY));
const heads = ["bus", "kills", "received", "lost", "unsent", "acknowledged and lost", "verdict"];
console.log(`| ${heads.join(" | ")} |\n|${heads.map((_, i) => i ? "--:" : "---").join("|")}|`);
let failed = false;
for (const { start, name } of buses) {
  await using bus = await start();
  await using pair = await startPair(bus.args);
  for (let kills = 0; kills < KILLS; kills++) {
    await timeout(UP_MS);
    await bus.crash!();
  }
  await timeout(2 * UP_MS);
  const lines = await pair.end();
  const { lost, unsent, ackLost, ackLostMax } = figuresOf(lines);
  const peers = lines.flatMap((line) => line.peers as { sequence: { received: number } }[]);
  const received = peers.reduce((total, { sequence }) => total + sequence.received, 0);
  const least = ackLost ?? NaN;
  const range = least === ackLostMax ? `${least}` : `${least} to ${ackLostMax}`;
  // Which of the ticks were acknowledged isn't in the summaries: only where none was lost is it certain.
  const broken = bus.keeps === true && !(least === 0);
  failed ||= broken;
  const kept = ackLostMax === 0 ? "ok" : "none known; the max not excluded";
  const verdict = broken ? "FAIL" : bus.keeps ? kept : "in memory only";
  console.log(`| ${[name, KILLS, received, lost, unsent, range, verdict].join(" | ")} |`);
}
Deno.exit(failed ? 1 : 0);

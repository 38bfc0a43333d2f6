/**
 * Kills the server of each bus again and again (kill -9) while 100 ticks a second are sent, starts it again on what it
 * has stored, and prints what became of each tick: of what was acknowledged none may be lost where it is stored in
 * files. What is in memory is the control: it shows that a loss is seen. Exits with 1 where one was acknowledged and
 * lost in spite of a file, or where the control shows none.
 *
 * It is the process that is killed, not the machine: what the server has handed to the system survives. JetStream
 * syncs its files every two minutes only (`sync_interval`), so a power cut may take more.
 *
 * deno run --allow-net --allow-run --allow-read --allow-write --allow-env
 *   tests/bench/durability.ts [KILLS [NAME]]
 */

import { findBuses } from "../../lib/demo/found.ts";
import { killAgainAndAgain } from "./kills.ts";

const kills = Number(Deno.args[0] ?? 20);
const only = Deno.args[1] ?? "";

const heads = ["bus", "kills", "sent", "acknowledged", "acknowledged and lost", "lost"];
heads.push("unsent", "longest outage, s");
console.log(`| ${heads.join(" | ")} |\n|${heads.map((_, i) => i ? "--:" : "---").join("|")}|`);
let failed = false;
for (const { start, name, stores } of await findBuses()) {
  if (!name.includes(only)) continue;
  await using bus = await start();
  if (!bus.crash) continue; // it stores nothing
  const row = await killAgainAndAgain(bus, { kills, stores });
  const { sent, acknowledged, acknowledgedAndLost, lost, unsent, longestOutageS } = row;
  const acked = row.acknowledges ? [acknowledged, acknowledgedAndLost] : ["-", "-"];
  failed ||= bus.keeps ? acknowledgedAndLost > 0 : lost === 0;
  const cells = [name, kills, sent, ...acked, lost, unsent, longestOutageS.toFixed(1)];
  console.log(`| ${cells.join(" | ")} |`);
}
Deno.exit(failed ? 1 : 0);

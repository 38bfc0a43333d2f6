/**
 * A mesh over three servers in a cluster, which are killed and frozen at random, and whose route a2–a3 is slow now and
 * then, for `--minutes` (10 where it isn't given), the same each time for the same `--seed`. Ends with 1 where a sum
 * isn't exact: slots = before + received + lost + unsent + skipped of each path, and the slots are those of its sender.
 */

import { parseArgs } from "@std/cli/parse-args";
import { resultOf, startMesh } from "../support/mesh.ts";
import { assertSums } from "../support/mesh_sums.ts";
import { lasting } from "../support/pair.ts";
import { seeded } from "../support/simulation.ts";
import { startClusters } from "./clusters.ts";

const args = parseArgs(Deno.args, { string: ["minutes", "seed"] });
const minutes = Number(args.minutes ?? 10);
const seed = Number(args.seed ?? 20_261_126);
const random = seeded(seed);
const between = (from: number, to: number) => from + random() * (to - from);

await using clusters = await startClusters();
const { nodes } = clusters;
const mesh = startMesh([nodes.map(({ address }) => address).join(",")]);
let isOver = false;
mesh.ended.then(() => isOver = true);
await mesh.line(({ event }) => event === "connected");

const either = () => nodes[Math.floor(random() * nodes.length)];
const FAULTS: Record<string, () => Promise<void>> = {
  async "server killed"() {
    const node = either();
    Deno.kill(node.server.pid, "SIGKILL");
    await node.server.ended;
    await lasting(between(0, 5000));
    await clusters.restart(node);
  },
  async "two servers killed"() {
    const first = either();
    const two = nodes.filter((node) => node !== first);
    two.forEach(({ server }) => Deno.kill(server.pid, "SIGKILL"));
    await Promise.all(two.map(({ server }) => server.ended));
    await lasting(between(0, 3000));
    for (const node of two) await clusters.restart(node);
  },
  async "server frozen"() {
    const { pid } = either().server;
    Deno.kill(pid, "SIGSTOP");
    await lasting(between(50, 4000));
    Deno.kill(pid, "SIGCONT");
  },
  async "route slow"() {
    clusters.slow(between(1000, 100_000));
    await lasting(between(500, 5000));
    clusters.slow(0);
  },
};

const counts: Record<string, number> = {};
const endMs = performance.now() + minutes * 60_000;
while (performance.now() < endMs && !isOver) {
  const names = Object.keys(FAULTS);
  const name = names[Math.floor(random() * names.length)];
  counts[name] = (counts[name] ?? 0) + 1;
  await FAULTS[name]();
  await lasting(between(0, 3000));
}

mesh.kill("SIGTERM");
const { code, lines, err } = await mesh.ended;
console.log(
  err.split("\n").slice(err.split("\n").findIndex((line) => line.startsWith("---"))).join("\n"),
);
console.log(`seed ${seed}, ${minutes} min, faults: ${JSON.stringify(counts)}`);
const result = resultOf(lines);
for (const { from, to, slots, before, received, lost, unsent, skipped } of result.paths) {
  const sum = `${before} + ${received} + ${lost} + ${unsent} + ${skipped}`;
  console.log(`${from} -> ${to}: ${slots} = ${sum} (before, received, lost, not sent, missed)`);
}
assertSums(result);
if (code !== 0) throw new Error(`the mesh has ended with ${code}`);
console.log("every sum is exact");

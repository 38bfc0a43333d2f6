/**
 * What the figures and their output cost: the CPU time of two apps with everything on, as a ratio to two
 * that only send and hear, in turn and in one run. Linux only.
 */

import { findNatsServer, startNatsServer } from "../../lib/nats_server.ts";

const ROUNDS = 5;
const WARM_UP_MS = 3000;
const MEASURED_MS = 10_000;
const TICKS_PER_S = 100; // what the kernel counts a process's time in

const command = await findNatsServer();
if (!command) throw new Error("there is no nats-server");
await using server = await startNatsServer(command);

const everything = (n: number) => [
  `app${n}.ts`,
  ...["--server", server.address, "--json", "--every", "1s", "--expect", "p99<1s"],
];
const plain = (n: number) => [
  "tests/bench/plain_app.ts",
  ...[server.address, `plain${n}`, `plain${3 - n}`],
];

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function cpuMs(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / TICKS_PER_S;
}

/** The CPU time of a pair of apps, in ms a second, once they run steadily. */
async function costOf(args: (n: number) => string[]): Promise<number> {
  const apps = [1, 2].map((n) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-net", ...args(n)],
      cwd: new URL("../..", import.meta.url),
      stdout: "piped",
      stderr: "null",
    }).spawn()
  );
  const read = apps.map(async ({ stdout }) => {
    for await (const _ of stdout);
  });
  const all = async () =>
    (await Promise.all(apps.map(({ pid }) => cpuMs(pid)))).reduce((a, b) => a + b);
  await wait(WARM_UP_MS);
  const before = await all();
  const startMs = performance.now();
  await wait(MEASURED_MS);
  const cost = (await all() - before) / (performance.now() - startMs) * 1000;
  for (const app of apps) app.kill("SIGTERM");
  await Promise.all([...read, ...apps.map(({ status }) => status)]).catch(() => {});
  return cost;
}

const ratios: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const [full, bare] = [await costOf(everything), await costOf(plain)];
  ratios.push(full / bare);
  console.log(
    `everything on ${full.toFixed(0)} ms/s, send and hear only ${bare.toFixed(0)} ms/s: ` +
      `ratio ${(full / bare).toFixed(2)}`,
  );
}
ratios.sort((a, b) => a - b);
console.log(`median ratio ${ratios[Math.floor(ROUNDS / 2)].toFixed(2)}`);

/**
 * What the statistics and their output cost: the CPU time of two apps with everything on, as a ratio to two
 * that only send, receive and watch their link, all four at once. Linux only.
 */

import { APP_FLAGS } from "../../lib/demo/app_flags.ts";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";

const ROUNDS = 5;
const WARM_UP_MS = 10_000;
const MEASURED_MS = 30_000;

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

/** Of all its threads, as the scheduler counts it: to the nanosecond, where a process's own times are in ticks of 10 ms. */
async function cpuMs(pid: number): Promise<number> {
  let ns = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const stat = await Deno.readTextFile(`/proc/${pid}/task/${name}/schedstat`).catch(() => "0");
    ns += Number(stat.split(" ")[0]);
  }
  return ns / 1e6;
}

/** Two apps, whose CPU time so far is known at any time. */
function startPair(args: (n: number) => string[]) {
  const apps = [1, 2].map((n) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...APP_FLAGS, ...args(n)],
      cwd: new URL("../..", import.meta.url),
      stdout: "piped",
      stderr: "null",
    }).spawn()
  );
  const read = apps.map(async ({ stdout }) => {
    for await (const _ of stdout);
  });
  return {
    cpuMs: async () =>
      (await Promise.all(apps.map(({ pid }) => cpuMs(pid)))).reduce((a, b) => a + b),
    async [Symbol.asyncDispose]() {
      for (const app of apps) app.kill("SIGTERM");
      await Promise.all([...read, ...apps.map(({ status }) => status)]);
    },
  };
}

const ratios: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  await using full = startPair(everything);
  await using bare = startPair(plain);
  const both = () => Promise.all([full.cpuMs(), bare.cpuMs()]);
  await wait(WARM_UP_MS);
  const before = await both();
  await wait(MEASURED_MS);
  const [fullMs, bareMs] = (await both()).map((ms, i) => (ms - before[i]) / (MEASURED_MS / 1000));
  ratios.push(fullMs / bareMs);
  console.log(
    `everything on ${fullMs.toFixed(0)} ms/s, send and receive only ${bareMs.toFixed(0)} ms/s: ` +
      `ratio ${(fullMs / bareMs).toFixed(2)}`,
  );
}
ratios.sort((a, b) => a - b);
console.log(`median ratio ${ratios[Math.floor(ROUNDS / 2)].toFixed(2)}`);

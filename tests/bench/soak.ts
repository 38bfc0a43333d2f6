/**
 * Two apps for a long time, one hour unless the argument says otherwise (like `5m`): nothing may be lost,
 * and memory may not grow. Linux only.
 */

import { APP_FLAGS } from "../../lib/demo/app_flags.ts";
import { readDurationUs } from "../../lib/text/duration.ts";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";

const [duration = "1h"] = Deno.args;
const minutes = readDurationUs(duration) / 60e6;
const SAMPLE_MS = 10_000;
/** Until the heap has found its size: it grows for a quarter of an hour, and then stays. */
const WARM_UP_MS = minutes / 4 * 60_000;

const command = await findNatsServer();
if (!command) throw new Error("there is no nats-server");
await using server = await startNatsServer(command);

interface Sample {
  atMin: number;
  rssMb: number;
}

const startMs = performance.now();
const apps = [1, 2].map((n) => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", ...APP_FLAGS, new URL(`../../app${n}.ts`, import.meta.url).href],
      ...["--server", server.address, "--duration", duration, "--json", "--quiet"],
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return { name: `app${n}`, child, samples: [] as Sample[] };
});

async function rssMb(pid: number): Promise<number> {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(await Deno.readTextFile(`/proc/${pid}/status`))!;
  return Number(kb) / 1024;
}

/** Least squares, in MB an hour. */
function slope(samples: Sample[]): number {
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(samples.map(({ atMin }) => atMin)), mean(samples.map(({ rssMb }) => rssMb))];
  const covered = samples.reduce((sum, s) => sum + (s.atMin - x) * (s.rssMb - y), 0);
  return 60 * covered / samples.reduce((sum, s) => sum + (s.atMin - x) ** 2, 0);
}

const sampling = setInterval(async () => {
  for (const { child, samples } of apps) {
    const atMin = (performance.now() - startMs) / 60_000;
    samples.push({ atMin, rssMb: await rssMb(child.pid).catch(() => NaN) });
  }
}, SAMPLE_MS);

const summaries = await Promise.all(apps.map(async ({ child }) => {
  const lines = (await new Response(child.stdout).text()).trimEnd().split("\n");
  await child.status;
  return JSON.parse(lines.at(-1)!);
}));
clearInterval(sampling);

for (const [i, { name, samples }] of apps.entries()) {
  const { schedule, peers: [peer] } = summaries[i];
  const steady = samples.filter(({ atMin, rssMb }) =>
    atMin * 60_000 > WARM_UP_MS && !Number.isNaN(rssMb)
  );
  const { slots, received, lost, unsent, skipped } = peer.sequence;
  console.log(
    `${name}: ${
      minutes.toFixed(0)
    } min, sent ${schedule.sent} of ${schedule.slots} slots, skipped ` +
      `${schedule.skipped}; received ${received} of ${slots}, lost ${lost}, unsent ${unsent}, skipped ${skipped}; ` +
      `delay p50 ${peer.delay.p50} s, p99.9 ${peer.delay.p99_9} s; ` +
      `memory ${steady.at(0)?.rssMb.toFixed(1)} to ${steady.at(-1)?.rssMb.toFixed(1)} MB, ` +
      `${slope(steady).toFixed(2)} MB an hour`,
  );
}

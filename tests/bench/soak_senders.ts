/**
 * One observer of many senders for a long time, with its page as the service has it: nothing may be lost, and memory
 * may not grow. A line each minute says how it stands, so that a run that is broken off has something to say. Linux
 * only.
 *
 *     deno run -A tests/bench/soak_senders.ts [--senders N] [--interval TIME] [--duration TIME]
 */

import { parseArgs } from "node:util";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { readDurationUs } from "../../lib/text/duration.ts";
import { atRest } from "./observe.ts";
import { buildSenders } from "./peers.ts";
import { type Cost, costOf, cpuMsBetween, endWithUs, type Program, start } from "./process.ts";
import { until, wait } from "./wait.ts";

const { values } = parseArgs({
  options: {
    senders: { type: "string", default: "500" },
    interval: { type: "string", default: "10ms" },
    duration: { type: "string", default: "1h" },
  },
});
const durationS = readDurationUs(values.duration) / 1e6;
const SAMPLE_S = 10;
const LINE_S = 60;
/** Until the heap has found its size. */
const WARM_UP = 1 / 4;
/** What the observer publishes, and the senders echo. */
const SUBJECT = "observer.tick";
/** Of what it prints: its summary is in the last ones. */
const MAX_PIECES = 4096;
const ROOT = new URL("../..", import.meta.url).pathname;

interface Sample {
  atS: number;
  rssMb: number;
}

/** So far, as its metrics have it. */
type Counts = Record<"received" | "lost" | "unread", number>;

interface Standing {
  atS: number;
  cost: Cost;
  counts?: Counts;
  healthy?: boolean;
}

/** Nothing where it doesn't answer, which ends no run. */
async function textAt(url: string): Promise<{ ok: boolean; text: string } | undefined> {
  try {
    const response = await fetch(url);
    return { ok: response.ok, text: await response.text() };
  } catch {
    return undefined;
  }
}

async function countsAt(page: string): Promise<Counts | undefined> {
  const { text } = await textAt(`${page}metrics`) ?? {};
  if (text === undefined) return undefined;
  const count = (name: string) =>
    Number(new RegExp(`^tick_all_${name}_total (\\S+)$`, "m").exec(text)![1]);
  return { received: count("received"), lost: count("lost"), unread: count("unread") };
}

/** What a minute brought; of the counts, what came since they were known last. */
function lineOf(before: Standing, now: Standing, known: Counts): string {
  const { counts, healthy } = now;
  const ms = (now.atS - before.atS) * 1000;
  const more = (name: keyof Counts) => `${name} ${counts![name] - known[name]}`;
  return [
    `${(now.atS / 60).toFixed(1).padStart(5)} min`,
    `${now.cost.rssMb.toFixed(1)} MB`,
    `${(cpuMsBetween(before.cost, now.cost) / ms * 100).toFixed(0)} % of a core`,
    ...(counts ? (["received", "lost", "unread"] as const).map(more) : ["no metrics"]),
    healthy === undefined ? "no answer to a health check" : healthy ? "healthy" : "NOT HEALTHY",
  ].join(", ");
}

async function flagsOfService(): Promise<string[]> {
  const unit = await Deno.readTextFile(`${ROOT}lib/service/tick-observer.service`);
  return /^ExecStart=(.*)$/m.exec(unit)![1].split(" ")
    .filter((word) => /^--(v8-flags|allow-\w+)/.test(word));
}

/** Least squares, in MB an hour. */
function slope(samples: Sample[]): number {
  const mean = (all: number[]) => all.reduce((a, b) => a + b, 0) / all.length;
  const [x, y] = [mean(samples.map(({ atS }) => atS)), mean(samples.map(({ rssMb }) => rssMb))];
  const covered = samples.reduce((sum, s) => sum + (s.atS - x) * (s.rssMb - y), 0);
  return 3600 * covered / samples.reduce((sum, s) => sum + (s.atS - x) ** 2, 0);
}

const textOf = ({ output }: Program) => output.map(({ text }) => text).join("");

const command = await findNatsServer();
if (!command) throw new Error("there is no nats-server");
const scratch = await Deno.makeTempDir();
try {
  const generator = await buildSenders(scratch);
  await using server = await startNatsServer(command);
  endWithUs(server.pid);
  const flags = await flagsOfService();
  const options = ["--publish", SUBJECT, "--subscribe", "*", "--quiet", "--json", "--http", "0"];
  await using observer = start(
    [
      Deno.execPath(),
      "run",
      "--quiet",
      ...flags,
      "app1.ts",
      "--server",
      server.address,
      ...options,
    ],
    ROOT,
    MAX_PIECES,
  );
  await until("observer", () => textOf(observer).includes('"event":"connected"'));
  const page = /"url":"([^"]+)"/.exec(textOf(observer))![1];
  const intervalUs = readDurationUs(values.interval);
  await using load = start(
    [generator, server.address, values.senders, intervalUs, durationS, SUBJECT].map(String),
  );
  const samples: Sample[] = [];
  const startMs = performance.now();
  const atS = () => (performance.now() - startMs) / 1000;
  const standing = async (): Promise<Standing> => {
    const [cost, counts] = [await costOf(observer.pid), await countsAt(page)];
    const health = await textAt(`${page}healthz`);
    return { atS: atS(), cost, counts, healthy: health?.ok };
  };
  let before = await standing();
  let known: Counts = { received: 0, lost: 0, unread: 0 };
  while (atS() < durationS) {
    await wait(Math.min(SAMPLE_S, durationS / 20));
    samples.push({ atS: atS(), rssMb: (await costOf(observer.pid)).rssMb });
    if (atS() - before.atS < LINE_S) continue;
    const now = await standing();
    console.log(lineOf(before, now, known));
    before = now;
    known = now.counts ?? known;
  }
  await until("report of the senders", () => textOf(load).endsWith("}\n"));
  const { sent, skipped } = JSON.parse(textOf(load));
  await atRest(observer.pid, server.address);
  await wait(2); // what is lost is known to be so after one second
  await observer.end();
  const { peers } = JSON.parse(textOf(observer).trimEnd().split("\n").at(-1)!);
  const sum = (name: string) =>
    peers.reduce(
      (all: number, { sequence }: { sequence: Record<string, number> }) => all + sequence[name],
      0,
    );
  const [slots, received, lost, unread] = ["slots", "received", "lost", "unread"].map(sum);
  const [unsent, missed] = ["unsent", "skipped"].map(sum);
  const isExact = received + lost + unread === sent &&
    slots === received + lost + unread + unsent + missed;
  const steady = samples.slice(Math.floor(samples.length * WARM_UP));
  console.log(
    `${values.senders} senders every ${values.interval} for ${values.duration}: sent ${sent}, skipped ` +
      `${skipped}; received ${received}, lost ${lost}, not read in time ${unread}, unsent ${unsent}, ` +
      `missed ${missed} of ${slots} slots: ${isExact ? "exact" : "NOT EXACT"}`,
  );
  console.log(
    `memory ${steady[0].rssMb.toFixed(1)} MB after a quarter, ${
      steady.at(-1)!.rssMb.toFixed(1)
    } MB at the end, max ${Math.max(...samples.map(({ rssMb }) => rssMb)).toFixed(1)} MB, ` +
      `${slope(steady).toFixed(2)} MB an hour`,
  );
} finally {
  await Deno.remove(scratch, { recursive: true });
}

/**
 * What an observer of many senders takes in a Prometheus: bytes and series of a scrape, and bytes a sample once a
 * block is written, by a real one that scrapes it. Also how far the clocks' bounds are with so many. Linux only.
 *
 *     deno run -A tests/bench/prometheus_bytes.ts [--senders N] [--interval TIME] [--observer TIME]
 *         [--every TIME] [--block TIME] [--minutes N]
 */

import { parseArgs } from "node:util";
import config from "../../deno.json" with { type: "json" };
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { readDurationUs } from "../../lib/text/duration.ts";
import { buildSenders } from "./peers.ts";
import { costOf, endWithUs, run, start } from "./process.ts";
import { percentile } from "./statistics.ts";
import { until, wait } from "./wait.ts";

const { values: given } = parseArgs({
  options: {
    senders: { type: "string", default: "1000" },
    interval: { type: "string", default: "100ms" },
    observer: { type: "string", default: "1s" },
    /** Between two scrapes. */
    every: { type: "string", default: "5s" },
    /** A block is written once so much and a half is there: two hours and a half can't be waited for. */
    block: { type: "string", default: "4m" },
    minutes: { type: "string", default: "10" },
  },
});
const minutes = Number(given.minutes);
const ROOT = new URL("../..", import.meta.url).pathname;
const OBSERVER = "observer.tick";
const MIB = 2 ** 20;

const command = await findNatsServer();
if (!command) throw new Error("there is no nats-server");
const scratch = await Deno.makeTempDir();
try {
  const generator = await buildSenders(scratch);
  await using server = await startNatsServer(command);
  endWithUs(server.pid);
  const flags = config.tasks["app1:many"].command.split(" ").slice(2, -1);
  const app = [Deno.execPath(), "run", "--quiet", ...flags, "app1.ts", "--server", server.address];
  const options = ["--publish", OBSERVER, "--subscribe", "*", "--interval", given.observer];
  await using observer = start(
    [...app, ...options, "--quiet", "--json", "--http", "0"],
    ROOT,
    4096,
  );
  const textOf = () => observer.output.map(({ text }) => text).join("");
  await until("observer", () => textOf().includes('"event":"connected"'));
  const page = /"url":"([^"]+)"/.exec(textOf())![1];
  await using load = start(
    [
      generator,
      server.address,
      given.senders,
      readDurationUs(given.interval),
      minutes * 60 + 30,
      OBSERVER,
    ].map(String),
  );
  await wait(10);

  await Deno.writeTextFile(
    `${scratch}/prometheus.yml`,
    `global: { scrape_interval: ${given.every} }
scrape_configs: [{ job_name: tick, static_configs: [{ targets: ["${new URL(page).host}"] }] }]
`,
  );
  const data = `${scratch}/data`;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  listener.close();
  await using prometheus = start([
    ...["prometheus", `--config.file=${scratch}/prometheus.yml`, `--storage.tsdb.path=${data}`],
    ...["min", "max"].map((which) => `--storage.tsdb.${which}-block-duration=${given.block}`),
    ...[`--web.listen-address=${address}`, "--log.level=error"],
  ]);
  for (let minute = 1; minute <= minutes; minute++) {
    await wait(60);
    await look(minute, page, address, observer.pid, prometheus.pid);
  }
  for await (const { name, isDirectory } of Deno.readDir(data)) {
    if (isDirectory && name.length === 26) await block(`${data}/${name}`);
  }
  await load.end();
  await observer.end();
  await prometheus.end();
} finally {
  await Deno.remove(scratch, { recursive: true });
}

async function look(minute: number, page: string, address: string, ...pids: number[]) {
  const fromMs = performance.now();
  const text = await (await fetch(`${page}metrics`)).text();
  const tookMs = performance.now() - fromMs;
  const samples = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const peers = Number(/^tick_peers (\d+)$/m.exec(text)![1]);
  const named = samples.filter((line) => line.startsWith("tick_received_total{")).length;
  const ofPeers = samples.filter((line) => line.includes("subject="));
  const lengths = ofPeers.reduce((sum, line) => sum + line.length + 1, 0);
  const bounds = samples.filter((line) => line.startsWith("tick_clock_offset_bound_seconds{"))
    .map((line) => Number(line.split(" ").at(-1)) * 1000);
  const [observer, prometheus] = await Promise.all(pids.map((pid) => costOf(pid)));
  const own = await (await fetch(`http://${address}/metrics`)).text();
  const head = (name: string) => Number(new RegExp(`^${name} (\\S+)`, "m").exec(own)?.[1]);
  console.log(JSON.stringify({
    minute,
    peers,
    named,
    scrapeBytes: text.length,
    scrapeMs: Math.round(tookMs),
    series: samples.length,
    seriesAPeer: ofPeers.length / named,
    bytesAPeer: Math.round(lengths / named),
    boundMs: [50, 99, 100].map((percent) => percentile(bounds, percent).toFixed(2)),
    bounds: bounds.length,
    observerMb: Math.round(observer.rssMb),
    prometheusMb: Math.round(prometheus.rssMb),
    headSeries: head("prometheus_tsdb_head_series"),
    appended: head('prometheus_tsdb_head_samples_appended_total\\{type="float"\\}') ||
      head("prometheus_tsdb_head_samples_appended_total"),
  }));
}

/** What is on disk of a block: its chunks, and its index. */
async function block(path: string) {
  const { stats } = JSON.parse(await Deno.readTextFile(`${path}/meta.json`));
  const bytesOf = async (name: string) =>
    Number((await run(["du", "-sb", `${path}/${name}`])).split("\t")[0]);
  const [chunks, index] = [await bytesOf("chunks"), await bytesOf("index")];
  console.log(
    `block: ${stats.numSamples} samples of ${stats.numSeries} series, ` +
      `${(stats.numSamples / stats.numSeries).toFixed(1)} each; chunks ${
        (chunks / MIB).toFixed(1)
      } MiB, ` +
      `${(chunks / stats.numSamples).toFixed(2)} bytes a sample; index ` +
      `${(index / stats.numSeries).toFixed(0)} bytes a series`,
  );
}

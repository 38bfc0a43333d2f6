/**
 * One observer of many senders: what it receives, loses and costs, row by row, on one nats-server. A control in
 * the same run says how long the way takes without it. Linux only.
 *
 *     deno task bench senders [COUNT@INTERVAL_MS[+json|+http] …] [--seconds S] [--json] [--keep DIRECTORY]
 */

import { parseArgs } from "@std/cli/parse-args";
import { findNatsServer, HOW_TO_GET_ONE, startNatsServer } from "../../lib/demo/nats_server.ts";
import { UsageError } from "../../lib/text/usage_error.ts";
import { observe, type Row, type Seen } from "./observe.ts";
import { buildSenders } from "./peers.ts";
import { endWithUs } from "./process.ts";
import { exponentOf } from "./statistics.ts";
import { grid } from "./table.ts";

/** More than 100,000 ticks a second are left to whoever asks for them. */
const ROWS = [
  ...["10@10", "100@10", "500@10", "500@10+json", "500@10+http", "1000@10"],
  ...["10@100", "100@100", "500@100", "1000@100", "2000@100", "5000@100"],
];
const SECONDS = 20;

function optionsOf(args: string[]) {
  const given = parseArgs(args, {
    string: ["seconds", "keep"],
    boolean: ["json"],
    default: { seconds: String(SECONDS) },
    unknown(arg: string) {
      if (arg.startsWith("-")) throw new UsageError(`unknown option ${arg}`);
    },
  });
  const seconds = Number(given.seconds);
  if (!(seconds >= 3)) throw new UsageError("--seconds needs a number from 3 up");
  const written = given._.map(String);
  const rows = (written.length > 0 ? written : ROWS).map(rowOf);
  return { rows, seconds, json: given.json, keep: given.keep as string | undefined };
}

function rowOf(written: string): Row {
  const [, count, ms, also] = /^(\d+)@(\d+(?:\.\d+)?)(?:\+(json|http))?$/.exec(written) ?? [];
  if (!(Number(count) > 0 && Number(ms) > 0)) {
    throw new UsageError(
      `invalid row ${
        JSON.stringify(written)
      }: expected COUNT@INTERVAL_MS, and +json or +http, as 500@10+json`,
    );
  }
  return { count: Number(count), intervalMs: Number(ms), also: also as Row["also"] };
}

export async function benchSenders(args: string[]) {
  const { rows, seconds, json, keep } = optionsOf(args);
  const command = await findNatsServer();
  if (!command) throw new UsageError(`there is no nats-server; to get it: ${HOW_TO_GET_ONE}`);
  const scratch = await Deno.makeTempDir();
  try {
    const senders = await buildSenders(scratch);
    const seen: Seen[] = [];
    for (const row of rows) {
      console.error(`${row.count} senders, every ${row.intervalMs} ms`);
      await using server = await startNatsServer(command);
      endWithUs(server.pid);
      const { address: at, pid } = server;
      seen.push(await observe(row, { senders, server: at, serverPid: pid, seconds, keep }));
    }
    const load = Deno.loadavg()[0];
    if (json) console.log(JSON.stringify({ seconds, cores: navigator.hardwareConcurrency, seen }));
    else {
      console.log(`${tableText(seen)}\n\n${growthText(seen)}`);
      console.log(`${navigator.hardwareConcurrency} cores, load ${load.toFixed(1)}.`);
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function tableText(seen: Seen[]): string {
  const counts = ["sent", "received", "lost", "not read", "at the end"];
  const heads = ["senders", "every, ms", "ticks/s", ...counts];
  const more = ["CPU %", "µs/tick", "RSS, MB", "delay p50, ms", "p99", "way p50", "p99"];
  const generator = ["late p99", "its CPU %", "server CPU %"];
  return grid([[...heads, ...more, ...generator], ...seen.map(cells)]);
}

function cells(seen: Seen): string[] {
  const ms = (us: number) => (us / 1000).toFixed(1);
  const { row, sent, received, lost, unread, leftUnread } = seen;
  const name = `${row.count}${row.also === undefined ? "" : `, ${NAMES[row.also]}`}`;
  return [
    ...[name, String(row.intervalMs), String(Math.round(seen.perSecond))],
    ...[sent, received, lost, unread, leftUnread].map(String),
    ...[seen.cpuPercent.toFixed(0), (seen.cpuPercent * 1e4 / seen.perSecond).toFixed(1)],
    ...[seen.rssMb.toFixed(0), ...[seen.delayUs.p50, seen.delayUs.p99].map(ms)],
    ...[seen.wayUs.p50, seen.wayUs.p99, seen.lateUs.p99].map(ms),
    ...[seen.sendersCpuPercent.toFixed(0), seen.serverCpuPercent.toFixed(0)],
  ];
}

const NAMES = { json: "JSON", http: "page, metrics" };

/** By how the CPU grows with the count, for each interval: 1 is in proportion. */
function growthText(seen: Seen[]): string {
  const intervals = new Set(seen.map(({ row }) => row.intervalMs));
  return [...intervals].flatMap((ms) => {
    const plain = seen.filter(({ row }) => row.intervalMs === ms && !row.also && row.count >= 100);
    if (plain.length < 2) return [];
    const exponent = exponentOf(plain.map(({ row, cpuPercent }) => [row.count, cpuPercent]));
    const counts = plain.map(({ row }) => row.count);
    return [
      `At ${ms} ms CPU grows as count ^ ${exponent.toFixed(2)}, from ${Math.min(...counts)} to ${
        Math.max(...counts)
      } senders.`,
    ];
  }).join("\n");
}

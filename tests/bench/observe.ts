/** One observer, observed: started beside so many senders, and what it made of them. */

import { costOf, cpuMsBetween, type Program, run, start } from "./process.ts";
import { percentile } from "./statistics.ts";
import { until, wait } from "./wait.ts";

export interface Row {
  count: number;
  intervalMs: number;
  /** What it does besides: prints each tick as JSON, or serves a page that is open, and metrics that are read. */
  also?: "json" | "http";
}

export interface Seen {
  row: Row;
  perSecond: number;
  sent: number;
  received: number;
  lost: number;
  /** What the observer says it could not read in time. */
  unread: number;
  /** What it says may be missing behind what it received last of its senders, at most. */
  leftUnread: number;
  /** Of one core, once all have joined. */
  cpuPercent: number;
  rssMb: number;
  /** The observer's: in the middle of its peers. */
  delayUs: { p50: number; p99: number };
  /** Of one sender's ticks on a connection of the generator's own. */
  wayUs: { p50: number; p99: number };
  /** How late the generator was itself. */
  lateUs: { p50: number; p99: number; max: number };
  sendersCpuPercent: number;
  serverCpuPercent: number;
}

export interface ObserveOptions {
  /** The generator. */
  senders: string;
  server: string;
  serverPid: number;
  seconds: number;
  /** Where what the observer printed goes, and a profile of its CPU. */
  keep?: string;
}

/** Of two parts, as what it receives is of one. */
const SUBJECT = "observer.tick";
/** Until all have joined, and the observer is warm. */
const WARM_UP_S = 5;
const SCRAPE_S = 5;
/** On a machine that is busy, what is measured takes longer. */
const SPARE_S = 3;
/** Of what it prints: its summary is in the last ones. */
const MAX_PIECES = 4096;

export async function observe(row: Row, options: ObserveOptions): Promise<Seen> {
  const { senders, server, serverPid, seconds, keep } = options;
  await using observer = start(observerCommand(row, options), ROOT, MAX_PIECES);
  await until("observer", () => textOf(observer).includes('"event":"connected"'));
  const page = row.also === "http" ? watchPage(pageOf(textOf(observer))) : undefined;
  const { count, intervalMs, also } = row;
  const warmUpS = Math.min(WARM_UP_S, seconds);
  const runS = warmUpS + seconds + SPARE_S;
  await using load = start(
    [senders, server, count, intervalMs * 1000, runS, SUBJECT].map(String),
  );
  await wait(warmUpS);
  const pids = [observer.pid, load.pid, serverPid];
  const costs = () => Promise.all(pids.map((pid) => costOf(pid)));
  const [before, fromMs] = [await costs(), performance.now()];
  await wait(seconds);
  const [after, tookMs] = [await costs(), performance.now() - fromMs];
  const percents = after.map((cost, n) => cpuMsBetween(before[n], cost) / tookMs * 100);
  await until("report of the senders", () => textOf(load).endsWith("}\n"));
  const reported = JSON.parse(textOf(load));
  await atRest(observer.pid, server);
  await page?.[Symbol.asyncDispose]();
  await observer.end();
  const printed = textOf(observer);
  if (keep !== undefined) {
    await Deno.writeTextFile(`${keep}/${count}@${intervalMs}${also ?? ""}.jsonl`, printed);
  }
  const summary = JSON.parse(printed.trim().split("\n").at(-1)!);
  const peers: Peer[] = summary.peers;
  const sum = (of: (peer: Peer) => number) => peers.reduce((sum, peer) => sum + of(peer), 0);
  const middle = (percent: "p50" | "p99") =>
    percentile(peers.map(({ delay, dt }) => (delay ?? dt)[percent] * 1e6), 50);
  return {
    row,
    perSecond: count * 1000 / intervalMs,
    sent: reported.sent,
    received: sum(({ sequence }) => sequence.received),
    lost: sum(({ sequence }) => sequence.lost),
    unread: sum(({ sequence }) => sequence.unread ?? 0),
    leftUnread: summary.leftUnread?.due ?? 0,
    cpuPercent: percents[0],
    rssMb: after[0].rssMb,
    delayUs: { p50: middle("p50"), p99: middle("p99") },
    wayUs: reported.wayUs,
    lateUs: reported.lateUs,
    sendersCpuPercent: percents[1],
    serverCpuPercent: percents[2],
  };
}

interface Peer {
  sequence: Record<"received" | "lost" | "unread", number>;
  delay?: Record<"p50" | "p99", number>;
  dt: Record<"p50" | "p99", number>;
}

/** One that has taken in all that was sent has little to do, and nothing waits for it; one that is behind gets so many seconds. */
const AT_REST_PERCENT = 25;
const MAX_BEHIND_S = 60;

export async function atRest(pid: number, server: string) {
  let before = await costOf(pid);
  for (let s = 0; s < MAX_BEHIND_S; s++) {
    await wait(1);
    const now = await costOf(pid);
    const isIdle = cpuMsBetween(before, now) / 10 < AT_REST_PERCENT;
    // On a machine that is busy otherwise it may get no more than that, with all of it still to be read.
    if (isIdle && await queuedBytes(server) === 0) return;
    before = now;
  }
}

/** What the system holds for either end of a server's connections. */
async function queuedBytes(server: string): Promise<number> {
  const port = Number(server.split(":").at(-1)).toString(16).toUpperCase().padStart(4, "0");
  const lines = (await run(["cat", "/proc/net/tcp"])).split("\n").map((line) =>
    line.trim().split(/\s+/)
  );
  return lines
    .filter(([, local, remote, state]) =>
      state === "01" && [local, remote].some((end) => end.endsWith(`:${port}`))
    )
    .flatMap(([, , , , queues]) => queues.split(":"))
    .reduce((sum, hex) => sum + parseInt(hex, 16), 0);
}

const ROOT = new URL("../..", import.meta.url).pathname;

/** As the task for many peers runs app1, but for what it prints: all of it would be kept here, and only the summary is wanted. */
function observerCommand({ also }: Row, { server, keep }: ObserveOptions): string[] {
  const flags = Deno.readTextFileSync(`${ROOT}deno.json`);
  const command: string = JSON.parse(flags).tasks["app1:many"].command;
  return [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", ...command.split(" ").slice(2, -1)],
    ...(keep === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${keep}`]),
    ...["app1.ts", "--server", server, "--publish", SUBJECT, "--subscribe", "*", "--json"],
    ...(also === "json" ? [] : ["--quiet"]),
    ...(also === "http" ? ["--http", "0"] : []),
  ];
}

function pageOf(text: string): string {
  return /"url":"([^"]+)"/.exec(text)![1];
}

/** A page that is open, and a scrape every few seconds; both are read to their end. */
function watchPage(page: string): AsyncDisposable {
  const ending = new AbortController();
  const { signal } = ending;
  async function events() {
    const { body } = await fetch(`${page}events`);
    const reader = body!.getReader();
    // By the reader: the fetch's own signal was seen not to end a body that was read for some time.
    signal.addEventListener("abort", () => reader.cancel());
    while (!(await reader.read()).done);
  }
  async function metrics() {
    while (!signal.aborted) {
      await (await fetch(`${page}metrics`, { signal })).text();
      await wait(SCRAPE_S);
    }
  }
  const watching = Promise.allSettled([events(), metrics()]);
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await watching;
    },
  };
}

function textOf({ output }: Program): string {
  return output.map(({ text }) => text).join("");
}

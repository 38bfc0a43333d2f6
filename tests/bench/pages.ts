/**
 * What open pages cost an app: one, two and three are alike, each with a peer of its own on one server, but that the
 * first serves no page, the second one that is open, and the third ten. All run at once, so that each has the same
 * machine; a page is what reads it: its file, then its stream of events.
 *
 * deno run --allow-all tests/bench/pages.ts [SECONDS]
 */

import { startApp } from "../support/app.ts";
import { natsServer } from "../support/nats_server.ts";
import { startNatsServer } from "../../lib/demo/nats_server.ts";
import { originOf } from "../support/live.ts";
import { summaryOf } from "../support/pair.ts";
import { costOf, cpuMsBetween } from "./process.ts";
import { wait } from "./wait.ts";

const SECONDS = Number(Deno.args[0] ?? 120);
const WARM_UP_S = 10;

await using stack = new AsyncDisposableStack();
const server = stack.use(await startNatsServer(await natsServer()));
const end = new AbortController();

/** Reads its stream until the end; resolves with how many events a second came. */
async function openPage(origin: string): Promise<number> {
  await (await fetch(origin)).text();
  const { body } = await fetch(`${origin}/events`, { signal: end.signal });
  const fromMs = performance.now();
  let events = 0;
  try {
    for await (const text of body!.pipeThrough(new TextDecoderStream())) {
      events += text.split("\n\n").length - 1;
    }
  } catch {
    // It is ended.
  }
  return events / (performance.now() - fromMs) * 1000;
}

async function startOne(pages: number) {
  const [publish, subscribe] = [`pages${pages}_tick`, `peer${pages}_tick`];
  const args = ["--server", server.address, "--json", "--quiet"];
  const http = pages > 0 ? ["--http", "0"] : [];
  const app = stack.use(
    startApp("app1.ts", [...args, ...http, "--publish", publish, "--subscribe", subscribe]),
  );
  stack.use(startApp("app2.ts", [...args, "--publish", subscribe, "--subscribe", publish]));
  const origin = pages > 0 ? await originOf(app) : "";
  return { pages, app, open: Array.from({ length: pages }, () => openPage(origin)) };
}

const all = await Promise.all([0, 1, 10].map(startOne));
await wait(WARM_UP_S);
const before = await Promise.all(all.map(({ app }) => costOf(app.pid)));
await wait(SECONDS);
const after = await Promise.all(all.map(({ app }) => costOf(app.pid)));
end.abort();
for (const { app } of all) app.kill("SIGTERM");
console.log(
  "| pages open | CPU, % of a core | missed of its slots | received | events a second, each |",
);
console.log(
  "| ---------: | ---------------: | ------------------: | -------: | --------------------: |",
);
for (const [n, { pages, app, open }] of all.entries()) {
  await app.ended();
  const { schedule, peers: [peer] } = summaryOf(app);
  const cpu = cpuMsBetween(before[n], after[n]) / SECONDS / 10;
  const rates = await Promise.all(open);
  const rate = rates.length > 0 ? Math.max(...rates).toFixed(1) : "-";
  const row = [pages, cpu.toFixed(2), schedule.skipped, peer.sequence.received, rate];
  console.log(`| ${row.join(" | ")} |`);
}

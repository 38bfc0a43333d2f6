/**
 * An hour's rolling restarts, watched: a cluster of three servers, of which one is restarted each minute in turn, and
 * app1 with a page in a browser, a Prometheus, a terminal and a report. All of them have to agree with the summary,
 * to the digit: prints a table, and ends with 1 where one doesn't.
 *
 * deno run --allow-all tests/bench/rolling.ts --minutes 60 [--every 60s] [--pictures FOLDER]
 */

import assert from "node:assert/strict";
import { parseArgs } from "@std/cli";
import { readDurationUs } from "../../lib/text/duration.ts";
import { permissionsOf, startApp } from "../support/app.ts";
import { scratch } from "../support/authentication.ts";
import { findChromium, type Page, startChromium } from "../support/chromium.ts";
import { type Cluster, type Node, startCluster } from "../support/cluster.ts";
import { get } from "../support/live.ts";
import { freePort } from "../support/nats_server.ts";
import { assertAccounts, type JsonObject, lasting, summaryOf } from "../support/pair.ts";
import { startOnTerminal } from "../support/on_terminal.ts";
import { svgOf } from "../support/picture.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { costOf } from "./process.ts";
import { until } from "./wait.ts";
import {
  type Figures,
  type Name,
  NAMES,
  ofEnd,
  ofSummary,
  ofText,
  pageWatcher,
  prometheusWatcher,
  reportWatcher,
  terminalWatcher,
  type Watcher,
} from "./watchers.ts";

const args = parseArgs(Deno.args, { string: ["minutes", "every", "pictures"] });
// An hour must not end with a folder that isn't there.
if (args.pictures) await Deno.mkdir(String(args.pictures), { recursive: true });
const RUN_MS = Number(args.minutes ?? 60) * 60_000;
const EVERY_MS = readDurationUs(String(args.every ?? "60s")) / 1000;

/** How a node goes; it is started again as soon as it has ended. */
const WAYS: [name: string, end: (node: Node) => Promise<void>][] = [
  ["lame duck", (node) => ended(node, "SIGUSR2")],
  ["stopped", (node) => ended(node, "SIGTERM")],
  ["hung, killed after 2 s", async (node) => {
    Deno.kill(node.server.pid, "SIGSTOP");
    await lasting(2000);
    await ended(node, "SIGKILL");
  }],
];

async function ended({ server }: Node, signal: Deno.Signal) {
  Deno.kill(server.pid, signal);
  await server.ended;
}

/** One node after the other, and each of them in each way. */
async function restartInTurn(cluster: Cluster): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const startMs = performance.now();
  for (let turn = 0; performance.now() - startMs + EVERY_MS <= RUN_MS; turn++) {
    await lasting(Math.max(0, startMs + (turn + 1) * EVERY_MS - performance.now()));
    const node = cluster.nodes[turn % 3];
    const [name, end] = WAYS[(turn + Math.floor(turn / 3)) % 3];
    console.log(`${new Date().toISOString()} node ${turn % 3}: ${name}`);
    await end(node);
    await cluster.restart(node);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** By who shows it. */
type Shown = Map<string, Figures>;

/** Each has until then to show what came after a moment: a report is written every minute. */
const SHOWN_MS = 90_000;
const LOOK_MS = 200;

/** What each shows once it has all that had been received when it was asked. */
async function shownBy(watchers: Watcher[], summary: JsonObject): Promise<Shown> {
  const expected = ofSummary(summary);
  const shown: Shown = new Map();
  for (const { name, read } of watchers) {
    const untilMs = performance.now() + SHOWN_MS;
    let figures = await read();
    while (
      !(Number(figures.received) >= Number(expected.received)) && performance.now() < untilMs
    ) {
      await lasting(LOOK_MS);
      figures = await read();
    }
    shown.set(name, figures);
  }
  return shown.set("summary", expected);
}

/** Prints them side by side; how many aren't what the summary says. */
function compared(title: string, shown: Shown, names: readonly Name[]): number {
  const expected = shown.get("summary")!;
  let differences = 0;
  const cell = (figures: Figures, name: Name) => {
    const value = figures[name];
    if (value === undefined) return "-";
    if (value === expected[name]) return value;
    differences++;
    return `${value} (!)`;
  };
  const rows = [
    [title, ...shown.keys()],
    ...names.map((name) => [name, ...[...shown.values()].map((figures) => cell(figures, name))]),
  ];
  const widths = rows[0].map((_, at) => Math.max(...rows.map((cells) => cells[at].length)));
  const lines = rows.map((cells) =>
    `| ${cells.map((c, at) => c.padEnd(widths[at])).join(" | ")} |`
  );
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  console.log(`\n${[lines[0], rule, ...lines.slice(1)].join("\n")}`);
  return differences;
}

/** Those that change with each tick; those that an outage which lasts changes. */
const OF_TICKS: Name[] = [
  ...[
    "received",
    "lost",
    "delay p50",
    "delay p99",
    "delay max",
    "delays",
    "delay mean, s",
  ] as const,
];
const OF_OUTAGES: Name[] = ["outages", "longest", "total", "outages, s"];

async function picture(page: Page, path: string) {
  const { cssContentSize: { height } } = await page.command("Page.getLayoutMetrics");
  const clip = { x: 0, y: 0, width: 1200, height: Math.min(height, 4000), scale: 1 };
  const { data } = await page.command("Page.captureScreenshot", {
    ...{ format: "png", captureBeyondViewport: true, clip },
  });
  await Deno.writeFile(path, Uint8Array.from(atob(data), (each) => each.charCodeAt(0)));
}

const chromium = await findChromium();
assert.ok(chromium, "there is no Chromium");
await using stack = new AsyncDisposableStack();
const folder = stack.use(await scratch());
const cluster = stack.use(await startCluster());
const servers = cluster.nodes.map(({ address }) => address).join(",");

const origin = `http://127.0.0.1:${freePort()}`;
const [json, paper] = ["app1.jsonl", "report.html"].map(folder.path);
const app1 = stack.use(
  await startOnTerminal("app1.ts", [
    ...["--server", servers, "--json", "--quiet", "--live", "--http", new URL(origin).port],
    ...["--report", paper],
  ], {
    permissions: permissionsOf("app1:files"),
    columns: 120,
    rows: 48,
    bash: `"$@" >${json}`,
    env: { FORCE_COLOR: "1", NO_COLOR: "" },
  }),
);
await until("connection of app1", async () => {
  const text = await Deno.readTextFile(json).catch(() => "");
  return text.includes('"event":"connected"');
});
const app2 = stack.use(startApp("app2.ts", ["--server", servers, "--json", "--quiet"]));

const page = stack.use(await startChromium(chromium, folder.path("profile")));
await page.open(`${origin}/`);
const prometheus = stack.use(await startPrometheus(new URL(origin).host, "2s"));
const terminal = terminalWatcher(app1);
const report = stack.use(
  reportWatcher(paper, { chromium, profile: folder.path("reader") }),
);
const atOnce = [pageWatcher(page), terminal, prometheusWatcher(prometheus.api)];
const watchers = [...atOnce, report];
const summaryNow = async () => JSON.parse((await get(`${origin}/summary.json`)).text);

const counts = await restartInTurn(cluster);
let differences = 0;

/** Ticks come and go, and no outage lasts, from before all are read until after it. */
async function calm(): Promise<Shown> {
  while (true) {
    const before = await summaryNow();
    const shown = await shownBy(atOnce, before);
    const [was, is] = [before, await summaryNow()].map(({ peers: [{ outages }] }) => outages);
    if (was.open === undefined && is.open === undefined && was.count === is.count) return shown;
    await lasting(LOOK_MS);
  }
}
differences += compared("while ticks come", await calm(), OF_OUTAGES);
if (args.pictures) {
  await page.evaluate(`dispatchEvent(new KeyboardEvent("keydown", { key: "3" }))`);
  await picture(page, `${args.pictures}/page.png`);
  await Deno.writeTextFile(`${args.pictures}/live.svg`, svgOf(await terminal.frame()));
}

app2.kill("SIGTERM");
assert.equal(await app2.ended(), 0);
await until("all of app2's ticks decided", async () => {
  const { peers: [{ sequence }] } = await summaryNow();
  const hasEnded = (await Deno.readTextFile(json)).includes('"event":"peer ended"');
  return hasEnded && sequence.pending === 0;
});
const last = await shownBy(watchers, await summaryNow());
differences += compared("after the peer's end", last, OF_TICKS);

const cost = await costOf(app1.pid);
app1.kill("SIGTERM");
assert.equal(await app1.script.ended(), 0);
await page.until(`document.querySelector("#state").textContent === "ended"`);
const one: JsonObject = JSON.parse((await Deno.readTextFile(json)).trimEnd().split("\n").at(-1)!);
const { frame, summary: text } = ofEnd(app1);
last.set("terminal", frame);
const atEnd: Shown = new Map();
for (const { name, read } of watchers) {
  const figures = name === "page" || name === "report" ? await read() : last.get(name)!;
  // The others had their last look before: what lasts has grown since.
  if (figures === last.get(name)) { for (const each of OF_OUTAGES) delete figures[each]; }
  atEnd.set(name, figures);
}
atEnd.set("text", ofText(text)).set("summary", ofSummary(one));
differences += compared("at the end", atEnd, NAMES);

if (args.pictures) await picture(await report.page(), `${args.pictures}/report.png`);

const words = [[page, "#summary"], [await report.page(), "pre"]] as const;
for (const [shown, where] of words) {
  const said = await shown.evaluate(`document.querySelector("${where}").textContent.trim()`);
  assert.ok(text.endsWith(said), `a page's summary isn't the one printed:\n${said}`);
  assert.deepEqual(shown.errors, []);
}
assert.deepEqual(page.requests.filter((url) => !url.startsWith(`${origin}/`)), []);
const two = summaryOf(app2);
assertAccounts([one, two]);

const { received, lost } = one.peers[0].sequence;
console.log(`\n${text.slice(text.indexOf("--- app1"))}\n`);
console.log(
  `restarts: ${[...counts].map(([name, count]) => `${count} ${name}`).join(", ")}; app2 sent ` +
    `${two.schedule.sent}, app1 received ${received} and lost ${lost}; app1 had ` +
    `${cost.rssMb.toFixed(0)} MB; ${differences} differences`,
);
await stack.disposeAsync();
Deno.exit(differences > 0 ? 1 : 0);

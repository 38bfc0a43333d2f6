/** The mesh's page and metrics. */

import assert from "node:assert/strict";
import { startClusters } from "../bench/clusters.ts";
import { scratch } from "../support/authentication.ts";
import { findChromium, type Page, startChromium } from "../support/chromium.ts";
import {
  allPathsReceived,
  type MeshPath,
  resultOf,
  type RunningMesh,
  startMesh,
} from "../support/mesh.ts";
import { needsNatsServer } from "../support/nats_server.ts";
import { faultsOfMetrics, hasPrometheus } from "../support/prometheus.ts";
import { assertShown, shownPercentile } from "../support/shown.ts";

const chromium = await findChromium();
const needsBoth = { ignore: needsNatsServer.ignore || chromium === undefined };

const needsPromtool = { ignore: needsNatsServer.ignore || !await hasPrometheus() };

async function originOf(mesh: RunningMesh): Promise<string> {
  const { url } = await mesh.line(({ event }) => event === "page");
  return String(url).replace(/\/$/, "");
}

/** Of a path: `p50 / p99` as the grid may have them, by what JSON has. */
function figuresOf({ delay }: MeshPath): string[] {
  const [medians, highs] = [50, 99].map((percent) => shownPercentile(delay, percent));
  return medians.flatMap((p50) => highs.map((p99) => `${p50} / ${p99}`));
}

/** The grid's cells by rows, each without its words. */
async function cellsOf(page: Page): Promise<string[][]> {
  return await page.evaluate(
    `[...document.querySelectorAll("#grid tr")].slice(1).map((row) =>
      [...row.querySelectorAll("td")].map((cell) =>
        [...cell.querySelectorAll("span")].map((each) => each.textContent).join("")))`,
  );
}

Deno.test(
  "the grid has the figures of the JSON, and nothing from elsewhere",
  needsBoth,
  async () => {
    await using clusters = await startClusters();
    const servers = clusters.nodes.map(({ address }) => address);
    const mesh = startMesh(["--http", "0", "--every", "200ms", servers.join(",")]);
    await using folder = await scratch();
    await using page = await startChromium(chromium!, folder.path("profile"));
    const origin = await originOf(mesh);
    await page.open(`${origin}/`);
    await page.until(`[...document.querySelectorAll("#grid td")].length === 9`);
    await allPathsReceived(mesh);
    mesh.kill("SIGTERM");
    const { lines } = await mesh.ended;
    await page.until(`document.querySelector("#state").textContent === "the run has ended"`);
    const { paths } = resultOf(lines);
    const cells = await cellsOf(page);
    for (const path of paths) {
      const shown = cells[servers.indexOf(path.from)][servers.indexOf(path.to)];
      assertShown(shown, figuresOf(path), `${path.from} -> ${path.to}`);
    }
    assert.deepEqual(servers.map((_, at) => cells[at][at]), ["", "", ""]);
    assert.deepEqual(page.errors, []);
    assert.deepEqual(page.requests.filter((url) => !url.startsWith(`${origin}/`)), []);
  },
);

Deno.test("on a phone the page is as wide as the screen", needsBoth, async () => {
  await using clusters = await startClusters();
  const mesh = startMesh(["--http", "0", clusters.nodes.map(({ address }) => address).join(",")]);
  await using folder = await scratch();
  await using page = await startChromium(chromium!, folder.path("profile"));
  const size = { width: 390, height: 844, deviceScaleFactor: 1, mobile: true };
  await page.command("Emulation.setDeviceMetricsOverride", size);
  await page.open(`${await originOf(mesh)}/`);
  await page.until(`[...document.querySelectorAll("#grid td")].length === 9`);
  assert.equal(await page.evaluate(`document.documentElement.scrollWidth`), size.width);
  mesh.kill("SIGTERM");
  await mesh.ended;
});

Deno.test("the page shows a server that is gone by its row and its column", needsBoth, async () => {
  await using clusters = await startClusters();
  const { nodes } = clusters;
  const mesh = startMesh([
    ...["--http", "0", "--every", "200ms"],
    nodes.map(({ address }) => address).join(","),
  ]);
  await using folder = await scratch();
  await using page = await startChromium(chromium!, folder.path("profile"));
  await page.open(`${await originOf(mesh)}/`);
  await page.until(`[...document.querySelectorAll("#grid td")].length === 9`);
  await allPathsReceived(mesh);
  Deno.kill(nodes[1].server.pid, "SIGKILL");
  const heads = `[...document.querySelectorAll("#grid th[data-ill]")].map((head) =>
    head.textContent).join()`;
  await page.until(`${heads} === "a2every path ill,a2every path ill"`);
  assert.match(
    await page.evaluate(`document.querySelector("#verdict").textContent`),
    /server a2: every path from and to it/,
  );
  // In words, too: colour isn't the only carrier.
  const words: string[][] = await page.evaluate(
    `[...document.querySelectorAll("#grid tr")].slice(1).map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.querySelector("small")?.textContent))`,
  );
  for (const [from, to] of [[0, 1], [1, 0], [1, 2], [2, 1]]) assert.notEqual(words[from][to], "");
  mesh.kill("SIGTERM");
  await mesh.ended;
  await page.until(`document.querySelector("#state").textContent === "the run has ended"`);
  assert.deepEqual(page.errors, []);
});

Deno.test(
  "the metrics have every path by from and to, and what each server is",
  needsNatsServer,
  async () => {
    await using clusters = await startClusters();
    const servers = clusters.nodes.map(({ address }) => address);
    const mesh = startMesh(["--http", "0", "--every", "200ms", servers.join(",")]);
    const origin = await originOf(mesh);
    await allPathsReceived(mesh);
    const text = await (await fetch(`${origin}/metrics`)).text();
    for (const [from, sender] of servers.entries()) {
      const { name } = clusters.nodes[from];
      assert.ok(
        text.includes(`tick_server_info{server="${sender}",name="${name}",cluster="a"`),
        text,
      );
      for (const receiver of servers) {
        const labels = `{from="${sender}",to="${receiver}"}`;
        const [, received] = text.split(`tick_received_total${labels} `);
        assert.equal(received === undefined, sender === receiver, labels);
        if (sender !== receiver) assert.ok(text.includes(`tick_delay_seconds_count${labels} `));
      }
    }
    mesh.kill("SIGTERM");
    assert.equal((await mesh.ended).code, 0);
  },
);

Deno.test("promtool finds nothing wrong with the metrics of a mesh", needsPromtool, async () => {
  await using clusters = await startClusters();
  const { nodes } = clusters;
  const servers = nodes.map(({ address }) => address).join(",");
  const mesh = startMesh(["--http", "0", "--every", "200ms", servers]);
  const origin = await originOf(mesh);
  await allPathsReceived(mesh);
  // With an outage, which has metrics of its own.
  Deno.kill(nodes[1].server.pid, "SIGKILL");
  await mesh.line(({ event }) => event === "no ticks");
  await clusters.restart(nodes[1]);
  await mesh.line(({ event, from }) => event === "outage" && from === nodes[1].address);
  const text = await (await fetch(`${origin}/metrics`)).text();
  assert.match(text, /tick_outage_seconds_total\{/);
  assert.equal(await faultsOfMetrics(text), "");
  mesh.kill("SIGTERM");
  assert.equal((await mesh.ended).code, 0);
});

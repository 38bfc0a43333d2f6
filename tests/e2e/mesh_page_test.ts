/** The mesh's page and metrics. */

import assert from "node:assert/strict";
import { startClusters } from "../bench/clusters.ts";
import { scratch } from "../support/authentication.ts";
import { findChromium, startChromium } from "../support/chromium.ts";
import { allPathsReceived, type RunningMesh, startMesh } from "../support/mesh.ts";
import { needsNatsServer } from "../support/nats_server.ts";

const chromium = await findChromium();
const needsBoth = { ignore: needsNatsServer.ignore || chromium === undefined };

async function originOf(mesh: RunningMesh): Promise<string> {
  const { url } = await mesh.line(({ event }) => event === "page");
  return String(url).replace(/\/$/, "");
}

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
  const heads = `[...document.querySelectorAll("#grid th[data-ill]")]`;
  await page.until(`${heads}.length === 2`);
  const shown = await page.evaluate(`${heads}.map((head) => head.textContent)`);
  assert.deepEqual(shown, ["a2every path ill", "a2every path ill"]);
  assert.match(
    await page.evaluate(`document.querySelector("#verdict").textContent`),
    /server a2: every path from and to it/,
  );
  // In words, too: colour isn't the only carrier.
  const words = await page.evaluate(
    `[...document.querySelectorAll("#grid td[data-ill] small")].map((each) => each.textContent)`,
  );
  assert.equal(words.length, 4);
  assert.ok(words.every((text: string) => text !== ""), words.join());
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

/** The live page in a real browser. */

import assert from "node:assert/strict";
import { findChromium, type Page, startChromium } from "../support/chromium.ts";
import { scratch } from "../support/authentication.ts";
import { broker } from "../support/nats_server.ts";
import { endPair, startPair } from "../support/pair.ts";
import { originOf } from "../support/live.ts";
import { assertShown, shownMs, shownPercentile } from "../support/shown.ts";

const chromium = await findChromium();
const needsChromium = { ignore: chromium === undefined };

const tile = (page: Page, id: string) =>
  page.evaluate(
    `["b", "small"].map((each) => document.querySelector("#tile-${id} " + each).textContent)`,
  );

Deno.test(
  "the page shows an outage while it lasts, and at the end what the summary says",
  needsChromium,
  async () => {
    await using server = await broker();
    await using pair = await startPair(server.address, ["--http", "0"]);
    await using folder = await scratch();
    await using page = await startChromium(chromium!, folder.path("profile"));
    const origin = await originOf(pair.app1);
    await page.open(`${origin}/`);
    await page.until(`document.querySelector("#delay canvas") !== null`);
    await page.until(`document.querySelector("#tile-p50 b")?.textContent > "0"`);

    pair.link2.cut();
    await page.until(`document.querySelector("#outages").textContent.includes("lasts")`);
    pair.link2.open();
    await page.until(`/^longest/.test(document.querySelector("#tile-outages small").textContent)`);

    const [{ peers: [peer] }] = await endPair(pair);
    await page.until(`document.querySelector("#state").textContent === "ended"`);
    const { received, lost, pending } = peer.sequence;
    const sent = received + lost + pending;
    assert.equal((await tile(page, "loss"))[1], `${lost} of ${sent} sent, received ${received}`);
    assert.equal((await tile(page, "outages"))[0], String(peer.outages.count));
    assertShown((await tile(page, "p50"))[0], shownPercentile(peer.delay, 50));
    assertShown((await tile(page, "p99"))[0], shownPercentile(peer.delay, 99));
    assertShown((await tile(page, "max"))[0], shownMs(peer.delay.max));
    const text = await page.evaluate(`document.querySelector("#summary").textContent`);
    const said = pair.app1.err.items.map(({ text }) => text).join("\n");
    assert.ok(said.endsWith(text), `${said}\n\nis not\n\n${text}`);
    assert.equal(page.errors[0], undefined);
    assert.deepEqual(page.requests.filter((url) => !url.startsWith(`${origin}/`)), []);
  },
);

Deno.test("keys choose the time shown, pause and theme", needsChromium, async () => {
  await using server = await broker();
  await using pair = await startPair(server.address, ["--http", "0"]);
  await using folder = await scratch();
  await using page = await startChromium(chromium!, folder.path("profile"));
  await page.open(`${await originOf(pair.app1)}/`);
  await page.until(`document.querySelector("#delay canvas") !== null`);
  const key = (key: string) =>
    page.evaluate(`dispatchEvent(new KeyboardEvent("keydown", { key: "${key}" }))`);
  const pressed = (of: string) =>
    page.evaluate(`document.querySelector(${JSON.stringify(of)}).getAttribute("aria-pressed")`);
  await key("3");
  assert.deepEqual([await pressed("[data-window='0']"), await pressed("[data-window='2']")], [
    "false",
    "true",
  ]);
  await key("p");
  assert.equal(await pressed("#pause"), "true");
  const before = await page.evaluate(`document.documentElement.dataset.theme`);
  await key("t");
  assert.notEqual(await page.evaluate(`document.documentElement.dataset.theme`), before);
  assert.equal(page.errors[0], undefined);
});

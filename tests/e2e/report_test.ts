/** `--report` and `deno task report`: pages of a run in one file, also in a real browser, opened from disk. */

import assert from "node:assert/strict";
import { type App, permissionsOf, startApp } from "../support/app.ts";
import { proxy } from "../support/proxy.ts";
import { scratch } from "../support/authentication.ts";
import { findChromium, type Page, startChromium } from "../support/chromium.ts";
import { broker, needsRun } from "../support/nats_server.ts";
import { type JsonObject, nextEvent, nextTick, summaryOf } from "../support/pair.ts";
import { assertShown, shownMs, shownPercentile } from "../support/shown.ts";

const chromium = await findChromium();
const needsChromium = { ignore: chromium === undefined };

const texts = ({ items }: App["out"]) => items.map(({ text }) => text);

function permissionsFor(path: string): string[] {
  const both = `${path},${path}.part`;
  return [...permissionsOf("app1"), `--allow-read=${both}`, `--allow-write=${both}`];
}

/** Two apps, one of them behind a link, of which the other one writes a report, once it has received a tick. */
async function reporting(path: string, args: string[] = []) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await broker());
  const all = ["--server", server.address, "--json", "--report", path, ...args];
  const app = stack.use(startApp("app1.ts", all, { permissions: permissionsFor(path) }));
  const link = stack.use(proxy(server.address));
  link.open();
  const peer = stack.use(startApp("app2.ts", ["--server", link.address, "--quiet"]));
  await nextTick(app, { after: 50 });
  const moved = stack.move();
  return { app, peer, link, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** Runs `deno task report`, with this on its stdin. */
async function made(args: string[], stdin = "") {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "report", ...args],
    cwd: new URL("../..", import.meta.url),
    env: { NO_COLOR: "1" },
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const writer = child.stdin.getWriter();
  // It may end before it has read all.
  const written = writer.write(new TextEncoder().encode(stdin)).then(() => writer.close());
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), written.catch(() => {})]);
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

function assertWhole(page: string, state: RegExp) {
  assert.match(page, /^<!doctype html>/);
  assert.match(page, /<\/html>\s*$/);
  assert.match(/<span id="state"[^>]*>([^<]*)/.exec(page)![1], state);
}

Deno.test(
  "a report is there while the app runs, and says at the end what the summary says",
  needsRun,
  async () => {
    await using folder = await scratch();
    const path = folder.path("run.html");
    await using test = await reporting(path, ["--expect", "loss=0,p50<1us"]);
    assertWhole(await Deno.readTextFile(path), /^running; /);
    test.app.kill("SIGTERM");
    assert.equal(await test.app.ended(), 3);
    const page = await Deno.readTextFile(path);
    assertWhole(page, /^ended; /);
    const { peers: [{ sequence, delay }] } = summaryOf(test.app);
    assert.ok(
      page.includes(
        `${sequence.lost} of ${
          sequence.received + sequence.lost + sequence.pending
        } sent, received ${sequence.received}`,
      ),
    );
    const maxima = shownMs(delay.max).map((max) => `<b>${max}</b>`);
    assert.ok(maxima.some((max) => page.includes(max)), `${maxima}: ${page.match(/<b>.*?<\/b>/g)}`);
    assert.match(page, /<td>FAIL<\/td>\s*<td>p50&lt;1us<\/td>/);
    assert.match(page, /<td>--expect<\/td>\s*<td>loss=0,p50&lt;1us<\/td>/);
    assert.deepEqual([...Deno.readDirSync(folder.path(""))].map(({ name }) => name), ["run.html"]);
  },
);

Deno.test("an app that is killed leaves the last whole report", needsRun, async () => {
  await using folder = await scratch();
  const path = folder.path("run.html");
  await using test = await reporting(path);
  test.app.kill("SIGKILL");
  await test.app.ended();
  assertWhole(await Deno.readTextFile(path), /^running; /);
});

for (const path of ["/nowhere/at/all.html", "/"]) {
  Deno.test(`app1 ends with 2 at once where the report is ${path}`, needsRun, async () => {
    const permissions = permissionsFor(path);
    await using app = startApp("app1.ts", ["--report", path], { permissions });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1);
    assert.match(texts(app.err)[0], /^app1: --report: cannot write "/);
  });
}

Deno.test("app1 ends with 2 where the report can't be written at the end", needsRun, async () => {
  await using folder = await scratch();
  await Deno.mkdir(folder.path("inner"));
  const path = folder.path("inner/run.html");
  await using test = await reporting(path);
  await Deno.remove(folder.path("inner"), { recursive: true });
  test.app.kill("SIGTERM");
  assert.equal(await test.app.ended(), 2);
  const said = texts(test.app.err).filter((line) =>
    line.includes(`--report: cannot write "${path}": No `)
  );
  assert.equal(said.length, 1, texts(test.app.err).join("\n"));
});

Deno.test(
  "the task makes a page of a run's JSON, from stdin and from a file",
  needsRun,
  async () => {
    await using folder = await scratch();
    await using test = await reporting(folder.path("run.html"));
    test.app.kill("SIGTERM");
    assert.equal(await test.app.ended(), 0);
    const json = texts(test.app.out).map((line) => `${line}\n`).join("");
    const path = await folder.write("run.jsonl", json);
    const [piped, named] = [await made([], json), await made([path])];
    assert.deepEqual([piped.code, piped.err, named.code, named.err], [0, "", 0, ""]);
    assert.equal(piped.out, named.out);
    assertWhole(piped.out, /^ended; /);
    // Worded by the same code as what the app wrote itself.
    const summary = (page: string) => /<pre id="summary">([^<]*)/.exec(page)![1];
    assert.equal(summary(piped.out), summary(await Deno.readTextFile(folder.path("run.html"))));
  },
);

Deno.test("the task says in a line what is wrong, and exits 2", needsRun, async () => {
  const bad = '{"v":3,"type":"event","at":1,"event":"own ticks","subject":"a"}\ndt = 0.001\n';
  for (
    const [args, stdin, expected] of [
      [[], bad, /^report: line 2 is not JSON: "dt = 0\.001"\n$/],
      [[], "", /^report: it holds no line of --json\n$/],
      [["/nowhere.jsonl"], "", /^report: cannot read "\/nowhere\.jsonl": .*\n$/],
      [["a", "b"], "", /^report: unexpected argument "b"; see --help\n$/],
      [["--what"], "", /^report: [^\n]*--what[^\n]*\n$/],
    ] as const
  ) {
    const { code, out, err } = await made([...args], stdin);
    assert.deepEqual([code, out], [2, ""], err);
    assert.match(err, expected);
  }
  assert.match((await made(["--help"])).out, /^Makes a page of a run/);
});

/** All numbers of the tiles are those of the summary. */
async function assertTiles(page: Page, { sequence: s, outages, delay, clock }: JsonObject) {
  const tile = (id: string) =>
    page.evaluate(
      `["b", "small"].map((each) => document.querySelector(".tile-${id} " + each).textContent)`,
    );
  const sent = s.received + s.lost + s.pending;
  assert.equal((await tile("loss"))[1], `${s.lost} of ${sent} sent, received ${s.received}`);
  assert.equal((await tile("outages"))[0], String(outages.count));
  assertShown((await tile("p50"))[0], shownPercentile(delay, 50));
  assertShown((await tile("p99"))[0], shownPercentile(delay, 99));
  assertShown((await tile("max"))[0], shownMs(delay.max));
  const [offset, bound] = await tile("offset");
  assertShown(offset, shownMs(clock.offset, 3));
  assertShown(bound, shownMs(clock.bound, 3).map((each) => `ms, ± ${each}`));
}

/** Where something is drawn: how many of the canvas's points are neither clear nor alike. */
const isDrawn = (selector: string) =>
  `(() => {
    const canvas = document.querySelector("${selector}");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, at) => at % 4 === 3 && value > 0);
  })()`;

Deno.test(
  "both reports open from disk in a browser, and ask for nothing",
  needsChromium,
  async () => {
    await using folder = await scratch();
    await using test = await reporting(folder.path("run.html"));
    const { app, peer, link } = test;
    link.cut();
    await nextEvent(app, "no ticks");
    link.open();
    await nextEvent(app, "outage");
    await nextTick(app, { from: app.out.items.length, after: 50 });
    peer.kill("SIGTERM");
    await nextEvent(app, "peer ended");
    app.kill("SIGTERM");
    assert.equal(await app.ended(), 0);
    const { peers: [statistics] } = summaryOf(app);
    const streamed = await made([], texts(app.out).map((line) => `${line}\n`).join(""));
    await folder.write("streamed.html", streamed.out);

    await using page = await startChromium(chromium!, folder.path("profile"));
    for (const name of ["run.html", "streamed.html"]) {
      const url = `file://${folder.path(name)}`;
      await page.open(url);
      await page.until(`document.querySelector(".delay canvas") !== null`);
      await page.until(isDrawn(".delay canvas"));
      await page.until(isDrawn(".histogram"));
      await assertTiles(page, statistics);
      const text = await page.evaluate(`document.querySelector("#summary").textContent`);
      assert.ok(texts(app.err).join("\n").endsWith(text), text);
      const rows = await page.evaluate(`document.querySelectorAll(".outages tbody tr").length`);
      assert.equal(rows, statistics.outages.count);
      // The time that is pointed at is worded below the plot.
      const [x, y] = await page.evaluate(`(() => {
      const over = document.querySelector(".delay .u-over");
      over.scrollIntoView({ block: "center" });
      const { left, top, width, height } = over.getBoundingClientRect();
      return [left + width / 2, top + height / 2];
    })()`);
      for (const by of [0, 3]) {
        await page.command("Input.dispatchMouseEvent", { type: "mouseMoved", x: x + by, y });
      }
      await page.until(`document.querySelector(".under").textContent.includes("count ")`);
      await assertThemes(page);
      await assertNarrow(page);
      assert.deepEqual(page.errors, []);
    }
    const own = ["run.html", "streamed.html"].map((name) => `file://${folder.path(name)}`);
    assert.deepEqual([...new Set(page.requests)].filter((url) => !own.includes(url)), []);
  },
);

Deno.test("nothing that a name holds is run or asked for in a browser", needsChromium, async () => {
  await using folder = await scratch();
  const run = '<img src="http://127.0.0.1:1/" onerror="globalThis.isHarmed = true">';
  const name = `</script><script>globalThis.isHarmed = true</script>${run}`;
  const subject = { subject: name };
  const tick = { v: 3, type: "tick", ...subject, t_sign: 1.7e9, t_real: 1.7e9 + 0.1, dt: 0.1 };
  const { code, out } = await made([], `${JSON.stringify(tick)}\n`);
  assert.equal(code, 0);
  const path = await folder.write("hostile.html", out);
  await using page = await startChromium(chromium!, folder.path("profile"));
  await page.open(`file://${path}`);
  await page.until(`document.querySelector(".delay canvas") !== null`);
  assert.equal(await page.evaluate(`document.querySelector(".peer h2").textContent`), name);
  assert.equal(await page.evaluate(`globalThis.isHarmed`), undefined);
  // What got in all the same would be stopped by the policy.
  await page.evaluate(`document.body.insertAdjacentHTML("beforeend", ${JSON.stringify(run)})`);
  await page.evaluate(`document.body.append(Object.assign(document.createElement("script"), {
    textContent: "globalThis.isHarmed = true",
  }))`);
  assert.equal(await page.evaluate(`globalThis.isHarmed`), undefined);
  assert.ok(page.errors.length >= 2, "the policy has stopped nothing");
});

/** Dark and light as the system has it, and always light on paper, whose width the plots keep to. */
async function assertThemes(page: Page) {
  const theme = `document.documentElement.dataset.theme`;
  const media = (name: string) =>
    page.command("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: name }],
    });
  await media("dark");
  await page.until(`${theme} === "dark"`);
  await page.evaluate(`addEventListener("beforeprint", () => globalThis.printed = [
    ${theme}, Math.max(...[...document.querySelectorAll(".uplot")].map((each) => each.clientWidth)),
  ])`);
  await page.command("Page.printToPDF");
  const [printed, width] = await page.until(`globalThis.printed`);
  assert.equal(printed, "light");
  assert.ok(width <= 680, `${width} px`);
  await page.until(`${theme} === "dark"`);
  await media("light");
  await page.until(`${theme} === "light"`);
}

/** On a phone nothing is wider than the screen. */
async function assertNarrow(page: Page) {
  const screen = { height: 800, deviceScaleFactor: 1, mobile: true };
  await page.command("Emulation.setDeviceMetricsOverride", { width: 390, ...screen });
  await page.until(`innerWidth <= 390 && document.documentElement.scrollWidth <= 390`);
  await page.command("Emulation.clearDeviceMetricsOverride");
}

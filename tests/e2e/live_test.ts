/** `--http`: what it answers, and to whom. */

import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { broker, needsRun } from "../support/nats_server.ts";
import { get, metric, originOf, rawRequest, startLive, untilGet } from "../support/live.ts";
import { type JsonObject, nextEvent, nextTick, summaryOf } from "../support/pair.ts";

Deno.test(
  "/healthz is 503 with the reason before there are ticks and after, 200 between",
  needsRun,
  async () => {
    await using server = await broker();
    await using live = await startLive(server.address);
    const before = await live.get("/healthz");
    assert.deepEqual([before.status, before.text], [503, "no tick received yet\n"]);
    await using peer = startApp("app2.ts", ["--server", server.address, "--quiet"]);
    const during = await untilGet(`${live.origin}/healthz`, ({ status }) => status === 200);
    assert.equal(during.text, "ok\n");
    peer.kill("SIGTERM");
    await peer.ended();
    const after = await untilGet(`${live.origin}/healthz`, ({ status }) => status === 503);
    assert.match(after.text, /^no tick for \d+\.\d s\n$/);
  },
);

Deno.test("/metrics and /summary.json say what the summary says", needsRun, async () => {
  await using server = await broker();
  await using live = await startLive(server.address);
  await using peer = startApp("app2.ts", ["--server", server.address, "--count", "150"]);
  await nextEvent(live.app, "peer ended");
  assert.equal(await peer.ended(), 0);
  const { text } = await live.get("/metrics");
  const { peers: [shown] } = JSON.parse((await live.get("/summary.json")).text);
  live.app.kill("SIGTERM");
  assert.equal(await live.app.ended(), 0);
  const { peers: [{ sequence, delay, clock }] } = summaryOf(live.app);
  const of = '{subject="app2_tick"}';
  assert.equal(metric(text, `tick_received_total${of}`), sequence.received);
  assert.equal(metric(text, `tick_lost_total${of}`), sequence.lost);
  assert.equal(metric(text, `tick_delay_seconds_count${of}`), delay.count);
  assert.equal(
    metric(text, 'tick_delay_seconds_bucket{subject="app2_tick",le="+Inf"}'),
    delay.count,
  );
  const meanS = metric(text, `tick_delay_seconds_sum${of}`) / delay.count;
  assert.ok(Math.abs(meanS - delay.mean) < 2e-6, `${meanS} ${delay.mean}`);
  assert.deepEqual([shown.sequence.received, shown.delay], [sequence.received, delay]);
  assert.ok(metric(text, `tick_clock_offset_bound_seconds${of}`) <= clock.bound);
});

Deno.test("a rule for each interval is one while it runs, too", needsRun, async () => {
  await using server = await broker();
  const rule = ["--expect", "loss=0", "--expect-every", "300ms"];
  await using live = await startLive(server.address, rule);
  await using _peer = startApp("app2.ts", ["--server", server.address, "--quiet"]);
  const { text } = await untilGet(
    `${live.origin}/summary.json`,
    ({ text }) => JSON.parse(text).peers.length > 0,
  );
  const [{ wanted, intervals }] = JSON.parse(text).expectations;
  assert.deepEqual([wanted, intervals.length], ["= 0 in each 300 ms", 0.3]);
});

Deno.test(
  "what is said to last while ticks come is an outage, or will be one",
  needsRun,
  async () => {
    await using server = await broker();
    await using live = await startLive(server.address);
    await using _peer = startApp("app2.ts", ["--server", server.address, "--quiet"]);
    await nextTick(live.app);
    const lasting: number[] = [];
    // Asked at any time between ticks, for as long as it takes to receive three seconds' worth of them.
    const untilMs = performance.now() + 60_000;
    for (const until = live.app.out.items.length + 300; live.app.out.items.length < until;) {
      assert.ok(performance.now() < untilMs, "no ticks come");
      const { peers: [{ outages }] } = JSON.parse((await live.get("/summary.json")).text);
      const open = outages.longestOnes.find(({ isOpen }: JsonObject) => isOpen);
      if (open) lasting.push(open.start);
    }
    live.app.kill("SIGTERM");
    await live.app.ended();
    const outages = live.app.out.items.filter(({ text }) => text.includes('"event":"outage"'))
      .map(({ text }) => JSON.parse(text).start);
    assert.deepEqual(lasting.filter((start) => !outages.includes(start)), []);
  },
);

Deno.test(
  "only GET and HEAD are answered, no other site's name, and no path reads a file",
  needsRun,
  async () => {
    await using server = await broker();
    await using live = await startLive(server.address);
    const { port } = new URL(live.origin);
    const ask = (method: string, path: string, host = `127.0.0.1:${port}`) =>
      rawRequest(
        live.origin,
        `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
    for (const host of ["localhost", "LOCALHOST:1", "[::1]:80", "10.0.0.7:9"]) {
      assert.equal(await ask("GET", "/", host), "HTTP/1.1 200 OK", host);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""]) {
      assert.match(await ask("GET", "/", host), / 4\d\d /, host);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      assert.equal(await ask(method, "/"), "HTTP/1.1 405 Method Not Allowed", method);
    }
    for (
      const path of ["/../deno.json", "/%2e%2e/deno.json", "/deno.json", "/__proto__", "/page.ts"]
    ) {
      assert.equal(await ask("GET", path), "HTTP/1.1 404 Not Found", path);
    }
    const head = await get(`${live.origin}/metrics`, { method: "HEAD" });
    assert.deepEqual([head.status, head.text], [200, ""]);
    const policy = (await live.get("/")).headers.get("content-security-policy")!;
    assert.match(
      policy,
      /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/,
    );
  },
);

Deno.test("a second app on the same port reports that, and its ticks go on", needsRun, async () => {
  await using server = await broker();
  await using live = await startLive(server.address);
  const { port } = new URL(live.origin);
  const args = ["--server", server.address, "--json", "--http", port];
  await using second = startApp("app2.ts", args);
  const { address, reason } = await nextEvent(second, "no page");
  assert.equal(address, `127.0.0.1:${port}`);
  assert.match(reason, /the port is in use/);
  await nextTick(second);
  await nextTick(live.app);
});

Deno.test("so many pages may be open, and one that is closed makes room", needsRun, async () => {
  await using server = await broker();
  await using live = await startLive(server.address);
  const url = `${live.origin}/events`;
  const open = [];
  for (let n = 0; n < 16; n++) open.push(await fetch(url));
  assert.ok(open.every(({ status }) => status === 200));
  assert.equal((await get(url)).status, 503);
  await open[0].body!.cancel();
  const untilMs = performance.now() + 60_000;
  for (let status = 503; status !== 200;) {
    const again = await fetch(url);
    ({ status } = again);
    await again.body!.cancel();
    assert.ok(performance.now() < untilMs, "still no room");
  }
  for (const { body } of open.slice(1)) await body!.cancel();
});

Deno.test("more connections than files may be open cost no tick", needsRun, async () => {
  await using server = await broker();
  const args = ["--server", server.address, "--json", "--http", "0"];
  await using app = startApp("app1.ts", args, { shell: 'ulimit -n 128; exec "$@"' });
  const { hostname, port } = new URL(await originOf(app));
  await using peer = startApp("app2.ts", ["--server", server.address, "--quiet"]);
  await nextTick(app);
  const open: Deno.TcpConn[] = [];
  for (let n = 0; n < 120; n++) open.push(await Deno.connect({ hostname, port: Number(port) }));
  await nextTick(app, { from: app.out.items.length, after: 100 });
  for (const each of open) each.close();
  assert.equal((await untilGet(`http://${hostname}:${port}/healthz`, () => true)).text, "ok\n");
  for (const each of [app, peer]) each.kill("SIGTERM");
  assert.equal(await app.ended(), 0);
});

Deno.test("an app ends in order with a page open", needsRun, async () => {
  await using server = await broker();
  await using live = await startLive(server.address);
  const events = await fetch(`${live.origin}/events`);
  live.app.kill("SIGTERM");
  assert.equal(await live.app.ended(), 1);
  assert.match(await events.text(), /event: end\ndata: \{\}\n\n$/);
});

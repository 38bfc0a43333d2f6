/** A real Prometheus: it takes the metrics, the rules, and every query of the dashboard. */

import assert from "node:assert/strict";
import dashboard from "../../lib/live/grafana-dashboard.json" with { type: "json" };
import { startApp } from "../support/app.ts";
import { startLive, untilGet } from "../support/live.ts";
import { broker } from "../support/nats_server.ts";
import { nextEvent, nextTick, summaryOf } from "../support/pair.ts";
import {
  faultsOfMetrics,
  hasPrometheus,
  queryUrl,
  startPrometheus,
} from "../support/prometheus.ts";

const needsPrometheus = { ignore: !await hasPrometheus() };
const here = (path: string) => new URL(path, import.meta.url).pathname;

Deno.test("promtool finds nothing wrong with /metrics", needsPrometheus, async () => {
  await using server = await broker();
  await using live = await startLive(server.address);
  await using _peer = startApp("app2.ts", ["--server", server.address, "--quiet"]);
  await nextTick(live.app, { after: 30 });
  const { text } = await live.get("/metrics");
  assert.equal(await faultsOfMetrics(text), "");
});

Deno.test("promtool finds every alert of the rules as it should be", needsPrometheus, async () => {
  const args = ["test", "rules", here("live_rules.yml")];
  const { code, stdout, stderr } = await new Deno.Command("promtool", { args }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stdout) + decoder.decode(stderr));
});

Deno.test(
  "the rules' test has a case for every alert, and for each sum of several observers",
  needsPrometheus,
  async () => {
    const rules = await Deno.readTextFile(here("../../lib/live/prometheus-rules.yml"));
    const tests = await Deno.readTextFile(here("live_rules.yml"));
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    assert.equal(alerts.length, 7);
    assert.deepEqual(alerts.filter((name) => !tests.includes(`alertname: ${name}\n`)), []);
    const sums = [...rules.matchAll(/- record: (job:\S+)/g)].map(([, name]) => name);
    assert.equal(sums.length, 10);
    assert.deepEqual(sums.filter((name) => !tests.includes(`- expr: ${name}`)), []);
  },
);

Deno.test(
  "a Prometheus has what the summary has, and answers every query of the dashboard",
  needsPrometheus,
  async () => {
    await using server = await broker();
    await using live = await startLive(server.address);
    await using prometheus = await startPrometheus(new URL(live.origin).host);
    const { api } = prometheus;
    await untilGet(
      queryUrl(api, 'tick_info{name="app1"}'),
      ({ text }) => text.includes('"metric"'),
    );
    await using peer = startApp("app2.ts", ["--server", server.address, "--count", "200"]);
    await nextEvent(live.app, "peer ended");
    assert.equal(await peer.ended(), 0);
    const { peers: [{ sequence: { received } }] } = JSON.parse(
      (await live.get("/summary.json")).text,
    );
    const scraped = `tick_received_total{subject="app2_tick"} == ${received}`;
    await untilGet(queryUrl(api, scraped), ({ text }) => text.includes('"metric"'));

    const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assert.ok(queries.length >= 16);
    for (const expr of queries) {
      const written = expr
        .replaceAll("$instance", ".*")
        .replaceAll("$__rate_interval", "30s")
        .replaceAll("$__range", "1h");
      const { status, data } = await (await fetch(queryUrl(api, written))).json();
      assert.equal(status, "success", written);
      const isOfOutages = written.includes("tick_outage_seconds_total");
      if (!isOfOutages) assert.ok(data.result.length > 0, `nothing for ${written}`);
    }
    const { data: { groups } } = await (await fetch(`${api}/rules`)).json();
    const unhealthy = groups[0].rules.filter(({ health }: { health: string }) => health === "err");
    assert.deepEqual(unhealthy, []);
    live.app.kill("SIGTERM");
    assert.equal(await live.app.ended(), 0);
    assert.equal(summaryOf(live.app).peers[0].sequence.received, received);
  },
);

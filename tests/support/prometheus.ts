/** A real Prometheus, which scrapes an app. */

import { spawnTied } from "../../lib/demo/tied_process.ts";
import { scratch } from "./authentication.ts";
import { freePort } from "./nats_server.ts";

export interface Prometheus extends AsyncDisposable {
  /** Where its API is. */
  api: string;
}

const RULES = new URL("../../lib/live/prometheus-rules.yml", import.meta.url).pathname;

/** Whether it and its promtool are here, and may be started. */
export async function hasPrometheus(): Promise<boolean> {
  return await finds("prometheus") && await finds("promtool");
}

async function finds(command: string): Promise<boolean> {
  if (Deno.permissions.querySync({ name: "run" }).state !== "granted") return false;
  try {
    return (await new Deno.Command(command, { args: ["--version"] }).output()).success;
  } catch {
    return false; // there is none
  }
}

/** What promtool finds wrong with metrics; nothing where it is content. */
export async function faultsOfMetrics(text: string): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stderr, stdout } = await child.output();
  const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  return code === 0 ? said : `${said} (exit code ${code})`;
}

/** Scrapes one target this often, with the rules. */
export async function startPrometheus(target: string, every = "200ms"): Promise<Prometheus> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await scratch());
  const config = await folder.write(
    "prometheus.yml",
    `
global: { scrape_interval: ${every}, scrape_timeout: ${every}, evaluation_interval: ${every} }
rule_files: ["${RULES}"]
scrape_configs: [{ job_name: tick, static_configs: [{ targets: ["${target}"] }] }]
`,
  );
  const address = `127.0.0.1:${freePort()}`;
  const child = spawnTied("prometheus", {
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder.path("data")}`,
      `--web.listen-address=${address}`,
      "--log.level=error",
    ],
    ...{ stdout: "null", stderr: "null" },
  });
  stack.defer(async () => {
    child.kill("SIGTERM");
    await child.status;
  });
  const api = `http://${address}/api/v1`;
  await fetchUntilUp(`http://${address}/-/ready`);
  const moved = stack.move();
  return { api, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}

/** It refuses connections before it listens. */
async function fetchUntilUp(url: string) {
  const untilMs = performance.now() + 60_000;
  while (true) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.ok) return;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function queryUrl(api: string, written: string): string {
  return `${api}/query?query=${encodeURIComponent(written)}`;
}

/** What the tests of credentials, TLS and permissions share. */

import assert from "node:assert/strict";
import { startNatsServer } from "../../lib/demo/nats_server.ts";
import { type App, type Line, permissionsOf, startApp, type StartOptions } from "./app.ts";
import { natsServer } from "./nats_server.ts";
import type { Log } from "./log.ts";

export interface ConfiguredServer extends AsyncDisposable {
  address: string;
  /** Makes it read another configuration, without a restart. */
  reload(config: string): Promise<void>;
}

/** A nats-server with a configuration of this text. */
export async function configured(config: string): Promise<ConfiguredServer> {
  const folder = await Deno.makeTempDir({ prefix: "tick-doors-" });
  const path = `${folder}/nats.conf`;
  await Deno.writeTextFile(path, config);
  const server = await startNatsServer(await natsServer(), ["-c", path]);
  return {
    address: server.address,
    async reload(config) {
      await Deno.writeTextFile(path, config);
      Deno.kill(server.pid, "SIGHUP");
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A folder for one test. */
export async function scratch(): Promise<
  AsyncDisposable & {
    path(name: string): string;
    write(name: string, text: string): Promise<string>;
  }
> {
  const folder = await Deno.makeTempDir({ prefix: "tick-doors-" });
  const path = (name: string) => `${folder}/${name}`;
  return {
    path,
    async write(name, text) {
      await Deno.writeTextFile(path(name), text);
      return path(name);
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** The locked-down configuration that is handed to users, with passwords. */
export async function lockedConfig(): Promise<string> {
  const text = await Deno.readTextFile(new URL("locked.conf", import.meta.url));
  return `APP1_PASSWORD: right-one\nAPP2_PASSWORD: right-two\n${text}`;
}

/** app1 with the permissions of its task, and to read these files. */
export function startApp1(
  args: string[],
  { reads = [], ...options }: StartOptions & { reads?: string[] } = {},
): App {
  const permissions = permissionsOf("app1");
  if (reads.length > 0) permissions.push(`--allow-read=${reads.join(",")}`);
  return startApp("app1.ts", args, { ...options, permissions });
}

/** A bare start takes 0.2 s where nothing else runs; where it takes longer than this, so may all else. */
const BARE_MS = 250;

/**
 * Starts an app that is to end with 2 within a second, beyond what starting a process takes on this machine
 * just now: that is asked of `--version`, and on a busy machine the second is longer in proportion.
 */
export async function refusedInTime(start: () => App): Promise<App> {
  const ended = async (app: App, code: number) => {
    const startMs = performance.now();
    await using ending = app;
    assert.equal(await ending.ended(), code, lines(app.err));
    return performance.now() - startMs;
  };
  const bareMs = await ended(startApp1(["--version"]), 0);
  const app = start();
  const tookMs = await ended(app, 2) - bareMs;
  const limitMs = 1000 * Math.max(1, bareMs / BARE_MS);
  assert.ok(tookMs < limitMs, `${tookMs} ms, beside ${bareMs} ms for a bare start`);
  return app;
}

export function lines(log: Log<Line>): string {
  return log.items.map(({ text }) => text).join("\n");
}

/** Whether the long forms of the tests are asked for. */
export const LONG =
  Deno.permissions.querySync({ name: "env", variable: "LONG" }).state === "granted" &&
  Boolean(Deno.env.get("LONG"));

/** What the tests of credentials, TLS and permissions share. */

import assert from "node:assert/strict";
import { type NatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { type App, type Line, permissionsOf, startApp, type StartOptions } from "./app.ts";
import { natsServer } from "./nats_server.ts";
import type { Log } from "./log.ts";

export interface ConfiguredServer extends NatsServer {
  /** Makes it read another configuration, without a restart. */
  reload(config: string): Promise<void>;
}

/** However busy this machine is, nobody is too late to log in, unless the configuration itself sets how long it takes. */
function patient(config: string): string {
  if (/timeout/.test(config)) return config;
  const blocks = ["authorization", ...(/^ *tls *{/m.test(config) ? ["tls"] : [])];
  return blocks.reduce((text, block) => {
    const start = new RegExp(`^ *${block} *{`, "m");
    const timeout = `${block} { timeout: 60`;
    return start.test(text) ? text.replace(start, `${timeout}, `) : `${timeout} }\n${text}`;
  }, config);
}

/** A nats-server with a configuration of this text. */
export async function configured(
  config: string,
  { args = [], port }: { args?: string[]; port?: number } = {},
): Promise<ConfiguredServer> {
  const folder = await Deno.makeTempDir({ prefix: "tick-" });
  const path = `${folder}/nats.conf`;
  await Deno.writeTextFile(path, patient(config));
  const server = await startNatsServer(await natsServer(), ["-c", path, ...args], port);
  return {
    ...server,
    async reload(config) {
      await Deno.writeTextFile(path, patient(config));
      Deno.kill(server.pid, "SIGHUP");
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The block of a configuration for a server that takes nobody without TLS; one that `demands` wants a certificate. */
export function tlsBlock(path: (name: string) => string, certificate: string, demands = false) {
  const verify = demands ? `, verify: true, ca_file: "${path("ca.pem")}"` : "";
  return `tls { cert_file: "${path(`${certificate}.pem`)}", key_file: "${
    path(`${certificate}.key`)
  }"${verify} }\n`;
}

/** A folder for one test. */
export async function scratch(): Promise<
  AsyncDisposable & {
    path(name: string): string;
    write(name: string, text: string): Promise<string>;
  }
> {
  const folder = await Deno.makeTempDir({ prefix: "tick-" });
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

/**
 * app1 with the permissions of its task, and to read these files. However busy this machine is, a server that
 * takes its time is not said to be away: its one line is to be about what is tested.
 */
export function startApp1(
  args: string[],
  { reads = [], ...options }: StartOptions & { reads?: string[] } = {},
): App {
  const permissions = permissionsOf("app1");
  if (reads.length > 0) permissions.push(`--allow-read=${reads.join(",")}`);
  const patient = args.includes("--server") ? ["--dial-timeout", "30s"] : [];
  return startApp("app1.ts", [...args, ...patient], { ...options, permissions });
}

/** Awaits the end of an app that is refused: with 2, in one line, and without trying on: one look again is for whether it is so, and one for why. */
export async function refusedAtOnce(app: App, tries: () => number) {
  await using refused = app;
  assert.equal(await refused.ended(), 2, lines(app.err));
  assert.equal(app.err.items.length, 1, lines(app.err));
  assert.ok(tries() <= 3, `${tries()} tries`);
}

export function lines(log: Log<Line>): string {
  return log.items.map(({ text }) => text).join("\n");
}

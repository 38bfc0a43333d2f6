/** A nats-streaming-server, where one is found: named by NATS_STREAMING_SERVER, or on the PATH. */

import { freePort } from "./free_port.ts";
import { succeeds } from "./succeeds.ts";
import { spawnTied } from "./tied_process.ts";

/** The command that starts one here, or nothing where there is none. Needs --allow-run. */
export async function findStan(): Promise<string | undefined> {
  const variable = { name: "env", variable: "NATS_STREAMING_SERVER" } as const;
  const mayAsk = Deno.permissions.querySync(variable).state === "granted";
  const command = (mayAsk && Deno.env.get(variable.variable)) || "nats-streaming-server";
  if (await succeeds(command, ["--version"])) return command;
}

export const CLUSTER = "tick";

export interface StanServer extends AsyncDisposable {
  /** host:port to connect to. */
  address: string;
  /** With the cluster's id. */
  url: string;
  pid: number;
  /** Resolves once it has ended, for whatever reason. */
  ended: Promise<void>;
}

export interface StanServerOptions {
  /** A folder of its own to store in; else it stores in memory. */
  folder?: string;
  args?: string[];
  port?: number;
}

/** @throws {Error} where it ends instead of listening, with what it said */
export async function startStan(
  command: string,
  { folder, args = [], port = freePort() }: StanServerOptions = {},
): Promise<StanServer> {
  const store = folder === undefined ? [] : ["-store", "file", "-dir", folder, "-file_sync=true"];
  const child = spawnTied(command, {
    args: ["-a", "127.0.0.1", "-p", String(port), "-cid", CLUSTER, ...store, ...args],
    stdout: "null",
    stderr: "piped",
    detached: true, // a Ctrl-C in the terminal is ours to pass on, after the apps have ended
  });
  const ready = Promise.withResolvers<void>();
  const ended = readLog(child.stderr, ready).then(async () => void await child.status);
  await ready.promise;
  const address = `127.0.0.1:${port}`;
  return {
    address,
    url: `stan://${address}/${CLUSTER}`,
    pid: child.pid,
    ended,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await ended;
    },
  };
}

async function readLog(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ready: PromiseWithResolvers<void>,
) {
  let log = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    log = (log + text).slice(-10_000); // read on, or else the server blocks
    if (log.includes("Streaming Server is ready")) ready.resolve();
  }
  ready.reject(new Error(`nats-streaming-server ended instead of listening: ${log.trim()}`));
}

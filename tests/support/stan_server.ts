/** A nats-streaming-server for a test, where one is found: named by NATS_STREAMING_SERVER, or on the PATH. */

import { spawnTied } from "../../lib/demo/tied_process.ts";
import { freePort } from "./nats_server.ts";

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
const mayAsk = Deno.permissions.querySync({ name: "env", variable: "NATS_STREAMING_SERVER" })
  .state === "granted";

async function findStan(): Promise<string | undefined> {
  if (!canRun) return;
  const command = (mayAsk && Deno.env.get("NATS_STREAMING_SERVER")) || "nats-streaming-server";
  try {
    const { success } = await new Deno.Command(command, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    if (success) return command;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const command = await findStan();

/** For a test of what only a nats-streaming-server can: ignored where there is none. */
export const needsStan = { ignore: command === undefined };

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
  { folder, args = [], port = freePort() }: StanServerOptions = {},
): Promise<StanServer> {
  const store = folder === undefined ? [] : ["-store", "file", "-dir", folder, "-file_sync=true"];
  const child = spawnTied(command!, {
    args: ["-a", "127.0.0.1", "-p", String(port), "-cid", CLUSTER, ...store, ...args],
    stdout: "null",
    stderr: "piped",
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

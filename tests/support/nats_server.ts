/** A NATS server for a test: a real one where there is one, or else the stand-in. */

import {
  answers,
  findNatsServer,
  type NatsServer,
  startNatsServer,
} from "../../lib/demo/nats_server.ts";
export { freePort } from "../../lib/demo/free_port.ts";
import { startStandIn } from "../../lib/demo/stand_in.ts";
import { spawnTied } from "../../lib/demo/tied_process.ts";

export const SHARED = "127.0.0.1:4222";

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
const command = canRun ? await findNatsServer() : undefined;
/** One that others may use as well: only where none of the test's own can be started. */
const shared = !canRun && await answers(SHARED);

/** For a test that starts processes: ignored without --allow-run. */
export const needsRun = { ignore: !canRun };

/** For a test of what only a nats-server can: ignored where none can be started. */
export const needsNatsServer = { ignore: command === undefined };

export interface Broker extends AsyncDisposable {
  /** host:port to connect to. */
  address: string;
  /** A subject that only this test uses. */
  subject(name: string): string;
}

/** The command that starts a nats-server, for a test that needs one. */
export function natsServer(): Promise<string> {
  if (command !== undefined) return Promise.resolve(command);
  throw new Error("there is no nats-server here: the test is to be ignored");
}

/** A nats-server of one test's own, or its share of the one that is there; the stand-in where there is none. */
export function broker(): Promise<Broker> {
  return command !== undefined || shared ? realBroker() : standInBroker();
}

async function realBroker(): Promise<Broker> {
  const prefix = `test-${crypto.randomUUID().slice(0, 8)}`;
  const subject = (name: string) => `${prefix}.${name}`;
  if (shared) return { address: SHARED, subject, async [Symbol.asyncDispose]() {} };
  const server = await startNatsServer(await natsServer());
  return {
    address: server.address,
    subject,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function standInBroker(): Promise<Broker> {
  const server = startStandIn();
  return Promise.resolve({
    address: server.address,
    subject: (name: string) => `test.${name}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

/** The same test on the stand-in and on a nats-server; the latter is ignored where there is none. */
export function testOnEach(
  name: string,
  test: (broker: () => Promise<Broker>) => Promise<void>,
) {
  Deno.test(`stand-in: ${name}`, () => test(standInBroker));
  const ignore = command === undefined && !shared;
  Deno.test({ name: `nats-server: ${name}`, ignore, fn: () => test(realBroker) });
}

/**
 * A server that is a process of its own, to be killed, frozen or started anew: a nats-server, or the
 * stand-in where there is none.
 */
export async function startServer(port?: number): Promise<NatsServer> {
  const start = () =>
    command === undefined ? startStandInProcess(port) : startNatsServer(command, [], port);
  // A port that a test has just closed, or whoever dials it, may be taken for a moment longer.
  for (let tries = port === undefined ? 1 : 100; tries > 1; tries--) {
    try {
      return await start();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20)); // why, is said at the last try
    }
  }
  return await start();
}

export async function startStandInProcess(port = 0): Promise<NatsServer> {
  const script = new URL("stand_in_process.ts", import.meta.url).href;
  const child = spawnTied(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-net", script, String(port)],
    stdout: "piped",
    stderr: "null",
  });
  const listening = Promise.withResolvers<string>();
  async function read() {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      listening.resolve(text.trim());
    }
    listening.reject(new Error("the stand-in ended instead of listening"));
    await child.status;
  }
  const ended = read();
  return {
    address: await listening.promise,
    pid: child.pid,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

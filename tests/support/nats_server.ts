/** A real NATS server for a test: its own where processes may be started, or else the one at 127.0.0.1:4222. */

import { answers, findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";

export const SHARED = "127.0.0.1:4222";

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";

/** For a test that starts processes: ignored without --allow-run. */
export const needsRun = { ignore: !canRun };

/** For a test that needs a server; where there is none, one test says so and these are ignored. */
export const needsBroker = { ignore: !canRun && !await answers(SHARED) };

export interface Broker extends AsyncDisposable {
  /** host:port to connect to. */
  address: string;
  /** A subject that only this test uses. */
  subject(name: string): string;
}

/** The command that starts a nats-server. */
export async function natsServer(): Promise<string> {
  const command = await findNatsServer();
  if (command) return command;
  throw new Error("there is no nats-server here; `deno task test` installs one");
}

/** A server of one test's own, or its share of the one that is there. */
export async function broker(): Promise<Broker> {
  const prefix = `test-${crypto.randomUUID().slice(0, 8)}`;
  const subject = (name: string) => `${prefix}.${name}`;
  if (!canRun) return { address: SHARED, subject, async [Symbol.asyncDispose]() {} };
  const server = await startNatsServer(await natsServer());
  return {
    address: server.address,
    subject,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A port that was free a moment ago, for a server that is to be started later. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

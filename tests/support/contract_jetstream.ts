/** JetStream, for the contract: streams in memory and in files, and a durable consumer, on one server. */

import { connect } from "@nats-io/transport-deno";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import {
  type ContractRow,
  type ContractServer,
  openPlace,
  type Place,
  tlsPlaces,
} from "./contract_servers.ts";

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
const command = canRun ? await findNatsServer() : undefined;

/** A server with JetStream, in a folder of its own that is gone with it. */
export async function startJetStream(args: string[] = []): Promise<ContractServer> {
  const folder = await Deno.makeTempDir();
  const start = (port?: number) => startNatsServer(command!, ["-js", "-sd", folder, ...args], port);
  let server = await start();
  const { address } = server;
  return {
    address,
    async kill() {
      Deno.kill(server.pid, "SIGKILL");
      await server.ended;
    },
    async restart() {
      server = await start(Number(address.split(":")[1]));
    },
    freeze: () => Deno.kill(server.pid, "SIGSTOP"),
    thaw: () => Deno.kill(server.pid, "SIGCONT"),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const bus = (values: Record<string, string>) => (server: ContractServer, options: Options) =>
  openPlace({ url: `jetstream://${server.address}`, values }, options);
type Options = Parameters<typeof openPlace>[1];

export const jetStreamRow: ContractRow = {
  name: "nats-server with JetStream",
  ignore: command === undefined,
  start: () => startJetStream(),
  buses: {
    "JetStream, memory": bus({ storage: "memory" }),
    "JetStream, file": bus({ storage: "file" }),
    "JetStream, durable": bus({ durable: "contract" }),
  },
  async publishBytes({ address }, subject, body) {
    const nc = await connect({ servers: address, reconnect: false });
    await nc.request(subject, body);
    await nc.close();
  },
  async login() {
    const server = await startJetStream(["--user", "me", "--pass", "right-secret"]);
    const url = `jetstream://${server.address}`;
    const place = (password: string): Place => ({
      url,
      variables: { NATS_USER: "me", NATS_PASSWORD: password },
    });
    return {
      right: place("right-secret"),
      wrong: { "a wrong password": place("wrong-secret"), "no login": { url } },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  async tls(_, { path }) {
    const args = ["--tls", "--tlscert", path("address.pem"), "--tlskey", path("address.key")];
    const verify = ["--tlsverify", "--tlscacert", path("ca.pem")];
    const server = await startJetStream([...args, ...verify]);
    return {
      ...tlsPlaces(`jetstream+tls://${server.address}`, path),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

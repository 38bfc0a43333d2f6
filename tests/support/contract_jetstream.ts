/** JetStream, for the contract: streams in memory and in files, and a durable consumer, on one server. */

import { connect } from "@nats-io/transport-deno";
import {
  type ContractRow,
  type ContractServer,
  openPlace,
  type Place,
  tlsPlaces,
} from "./contract_servers.ts";
import { needsJetStream, startJetStream } from "./jetstream_server.ts";

const bus = (values: Record<string, string>) => (server: ContractServer, options: Options) =>
  openPlace({ url: `jetstream://${server.address}`, values }, options);
type Options = Parameters<typeof openPlace>[1];

export const jetStreamRow: ContractRow = {
  name: "nats-server with JetStream",
  ...needsJetStream,
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

/** NATS Streaming, for the contract: on a server that stores in memory, and on one that stores in files. */

import { connect } from "@nats-io/transport-deno";
import { publication } from "../../lib/bus/stan/messages.ts";
import { connectRequest, readConnectResponse } from "../../lib/bus/stan/session_messages.ts";
import {
  type ContractRow,
  type ContractServer,
  openPlace,
  type Place,
  tlsPlaces,
} from "./contract_servers.ts";
import { restartable } from "../../lib/demo/restartable.ts";
import { CLUSTER, needsStan, startStan } from "./stan_server.ts";

const urlOf = (address: string) => `stan://${address}/${CLUSTER}`;

export const stanRows: ContractRow[] = (["memory", "file"] as const).map((storage) => ({
  name: `nats-streaming-server, ${storage}`,
  ...needsStan,
  async start(): Promise<ContractServer> {
    const folder = storage === "file" ? await Deno.makeTempDir() : undefined;
    const server = await restartable((port) => startStan({ folder, port }));
    return {
      ...server,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        if (folder !== undefined) await Deno.remove(folder, { recursive: true });
      },
    };
  },
  buses: {
    "STAN": ({ address }, options) => openPlace({ url: urlOf(address) }, options),
    // A client id is for one connection alone.
    "STAN, durable": ({ address }, options) =>
      openPlace({ url: urlOf(address), values: { durable: "contract" } }, {
        ...options,
        name: "durable",
      }),
  },
  async publishBytes({ address }, subject, body) {
    const nc = await connect({ servers: address, reconnect: false });
    const connectionId = new TextEncoder().encode("bytes");
    const clientId = "bytes";
    const answer = await nc.request(
      `_STAN.discover.${CLUSTER}`,
      connectRequest({
        clientId,
        heartbeatInbox: "_INBOX.bytes",
        connectionId,
        pingIntervalS: 5,
        pingMaxOut: 3,
      }),
    );
    const { publish } = readConnectResponse(answer.data);
    const message = { clientId, guid: "bytes", subject, data: body, connectionId };
    await nc.request(`${publish}.${subject}`, publication(message));
    await nc.close();
  },
  async tls(_, { path }) {
    const args = ["--tls", "--tlscert", path("address.pem"), "--tlskey", path("address.key")];
    const verify = ["--tlsverify", "--tlscacert", path("ca.pem")];
    // The streaming server is a client of the NATS server that it starts, and shows a certificate too.
    const inside = ["-tls_client_cert", path("client.pem"), "-tls_client_key", path("client.key")];
    const trusted = ["-tls_client_cacert", path("ca.pem")];
    const server = await startStan({ args: [...args, ...verify, ...inside, ...trusted] });
    return {
      ...tlsPlaces(server.url, path),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  async login() {
    const server = await startStan({ args: ["--user", "me", "--pass", "right-secret"] });
    const place = (password: string): Place => ({
      url: server.url,
      variables: { NATS_USER: "me", NATS_PASSWORD: password },
    });
    return {
      right: place("right-secret"),
      wrong: { "a wrong password": place("wrong-secret"), "no login": { url: server.url } },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
}));

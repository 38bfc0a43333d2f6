/** RabbitMQ, for the contract: one broker for all, as it takes its time to start. */

import { Buffer } from "node:buffer";
import { Connection as Client } from "rabbitmq-client";
import {
  type ContractRow,
  type ContractServer,
  openPlace,
  type Place,
  tlsPlaces,
} from "./contract_servers.ts";
import { needsRabbitMq, type RabbitMqServer, startRabbitMq } from "./rabbitmq_server.ts";

const GUEST = { name: "guest", password: "guest" };
const USER = { name: "me", password: "right-secret" };

type Server = ContractServer & Pick<RabbitMqServer, "tlsAddress">;

const url = (server: ContractServer) => `amqp://${server.address}`;

export const rabbitMqRow: ContractRow = {
  name: "rabbitmq-server",
  ...needsRabbitMq,
  async start(certificates): Promise<Server> {
    const { path } = certificates!;
    const server = await startRabbitMq({
      definitions: {
        users: [GUEST, USER],
        vhosts: ["/"],
        permissions: [GUEST, USER].map(({ name }) => [name, "/", ".*", ".*", ".*"]),
      },
      tls: {
        ca: path("ca.pem"),
        cert: path("address.pem"),
        key: path("address.key"),
      },
    });
    const watermark = (share: string) => server.control("set_vm_memory_high_watermark", share);
    return {
      ...server,
      block: () => watermark("0"),
      unblock: () => watermark("0.4"),
    };
  },
  buses: {
    "RabbitMQ, transient": (server, options) => openPlace({ url: url(server) }, options),
    "RabbitMQ, durable": (server, options) =>
      openPlace({ url: url(server), values: { durable: "contract" } }, options),
  },
  async publishBytes(server, routingKey, body) {
    const client = new Client({ url: `amqp://guest:guest@${server.address}` });
    const publisher = client.createPublisher({ confirm: true });
    await publisher.send({ exchange: "tick", routingKey }, Buffer.from(body));
    await publisher.close();
    await client.close();
  },
  login(server) {
    const place = (password: string): Place => ({
      url: url(server),
      variables: { RABBITMQ_USER: USER.name, RABBITMQ_PASSWORD: password },
    });
    return Promise.resolve({
      right: place(USER.password),
      wrong: {
        "a wrong password": place("wrong-secret"),
        "another virtual host": { url: `${url(server)}/nowhere` },
      },
      async [Symbol.asyncDispose]() {},
    });
  },
  tls(server, { path }) {
    return Promise.resolve({
      ...tlsPlaces(`amqps://${(server as Server).tlsAddress}`, path),
      async [Symbol.asyncDispose]() {},
    });
  },
};

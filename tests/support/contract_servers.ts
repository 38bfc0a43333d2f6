/**
 * Every bus that keeps the contract, by the server it runs on: how that is started, killed, frozen and started
 * again, and how a bus is opened on it.
 */

import { restartable } from "../../lib/demo/restartable.ts";
import type { Bus } from "../../lib/bus/bus.ts";
import type { BusOptions } from "../../lib/bus/kind.ts";
import { openBus } from "../../lib/bus/open.ts";
import { findNatsServer, type NatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import type { Certificates } from "./certificates.ts";
import { jetStreamRow } from "./contract_jetstream.ts";
import { memoryRow } from "./contract_memory.ts";
import { rabbitMqRow } from "./contract_rabbitmq.ts";
import { stanRows } from "./contract_stan.ts";
import { natsServer, startStandInProcess } from "./nats_server.ts";

/** The servers of one test; each resolves once it is so. */
export interface ContractServer extends AsyncDisposable {
  /** host:port, as events name it. */
  readonly address: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on what it has stored. */
  restart(): Promise<void>;
  /** Resolves once it stands still. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Has it take nothing for now. */
  block?(): Promise<void>;
  unblock?(): Promise<void>;
}

/** Where a bus is, and what is shown to it. */
export interface Place {
  url: string;
  /** Values of options, by name. */
  values?: Record<string, string>;
  /** Variables of the environment. */
  variables?: Record<string, string>;
}

/** A server that lets in who shows the right thing, and nobody else. */
export interface Gate extends AsyncDisposable {
  right: Place;
  /** What it doesn't let in with, by what is wrong. */
  wrong: Record<string, Place>;
}

export type Open = (server: ContractServer, options: BusOptions) => Promise<Bus>;

export interface ContractRow {
  name: string;
  /** Where it can't be started here. */
  ignore: boolean;
  /** @param certificates where it takes any, of which `address` is the server's */
  start(certificates?: Certificates): Promise<ContractServer>;
  /** The buses on it, by name: they differ in what they keep. */
  buses: Record<string, Open>;
  /** Some of its traffic by other means: a message of any bytes, without a header. */
  publishBytes?(server: ContractServer, subject: string, body: Uint8Array): Promise<void>;
  /** By login; on a server of its own, or on the one there is. */
  login?(server: ContractServer): Promise<Gate>;
  /** By TLS, with the certificates it was started with. */
  tls?(server: ContractServer, certificates: Certificates): Promise<Gate>;
}

/** Opens a bus as an app does. */
export function openPlace({ url, values = {}, variables = {} }: Place, options: BusOptions) {
  return openBus(url, { ...options, values, variable: (name) => variables[name] });
}

const canRun = Deno.permissions.querySync({ name: "run" }).state === "granted";
const hasNatsServer = canRun && await findNatsServer() !== undefined;

export const ROWS: ContractRow[] = [
  memoryRow,
  coreRow("stand-in", !canRun, startStandInProcess),
  {
    ...coreRow(
      "nats-server",
      !hasNatsServer,
      async (port) => await startNatsServer(await natsServer(), [], port),
    ),
    login: natsLogin,
    tls: natsTls,
  },
  jetStreamRow,
  ...stanRows,
  rabbitMqRow,
];

function coreRow(
  name: string,
  ignore: boolean,
  start: (port?: number) => Promise<NatsServer>,
): ContractRow {
  return {
    name,
    ignore,
    buses: { "core NATS": (server, options) => openPlace({ url: server.address }, options) },
    start: () => restartable(start),
    async publishBytes({ address }, subject, body) {
      const { barePeer } = await import("./bare_peer.ts");
      using peer = await barePeer(address, []);
      await peer.send(subject, body);
    },
  };
}

async function natsLogin(): Promise<Gate> {
  const args = ["--user", "me", "--pass", "right-secret"];
  const server = await startNatsServer(await natsServer(), args);
  const place = (password: string): Place => ({
    url: server.address,
    variables: { NATS_USER: "me", NATS_PASSWORD: password },
  });
  return {
    right: place("right-secret"),
    wrong: { "a wrong password": place("wrong-secret"), "no login": { url: server.address } },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function natsTls(_: ContractServer, { path }: Certificates): Promise<Gate> {
  const args = ["--tls", "--tlscert", path("address.pem"), "--tlskey", path("address.key")];
  const verify = ["--tlsverify", "--tlscacert", path("ca.pem")];
  const server = await startNatsServer(await natsServer(), [...args, ...verify]);
  return {
    ...tlsPlaces(`tls://${server.address}`, path),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What a server lets in that demands a certificate. */
export function tlsPlaces(
  url: string,
  path: Certificates["path"],
): Pick<Gate, "right" | "wrong"> {
  const values = (ca: string, client?: string): Record<string, string> => ({
    "tls-ca": path(`${ca}.pem`),
    ...(client ? { "tls-cert": path(`${client}.pem`), "tls-key": path(`${client}.key`) } : {}),
  });
  return {
    right: { url, values: values("ca", "client") },
    wrong: {
      "a certificate of others": { url, values: values("other", "client") },
      "none of ours": { url, values: values("ca") },
    },
  };
}

/** The RabbitMQ bus: how a connection to one of its servers is made. */

import { isIP } from "node:net";
import { type Clock, systemClock } from "../../time/clock.ts";
import type { TlsFiles } from "../../files.ts";
import type { Bus, Start } from "../bus.ts";
import type { Attempt, Connection, Driver } from "../driver.ts";
import type { BusOptions } from "../kind.ts";
import { link } from "../link.ts";
import { ClientConnection } from "./client.ts";
import { RabbitMqLine } from "./connection.ts";
import type { Credentials } from "./credentials.ts";
import { Publisher } from "./publisher.ts";
import { failureOf } from "./refusal.ts";

export interface RabbitMqDriverOptions {
  /** What the server shows for our connections. */
  name: string;
  headerName: string;
  vhost: string;
  /** Name of the topic exchange. */
  exchange: string;
  credentials: Credentials;
  /** Insist on TLS; files do so too. */
  tls?: boolean;
  tlsFiles?: TlsFiles;
  /** Ticks are acknowledged both ways, and kept in queues named so while we are away. */
  durable?: string;
  /** Where the queues are begun with. */
  start?: Start;
  clock?: Clock;
}

export interface RabbitMqOptions extends RabbitMqDriverOptions, BusOptions {
  /** host:port of each server, tried in this order. */
  servers: string[];
  name: string;
  headerName: string;
  clock?: Clock;
}

/**
 * Opens a bus that connects by itself, now or as soon as a server answers, and again whenever the connection is
 * lost, for as long as it isn't disposed of.
 */
export function connectRabbitMq(options: RabbitMqOptions): Bus {
  return link(rabbitMqDriver(options), options);
}

export function rabbitMqDriver(options: RabbitMqDriverOptions): Driver {
  const { durable, exchange, headerName, start, vhost } = options;
  const { user, given } = options.credentials;
  const stores = durable !== undefined;
  const tls = insistsOnTls(options);
  const seen = new Set<string>();

  async function connect(server: string, { signal, timeoutMs, onEvent }: Attempt) {
    const over = new AbortController();
    const { clock = systemClock } = options;
    const dial = async () =>
      await ClientConnection.open({
        ...(await clientOptions(options, server)),
        timeoutMs,
        clock,
        signal: AbortSignal.any([signal, over.signal]),
        onBlocked: (reason) =>
          onEvent(reason === undefined ? { type: "unblocked" } : { type: "blocked", reason }),
      });
    const dialling = [dial(), dial()] as const;
    try {
      const clients = await Promise.all(dialling);
      const [publishing, receiving] = clients;
      signal.addEventListener("abort", () => over.abort());
      const onReopened = () => void line.verify(); // never rejects
      const publishes = { client: publishing, exchange, headerName, confirm: stores };
      const [publisher, probeChannel] = await Promise.all([
        Publisher.open({ ...publishes, onEvent, onReopened }),
        receiving.channel(),
      ]);
      const line = new RabbitMqLine({
        ...{ server, clients, publisher, probeChannel },
        ...{ exchange, headerName, durable, start, seen, onEvent },
      });
      return line;
    } catch (error) {
      over.abort();
      for (const each of dialling) each.then((client) => client.close(), () => {}); // told by the first
      throw failureOf(error, { user, given, vhost, tls });
    }
  }

  return {
    title: "RabbitMQ",
    hint: "Start one with `rabbitmq-server`",
    can: { acknowledges: stores, stores, headers: true, wildcards: true },
    connect: (server, attempt): Promise<Connection> => connect(server, attempt),
  };
}

function insistsOnTls({ tls, tlsFiles = {} }: RabbitMqDriverOptions): boolean {
  return tls || Object.values(tlsFiles).some((path) => path !== undefined);
}

async function clientOptions(options: RabbitMqDriverOptions, server: string) {
  const { hostname: host, port } = new URL(`http://${server}`);
  const hostname = host.replace(/^\[|\]$/g, "");
  const { user: username, password } = options.credentials;
  const tls = insistsOnTls(options) ? await tlsOptions(options, hostname) : undefined;
  const { vhost, name: connectionName } = options;
  return { hostname, port: Number(port), vhost, username, password, connectionName, tls };
}

async function tlsOptions({ tlsFiles = {} }: RabbitMqDriverOptions, hostname: string) {
  const [ca, cert, key] = await Promise.all(
    [tlsFiles.ca, tlsFiles.cert, tlsFiles.key].map((path) =>
      path === undefined ? undefined : Deno.readTextFile(path)
    ),
  );
  // An address is no server name, but is what the certificate has to be for.
  return { ca, cert, key, servername: isIP(hostname) ? "" : hostname };
}

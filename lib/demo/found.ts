/** Every server that this machine can start, each on a free port of loopback and in a temporary folder of its own. */

import { startJetStream } from "./jetstream_server.ts";
import { findNatsServer, startNatsServer } from "./nats_server.ts";
import { findRabbitMq, startRabbitMq } from "./rabbitmq_server.ts";
import { findStan, startStan } from "./stan_server.ts";
import { startStandIn } from "./stand_in.ts";

/** A bus to run the apps on, and what ends its server. */
export interface FoundBus extends AsyncDisposable {
  name: string;
  /** Options of an app. */
  args: string[];
  /** Kills the server and starts it again on what it has stored; none where it stores nothing. */
  crash?: () => Promise<void>;
  /** Whether what it acknowledged is to outlive that. */
  keeps?: boolean;
}

export interface FindableBus {
  name: string;
  stores: boolean;
  start(): Promise<FoundBus>;
}

/** What can be started here, in the order in which it is shown; the stand-in where nothing else can. */
export async function findBuses(): Promise<FindableBus[]> {
  const [nats, rabbit, stan] = await Promise.all([findNatsServer(), findRabbitMq(), findStan()]);
  const found = [
    ...nats === undefined ? [] : [core(nats), jetStream(nats, "file"), jetStream(nats, "memory")],
    ...rabbit ? [rabbitMq("transient"), rabbitMq("durable")] : [],
    ...stan === undefined ? [] : [streaming(stan, "file"), streaming(stan, "memory")],
  ];
  return found.length > 0 ? found : [standIn()];
}

/** A stand-in, which is not for measuring. */
export function standIn(): FindableBus {
  const name = "stand-in (not for measuring)";
  return {
    name,
    stores: false,
    start() {
      const server = startStandIn();
      return Promise.resolve({
        name,
        args: ["--server", server.address],
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      });
    },
  };
}

function core(command: string): FindableBus {
  const name = "NATS";
  return {
    name,
    stores: false,
    async start() {
      const server = await startNatsServer(command);
      return {
        name,
        args: ["--server", `nats://${server.address}`],
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

function jetStream(command: string, storage: "file" | "memory"): FindableBus {
  const name = `JetStream, ${storage}`;
  return {
    name,
    stores: true,
    async start() {
      const server = await startJetStream(command);
      return {
        name,
        args: ["--server", `jetstream://${server.address}`, "--storage", storage],
        keeps: storage === "file",
        async crash() {
          await server.kill();
          await server.restart();
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

function rabbitMq(kind: "transient" | "durable"): FindableBus {
  const name = `RabbitMQ, ${kind}`;
  const durable = kind === "durable";
  return {
    name,
    stores: durable,
    async start() {
      const server = await startRabbitMq({
        definitions: {
          users: [{ name: "guest", password: "guest" }],
          vhosts: ["/"],
          permissions: [["guest", "/", ".*", ".*", ".*"]],
        },
      });
      const kept = durable ? ["--durable", "compare", "--start", "new"] : [];
      return {
        name,
        args: ["--server", `amqp://${server.address}`, ...kept],
        keeps: durable,
        async crash() {
          await server.kill();
          await server.restart();
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

function streaming(command: string, storage: "file" | "memory"): FindableBus {
  const name = `NATS Streaming, ${storage}`;
  return {
    name,
    stores: true,
    async start() {
      const folder = await Deno.makeTempDir({ prefix: "tick-streaming-" });
      const stored = storage === "file" ? { folder } : {};
      let server = await startStan(command, stored);
      const port = Number(server.address.split(":")[1]);
      return {
        name,
        args: ["--server", server.url],
        keeps: storage === "file",
        async crash() {
          await server[Symbol.asyncDispose](); // by SIGKILL
          server = await startStan(command, { ...stored, port });
        },
        async [Symbol.asyncDispose]() {
          await server[Symbol.asyncDispose]();
          await Deno.remove(folder, { recursive: true });
        },
      };
    },
  };
}

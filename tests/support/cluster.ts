/** A cluster of three nats-servers on this machine. */

import { type NatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { freePort, natsServer } from "./nats_server.ts";

export interface Node {
  port: number;
  address: string;
  server: NatsServer;
}

export interface Cluster extends AsyncDisposable {
  nodes: Node[];
  /** Starts a node that has ended again. */
  restart(node: Node): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const command = await natsServer();
  const ports = [freePort(), freePort(), freePort()];
  const routePorts = [freePort(), freePort(), freePort()];
  const routes = routePorts.map((port) => `nats://127.0.0.1:${port}`).join(",");
  const start = (i: number) =>
    startNatsServer(command, [
      ...["--cluster_name", "tick", "--cluster", `nats://127.0.0.1:${routePorts[i]}`],
      ...["--routes", routes, "-n", `n${i}`, "-c", config],
    ], ports[i]);
  // A lame duck waits ten seconds before it shows its clients out, and takes two minutes; here it is brisker.
  const config = await Deno.makeTempFile({ suffix: ".conf" });
  await Deno.writeTextFile(config, 'lame_duck_grace_period: "3s"\nlame_duck_duration: "30s"\n');
  const nodes: Node[] = [];
  for (const i of [0, 1, 2]) {
    const server = await start(i);
    nodes.push({ port: ports[i], address: server.address, server });
  }
  return {
    nodes,
    async restart(node) {
      node.server = await start(nodes.indexOf(node));
    },
    async [Symbol.asyncDispose]() {
      for (const { server } of nodes) {
        try {
          Deno.kill(server.pid, "SIGCONT");
        } catch { /* it has ended already */ }
        await server[Symbol.asyncDispose]();
      }
      await Deno.remove(config);
    },
  };
}

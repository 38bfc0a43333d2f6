/**
 * Three nats-servers in a cluster, a leaf node of it, and a second cluster behind a gateway, on free ports of this
 * machine, until Ctrl-C: what a mesh is tried on. `--slow 20` makes the route between a2 and a3 slower by so many ms,
 * each way.
 */

import { parseArgs } from "@std/cli/parse-args";
import { type NatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { type DelayedLink, delayedLink } from "../support/delayed_link.ts";
import { freePort, natsServer } from "../support/nats_server.ts";
import { connect, rawClient } from "../support/raw_client.ts";

export interface ClusterNode {
  name: string;
  address: string;
  server: NatsServer;
}

export interface Clusters extends AsyncDisposable {
  nodes: ClusterNode[];
  /** Adds so much to each way of the route between a2 and a3. */
  slow(us: number): void;
  /** Starts a node that has ended again, on its port. */
  restart(node: ClusterNode): Promise<void>;
}

export interface ClustersOptions {
  /** With the leaf node and the second cluster, too. */
  all?: boolean;
}

const HOST = "127.0.0.1";
/** How many are in the first cluster. */
const CLUSTERED = 3;

/** a1, a2, a3, which know each other; and, if all are asked for, leaf and b1, which may not be linked to them yet. */
export async function startClusters({ all = false }: ClustersOptions = {}): Promise<Clusters> {
  await using stack = new AsyncDisposableStack();
  const command = await natsServer();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const ports = new Map<string, number>();
  const port = (what: string) => ports.get(what) ?? ports.set(what, freePort()).get(what)!;
  const links: DelayedLink[] = [];
  // Where a2 and a3 say to each other that they are: the one way there is between the two.
  const advertised = new Map(
    ["a2", "a3"].map((name) => {
      const link = stack.use(delayedLink(`${HOST}:${port(`${name} route`)}`));
      links.push(link);
      return [name, link.address];
    }),
  );

  function configOf(name: string): string {
    const lines = [`server_name: ${name}`];
    const [letter] = name;
    if (name === "leaf") {
      const hub = `nats-leaf://${HOST}:${port("a1 leaf")}`;
      return [...lines, `leafnodes { remotes: [{ url: "${hub}" }] }`].join("\n");
    }
    const routes = name === "a2" || name === "a3" ? `"nats://${HOST}:${port("a1 route")}"` : "";
    const advertise = advertised.get(name);
    lines.push(
      `cluster { name: ${letter}, listen: "${HOST}:${port(`${name} route`)}", routes: [${routes}]` +
        `${advertise === undefined ? "" : `, advertise: "${advertise}"`} }`,
    );
    if (!all) return lines.join("\n");
    // Leaf nodes and gateways together need one.
    lines.push("accounts { SYS {} }", "system_account: SYS");
    if (name === "a1") lines.push(`leafnodes { listen: "${HOST}:${port("a1 leaf")}" }`);
    const gateway = (name: string) => `"nats://${HOST}:${port(`${name} gateway`)}"`;
    const gateways = `[{ name: a, urls: [${["a1", "a2", "a3"].map(gateway).join(", ")}] }, ` +
      `{ name: b, urls: [${gateway("b1")}] }]`;
    lines.push(
      `gateway { name: ${letter}, listen: "${HOST}:${
        port(`${name} gateway`)
      }", gateways: ${gateways} }`,
    );
    return lines.join("\n");
  }

  async function start(name: string): Promise<NatsServer> {
    const path = `${folder}/${name}.conf`;
    await Deno.writeTextFile(path, configOf(name));
    return await startNatsServer(command, ["-c", path], port(name));
  }

  const nodes: ClusterNode[] = [];
  stack.defer(async () => {
    for (const { server } of nodes) {
      try {
        Deno.kill(server.pid, "SIGCONT");
      } catch { /* it has ended already */ }
      await server[Symbol.asyncDispose]();
    }
  });
  for (const name of ["a1", "a2", "a3", ...all ? ["b1", "leaf"] : []]) {
    const server = await start(name);
    nodes.push({ name, address: server.address, server });
  }
  await Promise.all(
    nodes.slice(0, CLUSTERED).map(({ address }) => untilNaming(address, CLUSTERED)),
  );
  const kept = stack.move();
  return {
    nodes,
    slow(us) {
      for (const link of links) link.upUs = link.downUs = us;
    },
    async restart(node) {
      node.server = await start(node.name);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Resolves once a server tells its clients of so many, itself included; throws where it hangs up, or says nothing. */
async function untilNaming(address: string, count: number) {
  using client = await rawClient(address);
  await client.write(`${connect({ protocol: 1 })}PING\r\n`); // to one with protocol 1 it says more, after its first PONG
  let { info } = client;
  while ((info.connect_urls as string[] | undefined)?.length !== count) {
    const line = await client.line();
    if (line === undefined) throw new Error(`${address} hung up before it named ${count} servers`);
    if (line.startsWith("INFO ")) info = JSON.parse(line.slice(5));
  }
}

if (import.meta.main) {
  const { slow } = parseArgs(Deno.args, { string: ["slow"] });
  await using clusters = await startClusters({ all: true });
  clusters.slow(Number(slow ?? 0) * 1000);
  const { nodes } = clusters;
  console.log(nodes.map(({ name, address }) => `${name} ${address}`).join("\n"));
  console.log(`deno task mesh ${nodes.map(({ address }) => address).join(",")}`);
  const ended = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => ended.resolve());
  }
  await ended.promise;
  Deno.exitCode = 0;
}

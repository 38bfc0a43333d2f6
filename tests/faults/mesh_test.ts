/** A mesh over a cluster of three: a route that is slow, a server that is gone. */

import assert from "node:assert/strict";
import { type ClusterNode, startClusters } from "../bench/clusters.ts";
import { allPathsReceived, resultOf, startMesh } from "../support/mesh.ts";
import { assertSums } from "../support/mesh_sums.ts";
import { needsNatsServer } from "../support/nats_server.ts";

const SLOWED_S = 0.02;
const serversOf = (nodes: ClusterNode[]) => nodes.map(({ address }) => address).join(",");

Deno.test(
  "a route that is 20 ms slower shows in its two cells, and in no other",
  needsNatsServer,
  async () => {
    await using clusters = await startClusters();
    const { nodes } = clusters;
    clusters.slow(SLOWED_S * 1e6);
    const { code, lines, err } = await startMesh(["--duration", "4s", serversOf(nodes)]).ended;
    assert.equal(code, 0, err);
    const result = resultOf(lines);
    assertSums(result);
    const nameOf = (server: string) => nodes.find(({ address }) => address === server)!.name;
    assert.equal(result.paths.length, 6);
    // What was added is the minimum of the slowed ones; of all others one tick in 400 at least is quicker than that.
    const slow = result.paths.filter(({ delay }) => delay!.min >= SLOWED_S)
      .map(({ from, to }) => `${nameOf(from)} ${nameOf(to)}`);
    assert.deepEqual(slow.toSorted(), ["a2 a3", "a3 a2"]);
  },
);

Deno.test(
  "a server that is gone is out with every path from and to it, and no other",
  needsNatsServer,
  async () => {
    await using clusters = await startClusters();
    const { nodes: [, gone], nodes } = clusters;
    const mesh = startMesh(["--every", "200ms", serversOf(nodes)]);
    await allPathsReceived(mesh);
    Deno.kill(gone.server.pid, "SIGKILL");
    for (const { address } of nodes) {
      if (address === gone.address) continue;
      await mesh.line(({ event, from, to }) =>
        event === "no ticks" && from === gone.address && to === address
      );
    }
    mesh.kill("SIGTERM");
    const { code, lines, err } = await mesh.ended;
    assert.equal(code, 0, err);
    const result = resultOf(lines);
    assertSums(result);
    const out = result.paths.filter(({ outages }) => outages?.open !== undefined);
    assert.equal(out.length, 4);
    assert.ok(out.every(({ from, to }) => from === gone.address || to === gone.address));
    // It stays with its server, whatever others there are: what it had no connection for is not sent.
    assert.ok(result.servers.find(({ server }) => server === gone.address)!.unsent > 0);
    assert.match(err, /server a2: every path from and to it/);
  },
);

Deno.test(
  "the servers that a cluster names are found by one of them",
  needsNatsServer,
  async () => {
    await using clusters = await startClusters();
    const { nodes: [first], nodes } = clusters;
    const mesh = startMesh(["--discover", "--every", "200ms", first.address]);
    await allPathsReceived(mesh);
    mesh.kill("SIGTERM");
    const { lines, err, code } = await mesh.ended;
    assert.equal(code, 0, err);
    assert.match(
      err,
      /mesh: 3 servers: .*; leaf nodes, and clusters behind gateways, are named by/,
    );
    const { servers } = resultOf(lines);
    assert.deepEqual(servers.map(({ name }) => name).toSorted(), ["a1", "a2", "a3"]);
    assert.ok(servers.every(({ cluster }) => cluster === "a"));
    assert.deepEqual(
      servers.map(({ server }) => server).toSorted(),
      nodes.map(({ address }) => address).toSorted(),
    );
  },
);

Deno.test(
  "servers that are given are reached by a leaf node and by gateways, with exact sums",
  needsNatsServer,
  async () => {
    await using clusters = await startClusters({ all: true });
    const { nodes } = clusters;
    const mesh = startMesh(["--every", "200ms", serversOf(nodes)]);
    await allPathsReceived(mesh);
    mesh.kill("SIGTERM");
    const { code, lines, err } = await mesh.ended;
    assert.equal(code, 0, err);
    const result = resultOf(lines);
    assertSums(result);
    assert.equal(result.paths.length, 20);
    assert.deepEqual(
      result.servers.map(({ name, cluster }) => [name, cluster]),
      [["a1", "a"], ["a2", "a"], ["a3", "a"], ["b1", "b"], ["leaf", "leaf"]],
    );
  },
);

Deno.test(
  "--discover by a leaf node, or by a cluster of one, says what no server names",
  needsNatsServer,
  async () => {
    await using clusters = await startClusters({ all: true });
    for (const alone of ["leaf", "b1"]) {
      const { address } = clusters.nodes.find(({ name }) => name === alone)!;
      const { code, err } = await startMesh(["--discover", address]).ended;
      assert.equal(code, 2);
      assert.match(
        err,
        /--discover: the server names no other one; leaf nodes, and clusters behind/,
      );
    }
  },
);

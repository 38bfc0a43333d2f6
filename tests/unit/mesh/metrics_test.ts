/** The labels of a mesh's metrics. */

import assert from "node:assert/strict";
import { identityOf } from "../../../lib/bus/nats/identity.ts";
import { meshMetricsText } from "../../../lib/mesh/metrics.ts";
import type { MeshNode } from "../../../lib/mesh/node.ts";
import { dead, matrixOf } from "../../support/mesh_paths.ts";

const SERVERS = ["a:1", "b:1", "c:1"];

function textOf(info: object): string {
  const nodes = SERVERS.map((server) => ({
    server,
    identity: identityOf(info),
    isConnected: true,
  }));
  const options = { version: "1", totalsOf: () => undefined };
  return meshMetricsText(matrixOf(SERVERS, [dead(0, 1)]), nodes as unknown as MeshNode[], options);
}

const labelsOf = (text: string, name: string) =>
  new Set([...text.matchAll(new RegExp(`\\b${name}="([^"]*)"`, "g"))].map(([, value]) => value));

Deno.test("paths are told apart by from and to alone, which are the servers as they were given", () => {
  const text = textOf({ server_name: "n1", cluster: "c1", version: "2.9.10" });
  for (const label of ["from", "to"]) assert.deepEqual([...labelsOf(text, label)].sort(), SERVERS);
  const ofPath = text.split("\n").filter((line) => line.startsWith("tick_received_total{"));
  assert.equal(ofPath.length, 6);
  for (const line of ofPath) {
    assert.match(line, /^tick_received_total\{from="\w:1",to="\w:1"\} \d+$/);
  }
});

Deno.test("a server adds no sample by what it says of itself, and no label without end", () => {
  const hostile = 'x"}\n# TYPE tick_forged counter\ntick_forged{a="\\\u202e\x1b[2J'.repeat(1000);
  const text = textOf({ server_name: hostile, cluster: hostile, version: hostile });
  const plain = textOf({});
  assert.equal(text.split("\n").length, plain.split("\n").length);
  for (const line of text.split("\n")) assert.ok(line.length < 1500, line);
  // deno-lint-ignore no-control-regex -- that is what must not be there
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\u202e]/);
  assert.doesNotMatch(text, /^(# TYPE )?tick_forged/m);
});

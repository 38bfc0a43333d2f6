/** Ports for servers that start later. */

import assert from "node:assert/strict";
import { freePort } from "../../lib/demo/free_port.ts";

// A worker's module is read from its file.
const mayRead = (await Deno.permissions.query({ name: "read" })).state === "granted";

/** The ports that a worker of its own was given. */
async function portsOfWorker(): Promise<{ ports: number[]; worker: Worker }> {
  const worker = new Worker(new URL("../support/port_worker.ts", import.meta.url), {
    type: "module",
  });
  const ports = await new Promise<number[]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  });
  return { ports, worker };
}

Deno.test("no two who ask for ports at once are given the same one", {
  ignore: !mayRead,
}, async () => {
  const all = await Promise.all(Array.from({ length: 3 }, portsOfWorker));
  const ports = all.flatMap(({ ports }) => ports);
  assert.equal(new Set(ports).size, 150);
  assert.ok(Math.min(...ports) > 10_000 && Math.max(...ports) < 32_000);
  all.forEach(({ worker }) => worker.terminate());
});

Deno.test("ports are named in turn, without those that are in use, and once all were, the first one again", () => {
  const [first, second] = [freePort(), freePort()];
  using _ = Deno.listen({ hostname: "127.0.0.1", port: second });
  const others: number[] = [];
  for (let port = freePort(); port !== first && others.length < 100; port = freePort()) {
    others.push(port);
  }
  assert.ok(new Set(others).size === others.length && !others.includes(second), `${others}`);
  assert.deepEqual([others.length < 98, freePort()], [true, others[0]]);
});

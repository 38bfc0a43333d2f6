/** The tasks end as the apps do where their output can't be written. */

import assert from "node:assert/strict";
import { permissionsOf, startApp } from "../support/app.ts";
import { needsRun, startServer } from "../support/nats_server.ts";

for (const task of ["mesh", "merge", "demo", "compare"] as const) {
  Deno.test(`${task} --help says that the disk is full, and ends with 2`, needsRun, async () => {
    await using app = startApp(`lib/${task}.ts`, ["--help"], {
      permissions: permissionsOf(task),
      shell: 'exec "$@" >/dev/full',
    });
    assert.equal(await app.ended(), 2);
    const said = app.err.items.map(({ text }) => text).join("\n");
    assert.match(said, new RegExp(`^${task}: .*No space left`));
  });
}

Deno.test("mesh ends with 2 where its matrix can't be written", needsRun, async () => {
  await using one = await startServer();
  await using other = await startServer();
  const args = ["--duration", "1s", `${one.address},${other.address}`];
  const permissions = permissionsOf("mesh");
  await using written = startApp("lib/mesh.ts", args, { permissions });
  assert.equal(await written.ended(), 1, "no path leads from one to the other");
  await using cut = startApp("lib/mesh.ts", args, { permissions, shell: 'exec "$@" 2>/dev/full' });
  assert.equal(await cut.ended(), 2);
});

Deno.test(
  "merge ends with 2 where its one line on a wrong option can't be written",
  needsRun,
  async () => {
    const permissions = permissionsOf("merge");
    await using cut = startApp("lib/merge.ts", ["--what"], {
      permissions,
      shell: 'exec "$@" 2>/dev/full',
    });
    assert.equal(await cut.ended(), 2);
  },
);

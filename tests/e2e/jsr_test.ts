/** The packages from JSR can stand in for the linked ones: no more of them is used than what they publish. */

import assert from "node:assert/strict";
import { scratch } from "../support/authentication.ts";
import { needsRun } from "../support/nats_server.ts";

const root = new URL("../../", import.meta.url).pathname;

/** As @nats-io/transport-deno publishes its types: those of the client's core, and connect(). */
const TRANSPORT = `import type { ConnectionOptions, NatsConnection } from "@nats-io/nats-core";
export * from "@nats-io/nats-core";
export declare function connect(options?: ConnectionOptions): Promise<NatsConnection>;
`;

Deno.test(
  "the apps and the library use no more of the transport than JSR's package has",
  needsRun,
  async () => {
    await using folder = await scratch();
    const copied = await new Deno.Command("cp", {
      args: ["-r", ...["app1.ts", "app2.ts", "lib", "deno.json", "deno.lock"], folder.path("")],
      cwd: root,
    }).output();
    assert.ok(copied.success);
    const linked = "lib/jsr/transport-deno";
    const { name, version, imports } = JSON.parse(
      await Deno.readTextFile(folder.path(`${linked}/deno.json`)),
    );
    await Deno.remove(folder.path(linked), { recursive: true });
    await Deno.mkdir(folder.path(linked));
    await folder.write(
      `${linked}/deno.json`,
      JSON.stringify({ name, version, imports, exports: "./mod.ts" }),
    );
    await folder.write(`${linked}/mod.ts`, TRANSPORT);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "app1.ts", "app2.ts", "lib/mod.ts"],
      cwd: folder.path(""),
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  },
);

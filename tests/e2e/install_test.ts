/** The apps on the PATH: one command, from any folder, whatever the path of the project is like. */

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import imports from "../../lib/jsr/imports.json" with { type: "json" };
import cli from "../../lib/jsr/std-cli/deno.json" with { type: "json" };
import transport from "../../lib/jsr/transport-deno/deno.json" with { type: "json" };
import { scratch } from "../support/authentication.ts";
import { needsRun } from "../support/nats_server.ts";

const root = new URL("../../", import.meta.url).pathname;

Deno.test("what is installed has the packages that the tasks have", () => {
  const plain = Object.entries({ ...config.imports, ...cli.imports, ...transport.imports })
    .filter(([name, where]) => where.startsWith("npm:") && name !== "ajv"); // for tests only
  const linked = {
    "@nats-io/transport-deno": transport.exports.replace("./", "./transport-deno/"),
    "@std/cli/parse-args": cli.exports["./parse-args"].replace("./", "./std-cli/"),
  };
  assert.deepEqual(imports.imports, { ...Object.fromEntries(plain), ...linked });
});

Deno.test("deno task install puts the apps on the PATH, with spaces in it", needsRun, async () => {
  await using folder = await scratch();
  const project = folder.path("a project");
  for (const each of ["lib", "app1.ts", "app2.ts", "deno.json", "deno.lock"]) {
    await run("cp", ["-r", "--parents", each, `${project}/`], { cwd: root, before: project });
  }
  const bin = folder.path("my bin");
  const PATH = `${bin}/bin:${Deno.execPath().replace(/\/[^/]*$/, "")}:/usr/bin:/bin`;
  const env = { DENO_INSTALL_ROOT: bin, PATH, NO_COLOR: "1" };
  const task = ["task", "--quiet", "--config", `${project}/deno.json`, "install"];
  await run(Deno.execPath(), task, { cwd: "/", env });
  for (const app of ["tick-app1", "tick-app2"]) {
    assert.equal(await run(app, ["--version"], { cwd: "/", env }), `tick ${config.version}\n`);
  }
  await folder.write("mine.json", '{"count": 3, "server": "a:1"}');
  const args = ["--config", "mine.json", "--print-config"];
  const printed = await run("tick-app1", args, { cwd: folder.path(""), env });
  assert.deepEqual(JSON.parse(printed), { count: "3", server: "a:1" });
});

/** Runs a command to its end; what it printed. */
async function run(
  command: string,
  args: string[],
  { cwd, env, before }: { cwd: string; env?: Record<string, string>; before?: string },
): Promise<string> {
  if (before !== undefined) await Deno.mkdir(before, { recursive: true });
  // By way of a shell, which finds it on the PATH that it is given.
  const shell = ["-c", 'exec "$0" "$@"', command, ...args];
  const { code, stdout, stderr } = await new Deno.Command("sh", { args: shell, cwd, env }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${err}${out}`);
  return out;
}

/** Every command that README gives, run as it stands, but for a server of the test's own and a short time. */

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { startApp } from "../support/app.ts";
import { scratch } from "../support/authentication.ts";
import { broker, freePort, needsNatsServer, needsRun } from "../support/nats_server.ts";

const root = new URL("../../", import.meta.url);
const canRead = Deno.permissions.querySync({ name: "read", path: root }).state === "granted";

/** The commands of all blocks for a shell, each in one line and without what is said of it. */
function commandsOf(text: string): string[] {
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block.replaceAll("\\\n", " ").split("\n")
      .map((line) => line.replace(/\s#.*$/, "").replace(/\s+/g, " ").trim())
      .filter((line) => line !== "" && !line.startsWith("#"))
  );
}

const README = canRead ? Deno.readTextFileSync(new URL("README.md", root)) : "";
const commands = commandsOf(README);

/** The same command where it ends soon: at a server of the test's, for a second, with one file of tests. */
function shortened(command: string, address: string): string {
  let short = command.replaceAll("npx -y deno@2.9.6", "deno")
    .replaceAll(/\b(?:nats|jetstream):\/\/nats\.example(?::\d+)?/g, address)
    .replaceAll(/\bnats\.example:\d+/g, address)
    .replace(/--duration \S+/, "--duration 1s")
    .replace(/--rounds \S+/, "--rounds 1")
    .replace(/--http \S+/, `--http ${freePort()}`)
    .replace(/\bnats-server -c/, "nats-server -t -c")
    .replace(/deno (task test|test --allow-net)$/, "deno $1 tests/unit/duration_test.ts");
  if (/task (app|demo)/.test(short) && !/--duration/.test(short)) {
    short = short.replace(/task [\w:]+/, "$& --duration 1s");
  }
  if (/task (app|demo)/.test(short) && !/--server|-s /.test(short)) {
    short = short.replace(/task [\w:]+/, `$& --server ${address}`);
  }
  return short;
}

Deno.test("commandsOf() joins lines and drops comments", () => {
  const text = "```sh\na \\\n  b # c\n\n# d\ne 'f#g'\n```\n```ts\nh\n```";
  assert.deepEqual(commandsOf(text), ["a b", "e 'f#g'"]);
});

Deno.test({
  name: "README gives commands, and has less than 250 lines",
  ignore: !canRead,
  fn() {
    assert.ok(commands.length >= 10, `${commands.length}`);
    assert.ok(README.split("\n").length <= 250, `${README.split("\n").length} lines`);
  },
});

Deno.test("what other programs may import is documented", needsRun, async () => {
  const args = ["doc", "--lint", config.exports];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});

for (const command of commands) {
  const needs = command.includes("nats-server") ? needsNatsServer : needsRun;
  Deno.test({ name: `README: ${command}`, ...needs, fn: () => runs(command) });
}

async function runs(command: string) {
  await using server = await broker();
  await using folder = await scratch();
  await using peer = startApp("app2.ts", ["--server", server.address, "--quiet"]);
  await peer.err.find("connection", ({ text }) => text.includes("connected"));
  const short = shortened(command, server.address);
  // "deno" is the one that runs this test, whatever its file is called.
  await folder.write("deno", `#!/bin/sh\nexec '${Deno.execPath()}' "$@"\n`);
  await Deno.chmod(folder.path("deno"), 0o755);
  const path = `${folder.path("")}:${folder.path("bin")}:/usr/local/bin:/usr/bin:/bin:/usr/sbin`;
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", short],
    cwd: root,
    env: { PATH: path, DENO_INSTALL_ROOT: folder.path(""), NO_COLOR: "1", NATS_URL: "" },
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  // How late ticks arrive here, or whether within a second, is no concern of this test; nor is there a file of that name.
  const isApp = /task (app|demo|compare)/.test(short);
  const may = /ca\.pem/.test(short) ? [2] : isApp ? [0, 1, 3] : [0];
  assert.ok(may.includes(code), `${short} ended with ${code}:\n${said}`);
  if (code === 2) assert.match(said, /--creds: there is no file|--tls-ca: there is no file/);
}

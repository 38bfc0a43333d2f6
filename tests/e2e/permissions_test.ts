/** What the apps may do on this machine: use the network and four variables, and read the files that are named. */

import assert from "node:assert/strict";
import { permissionsOf, startApp, startDeno } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { broker, needsRun } from "../support/nats_server.ts";
import { lines, scratch, startApp1 } from "../support/authentication.ts";
import { userKey } from "../support/nats_keys.ts";

const tries = {
  read: `Deno.readTextFileSync("deno.json")`,
  write: `Deno.writeTextFileSync("deno.json.new", "")`,
  run: `new Deno.Command("true").outputSync()`,
  ffi: `Deno.dlopen("libc.so.6", {})`,
  sys: `Deno.hostname()`,
  "another variable": `Deno.env.get("HOME")`,
  "all of the environment": `Deno.env.toObject()`,
};

for (const task of ["app1", "app2"] as const) {
  for (const [what, attempt] of Object.entries(tries)) {
    Deno.test(`the task ${task} denies ${what}`, needsRun, async () => {
      const script = `try { ${attempt}; console.log("done"); } catch (e) { console.log(e.name); }`;
      const url = `data:text/javascript,${encodeURIComponent(script)}`;
      await using app = startDeno(["run", "--quiet", "--no-prompt", ...permissionsOf(task), url]);
      await app.ended();
      assert.equal(lines(app.out), "NotCapable", lines(app.err));
    });
  }
}

Deno.test("app1 runs where everything else is denied outright", needsRun, async () => {
  await using server = await broker();
  using peer = await barePeer(server.address, ["app1_tick"]);
  const denied = ["read", "write", "run", "ffi", "sys", "import"].map((kind) => `--deny-${kind}`);
  await using app = startApp("app1.ts", ["--server", server.address], {
    permissions: [...permissionsOf("app1"), ...denied],
  });
  await peer.messages.reach(20, "ticks");
  await peer.publish("app2_tick", "0");
  await app.out.reach(1, "dt line");
  app.kill("SIGTERM");
  assert.equal(await app.ended(), 0, lines(app.err));
});

for (const option of ["creds", "nkey", "tls-ca"]) {
  Deno.test(`app1 says in one line that it may not read --${option}`, needsRun, async () => {
    await using folder = await scratch();
    const [file, other] = [await folder.write("a", "A"), await folder.write("b", "B")];
    await using app = startApp1([`--${option}`, file], { reads: [other] });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, lines(app.err));
    const command = `deno task app1:files --${option} ${file}`;
    assert.ok(lines(app.err).includes(`--${option}: may not read "${file}"; use \`${command}\``));
    assert.ok(lines(app.err).includes(` --allow-read=${file} app1.ts --${option} ${file}\``));
  });

  for (
    const [what, content] of [["is missing"], ["is empty", ""], ["is junk", "secret\u0000\nSU"]]
  ) {
    Deno.test(`app1 says in one line that the file of --${option} ${what}`, needsRun, async () => {
      await using folder = await scratch();
      const file = folder.path("file");
      if (content !== undefined) await folder.write("file", content);
      await using app = startApp1([`--${option}`, file], { reads: [file] });
      assert.equal(await app.ended(), 2);
      assert.equal(app.err.items.length, 1, lines(app.err));
      assert.ok(lines(app.err).includes(`--${option}: `), lines(app.err));
      assert.doesNotMatch(lines(app.err), /secret/);
    });
  }
}

Deno.test("app1 says in one line that a seed has a letter wrong", needsRun, async () => {
  await using server = await broker();
  await using folder = await scratch();
  const { seed } = userKey();
  const wrong = `${seed.slice(0, 20)}${seed[20] === "A" ? "B" : "A"}${seed.slice(21)}`;
  const file = await folder.write("me.nk", wrong);
  await using app = startApp1(["--server", server.address, "--nkey", file], { reads: [file] });
  assert.equal(await app.ended(), 2);
  assert.equal(app.err.items.length, 1, lines(app.err));
  assert.doesNotMatch(lines(app.err), /SU[A-Z2-7]{9}/);
});

Deno.test("app1 takes neither a folder nor a device for a file", needsRun, async () => {
  for (const path of ["/tmp", "/dev/zero"]) {
    await using app = startApp1(["--nkey", path], { reads: [path] });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, lines(app.err));
  }
});

for (
  const args of [
    ["--server", "nats://me:secret@127.0.0.1:1"],
    ["nats://me:secret@127.0.0.1:1"],
    ["--name", "nats://me:secret@127.0.0.1:1"],
    ["--publish", 'nats://me:secret," @127.0.0.1:1'],
    ["--interval", "me:secret@host"],
    ["--password=secret"],
    ["--token", "secret"],
  ]
) {
  Deno.test(`app1 says nothing of the secret in ${args.join(" ")}`, needsRun, async () => {
    await using app = startApp1(args);
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, lines(app.err));
    assert.doesNotMatch(lines(app.err) + lines(app.out), /secret/);
  });
}

for (
  const [what, env, args, cause] of [
    ["a password without a user", { NATS_PASSWORD: "secret" }, [], /NATS_USER is not/],
    ["a user and a token", { NATS_USER: "me", NATS_TOKEN: "secret" }, [], /both set/],
    ["a URL with a password", { NATS_URL: "nats://me:secret@127.0.0.1:1" }, [], /NATS_URL/],
    ["two files", {}, ["--creds", "a", "--nkey", "b"], /both given/],
  ] as const
) {
  Deno.test(`app1 ends with one line and 2 for ${what}`, needsRun, async () => {
    await using app = startApp1([...args], { env });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, lines(app.err));
    assert.match(lines(app.err), cause);
    assert.doesNotMatch(lines(app.err), /secret/);
  });
}

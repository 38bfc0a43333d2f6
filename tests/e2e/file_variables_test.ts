/** Files that are named by variables, as the nats command line has them, and the contexts it writes. */

import assert from "node:assert/strict";
import { readContext } from "../../lib/bus/nats/context.ts";
import { permissionsOf, startApp } from "../support/app.ts";
import { configured, lines, scratch, startApp1, tlsBlock } from "../support/authentication.ts";
import { certificates } from "../support/certificates.ts";
import { operated, userKey } from "../support/nats_keys.ts";
import { needsNatsServer, needsRun } from "../support/nats_server.ts";

/** An app that is let in by the files that these variables name. */
async function letIn(address: string, env: Record<string, string>) {
  const args = ["--server", address, "--count", "1"];
  await using app = startApp1(args, { env, reads: Object.values(env) });
  assert.equal(await app.ended(), 1, lines(app.err));
  assert.match(lines(app.err), /connected to/);
}

Deno.test("NATS_CREDS names a credentials file", needsNatsServer, async () => {
  const { config, creds } = operated();
  await using server = await configured(config);
  await using folder = await scratch();
  await letIn(server.address, { NATS_CREDS: await folder.write("me.creds", creds()) });
});

Deno.test("NATS_NKEY names a seed file", needsNatsServer, async () => {
  const { seed, publicKey } = userKey();
  await using server = await configured(`accounts { A { users = [ { nkey: ${publicKey} } ] } }`);
  await using folder = await scratch();
  await letIn(server.address, { NATS_NKEY: await folder.write("me.nk", seed) });
});

Deno.test("NATS_CA, NATS_CERT and NATS_KEY name the files of TLS", needsNatsServer, async () => {
  const made = await certificates();
  const { path } = made;
  await using tls = await configured(tlsBlock(path, "address", true));
  await letIn(tls.address, {
    NATS_CA: path("ca.pem"),
    NATS_CERT: path("client.pem"),
    NATS_KEY: path("client.key"),
  });
});

Deno.test(
  "a file that a variable names is named with it where it may not be read",
  needsRun,
  async () => {
    await using app = startApp1([], { env: { NATS_CREDS: "/nowhere/me.creds" } });
    assert.equal(await app.ended(), 2);
    assert.match(lines(app.err), /^app1: NATS_CREDS: may not read .*`deno task app1:files/);
  },
);

for (const [named, other] of [["NATS_CERT", "NATS_KEY"], ["NATS_CA", ""]]) {
  Deno.test(`${named} is what is named where its file is of no use`, needsRun, async () => {
    await using folder = await scratch();
    const path = await folder.write("no.pem", "nothing");
    const env = Object.fromEntries([named, other].filter(Boolean).map((name) => [name, path]));
    await using app = startApp1(["--server", "tls://127.0.0.1:1"], { env, reads: [path] });
    assert.equal(await app.ended(), 2);
    assert.equal(lines(app.err), `app1: ${named}: "${path}" holds no certificate in PEM`);
  });
}

Deno.test(
  "NATS_CERT without NATS_KEY is told by the names of both",
  needsRun,
  async () => {
    await using app = startApp1(["--server", "tls://127.0.0.1:1"], { env: { NATS_CERT: "c.pem" } });
    assert.equal(await app.ended(), 2);
    assert.equal(lines(app.err), "app1: NATS_CERT and NATS_KEY need each other");
  },
);

Deno.test("--context says what it may not read, and how to allow it", needsRun, async () => {
  await using app = startApp1(["--context", "mine", "-q"]);
  assert.equal(await app.ended(), 2);
  assert.match(lines(app.err), /^app1: --context: may not read the variable XDG_CONFIG_HOME; /);
  assert.match(lines(app.err), /`deno task app1:files --context mine -q`/);
  assert.match(lines(app.err), /--allow-env=NATS_URL,\S*,XDG_CONFIG_HOME,HOME .*app1\.ts/);
});

/** Reads a context of this content, in a home of its own. */
async function contextOf(content: unknown, variables: Record<string, string> = {}) {
  await using folder = await scratch();
  const HOME = folder.path("home");
  await Deno.mkdir(`${HOME}/.config/nats/context`, { recursive: true });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await folder.write("home/.config/nats/context/mine.json", text);
  const known: Record<string, string | undefined> = { ...variables, HOME };
  const variable = await readContext("mine", (name) => known[name]);
  return { variable, HOME };
}

Deno.test(
  "readContext() stands for all variables of NATS, and for no other",
  needsRun,
  async () => {
    const content = {
      url: "a:1,b:2",
      user: "me",
      password: "secret",
      token: "",
      creds: "~/my.creds",
    };
    const before = { NATS_TOKEN: "other", NATS_CA: "/ca.pem", TERM: "dumb" };
    const { variable, HOME } = await contextOf(content, before);
    assert.equal(variable("NATS_URL"), "a:1,b:2");
    assert.deepEqual(["NATS_USER", "NATS_PASSWORD"].map(variable), ["me", "secret"]);
    assert.equal(variable("NATS_CREDS"), `${HOME}/my.creds`);
    assert.deepEqual(["NATS_TOKEN", "NATS_CA"].map(variable), [undefined, undefined]);
    assert.equal(variable("TERM"), "dumb");
  },
);

for (
  const [what, content, message] of [
    ["what is not JSON", "{secret", /holds no JSON object/],
    ["a list", "[]", /holds no JSON object/],
    ["a URL with credentials", { url: "nats://me:secret@a:1" }, /must not hold credentials/],
    ["a token that is no text", { token: 12 }, /its token is not a text/],
  ] as const
) {
  Deno.test(`readContext() refuses ${what}, and quotes nothing of it`, needsRun, async () => {
    await assert.rejects(contextOf(content), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
}

for (const name of ["", "..", "a/b", "a\u001b"]) {
  Deno.test(`readContext() takes ${JSON.stringify(name)} for no name`, async () => {
    await assert.rejects(readContext(name, () => undefined), /invalid name/);
  });
}

Deno.test("the suggested command has each option as a shell takes it", needsRun, async () => {
  await using folder = await scratch();
  const ca = await folder.write("my ca.pem", "junk");
  const args = ["--expect", "loss=0,p99<5ms", "--histogram", "out's", "--tls-ca", ca];
  await using app = startApp("app1.ts", args, { permissions: permissionsOf("app1") });
  assert.equal(await app.ended(), 2);
  const text = lines(app.err);
  assert.ok(
    text.includes(`--expect 'loss=0,p99<5ms' --histogram 'out'\\''s' --tls-ca '${ca}'`),
    text,
  );
  assert.ok(text.includes(`'--allow-write=out'\\''s,out'\\''s.part'`), text);
});

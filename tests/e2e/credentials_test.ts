/** Who is let in: passwords, tokens, nkeys and creds files, right, wrong, and changed on the way. */

import assert from "node:assert/strict";
import { needsNatsServer } from "../support/nats_server.ts";
import { configured, lines, refusedAtOnce, scratch, startApp1 } from "../support/authentication.ts";
import { LONG } from "../support/long.ts";
import { proxy } from "../support/proxy.ts";
import { operated, userKey } from "../support/nats_keys.ts";

const PASSWORD = `accounts { A { users = [ { user: me, password: "right-secret" } ] } }`;
const TOKEN = `authorization { token: "right-secret" }`;
const withNkey = (publicKey: string) => `accounts { A { users = [ { nkey: ${publicKey} } ] } }`;

const me = { NATS_USER: "me", NATS_PASSWORD: "right-secret" };

for (
  const [what, config, env] of [
    ["NATS_USER and NATS_PASSWORD", PASSWORD, me],
    ["NATS_TOKEN", TOKEN, { NATS_TOKEN: "right-secret" }],
  ] as const
) {
  Deno.test(`app1 is let in with ${what}`, needsNatsServer, async () => {
    await using server = await configured(config);
    await using app = startApp1(["--server", server.address, "--quiet"], { env });
    await app.err.find("connection", ({ text }) => text.includes("connected to"));
    app.kill("SIGTERM");
    await app.ended();
    assert.doesNotMatch(lines(app.err) + lines(app.out), /secret/);
  });
}

Deno.test("app1 is let in with --nkey", needsNatsServer, async () => {
  const { seed, publicKey } = userKey();
  await using server = await configured(withNkey(publicKey));
  await using folder = await scratch();
  const file = await folder.write("me.nk", `${seed}\n`);
  await using app = startApp1(["--server", server.address, "--nkey", file], { reads: [file] });
  await app.err.find("connection", ({ text }) => text.includes("connected to"));
});

for (
  const [what, config, env] of [
    ["a wrong password", PASSWORD, { ...me, NATS_PASSWORD: "wrong-secret" }],
    ["an unknown user", PASSWORD, { ...me, NATS_USER: "you" }],
    ["no credentials", PASSWORD, {}],
    ["a wrong token", TOKEN, { NATS_TOKEN: "wrong-secret" }],
    ["a token in place of a password", PASSWORD, { NATS_TOKEN: "wrong-secret" }],
  ] as const
) {
  Deno.test(
    `app1 ends with one line and 2 without trying on for ${what}`,
    needsNatsServer,
    async () => {
      await using server = await configured(config);
      const times = what === "a wrong password" && LONG ? 50 : 1;
      for (let time = 0; time < times; time++) {
        using link = proxy(server.address);
        link.open();
        const app = startApp1(["--server", link.address], { env });
        await refusedAtOnce(app, () => link.connections);
        assert.match(lines(app.err), /Authorization Violation/);
        assert.match(
          lines(app.err),
          "NATS_USER" in env || "NATS_TOKEN" in env ? /NATS_/ : /--creds/,
        );
        assert.doesNotMatch(lines(app.err), /secret/);
      }
    },
  );
}

Deno.test("app1 ends with one line and 2 for another's nkey", needsNatsServer, async () => {
  await using server = await configured(withNkey(userKey().publicKey));
  await using folder = await scratch();
  const file = await folder.write("me.nk", userKey().seed);
  await using app = startApp1(["--server", server.address, "--nkey", file], { reads: [file] });
  assert.equal(await app.ended(), 2);
  assert.equal(app.err.items.length, 1, lines(app.err));
  assert.match(lines(app.err), /Authorization Violation/);
});

Deno.test(
  "app1 says once that it is refused now, and comes back when it isn't",
  needsNatsServer,
  async () => {
    await using server = await configured(PASSWORD);
    const args = ["--server", server.address, "--json"];
    await using app = startApp1(args, { env: me });
    const event = (name: string, from: number) =>
      app.out.find(name, ({ text }) => text.includes(`"event":"${name}"`), { from });
    await event("connected", 0);
    for (let round = 0; round < (LONG ? 50 : 5); round++) {
      const from = app.out.items.length;
      await server.reload(PASSWORD.replace("right", "changed"));
      await Promise.all([event("refused", from), event("disconnected", from)]);
      await new Promise((resolve) => setTimeout(resolve, 200)); // for some tries that aren't said
      await server.reload(PASSWORD);
      const back = await event("reconnected", from);
      const said = app.out.items.slice(from, back).filter(({ text }) =>
        /refused|discon/.test(text)
      );
      assert.equal(said.length, 2, app.out.items.map(({ text }) => text).join("\n"));
    }
    app.kill("SIGTERM");
    await app.ended();
    assert.doesNotMatch(lines(app.err) + lines(app.out), /secret|rror:/);
  },
);

Deno.test("app1 takes a renewed --nkey file without a restart", needsNatsServer, async () => {
  const [old, renewed] = [userKey(), userKey()];
  await using server = await configured(withNkey(old.publicKey));
  await using folder = await scratch();
  const file = await folder.write("me.nk", old.seed);
  await using app = startApp1(["--server", server.address, "--nkey", file], { reads: [file] });
  await app.err.find("connection", ({ text }) => text.includes("connected to"));
  await server.reload(withNkey(renewed.publicKey));
  await app.err.find("refusal", ({ text }) => text.includes("now rejects our connection"));
  await folder.write("me.nk", renewed.seed);
  await app.err.find("return", ({ text }) => text.includes("reconnected to"));
});

Deno.test(
  "app1 is let in with --creds, and with another operator's is not",
  needsNatsServer,
  async () => {
    const mine = operated();
    await using server = await configured(mine.config);
    await using folder = await scratch();
    const right = await folder.write("right.creds", mine.creds());
    const wrong = await folder.write("wrong.creds", operated().creds());
    const windows = await folder.write("windows.creds", mine.creds().replaceAll("\n", "\r\n"));
    for (const file of [right, windows]) {
      await using app = startApp1(["--server", server.address, "--creds", file], { reads: [file] });
      await app.err.find("connection", ({ text }) => text.includes("connected to"));
    }
    await using app = startApp1(["--server", server.address, "--creds", wrong], { reads: [wrong] });
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, lines(app.err));
    assert.doesNotMatch(lines(app.err), /eyJ|SU[A-Z2-7]{20}/);
  },
);

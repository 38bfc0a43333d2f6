/** Every option of the table on a command line, as an app of its own takes it. */

import assert from "node:assert/strict";
import { optionNames } from "../../lib/cli/table.ts";
import type { WallUs } from "../../lib/time/clock.ts";
import { headerOf } from "../../lib/wire.ts";
import { type App, permissionsOf, startApp } from "../support/app.ts";
import { configured, scratch, startApp1, tlsBlock } from "../support/authentication.ts";
import { barePeer } from "../support/bare_peer.ts";
import { certificates } from "../support/certificates.ts";
import { operated, userKey } from "../support/nats_keys.ts";
import { broker, freePort, needsNatsServer, needsRun } from "../support/nats_server.ts";
import { isTick, type JsonObject, nextEvent, summaryOf } from "../support/pair.ts";
import { proxy } from "../support/proxy.ts";

const texts = ({ items }: App["out"]) => items.map(({ text }) => text);
const bytes = (text: string) => new TextEncoder().encode(text);

/** A server, somebody who listens to all of it, and app1 once it has sent a tick. */
async function trial(args: string[], permissions = permissionsOf("app1")) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await broker());
  const link = stack.use(proxy(server.address));
  link.open();
  const peer = stack.use(await barePeer(server.address, [">"], { headers: true }));
  const all = ["--server", link.address, ...args];
  const app = stack.use(startApp("app1.ts", all, { permissions }));
  await peer.messages.reach(1, "tick");
  const moved = stack.move();
  return {
    server,
    link,
    peer,
    app,
    /** A tick of a peer that numbers them, so many seconds old. */
    async send(seq: number, { to = "app2_tick", ageS = 0 } = {}) {
      const header = headerOf({ run: "aaaaaaaa", seq, timerErrorUs: 0, unsent: 0, skipped: 0 });
      const block = bytes(`NATS/1.0\r\nTick: ${header}\r\n\r\n`);
      await peer.send(to, bytes(String(Date.now() / 1000 - ageS)), block);
    },
    /** Ends it; what its summary says in JSON. */
    async ended(code = 0): Promise<JsonObject> {
      app.kill("SIGTERM");
      assert.equal(await app.ended(), code, texts(app.err).join("\n"));
      return summaryOf(app);
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

/** What an app prints that needs no server. */
async function printed(...args: string[]): Promise<string[]> {
  await using app = startApp("app1.ts", args);
  assert.equal(await app.ended(), 0);
  return texts(app.out);
}

/** An app that is let in where the files of these options are right. */
async function letIn(address: string, files: Record<string, string>) {
  const options = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path]);
  const args = ["--server", address, "--count", "1", ...options];
  await using app = startApp1(args, { reads: Object.values(files) });
  assert.equal(await app.ended(), 1, texts(app.err).join("\n"));
  assert.match(texts(app.err).join("\n"), /connected to/);
}

/** A server that takes nobody without TLS and a certificate. */
async function lettingInByTls(files: string[]) {
  const made = await certificates();
  const { path } = made;
  await using tls = await configured(tlsBlock(path, "address", files.includes("tls-cert")));
  const names: Record<string, string> = {
    "tls-ca": "ca.pem",
    "tls-cert": "client.pem",
    "tls-key": "client.key",
  };
  const given = Object.fromEntries(files.map((name) => [name, path(names[name])]));
  await letIn(`tls://${tls.address}`, given);
}

/** An app that says in a line what is wrong with the value; what a right one does is the bus's own test. */
async function refusing(option: string, value: string, server: string, expected: RegExp) {
  await using app = startApp("app1.ts", ["--server", server, option, value]);
  assert.equal(await app.ended(), 2);
  assert.equal(app.err.items.length, 1, texts(app.err).join("\n"));
  assert.ok(texts(app.err)[0].startsWith(`app1: ${option}: `));
  assert.match(texts(app.err)[0], expected);
}

const CASES: Record<string, () => Promise<void>> = {
  async server() {
    await using server = await broker();
    using peer = await barePeer(server.address, ["app1_tick"]);
    const list = `127.0.0.1:${freePort()},${server.address}`;
    await using _app = startApp("app1.ts", ["--server", list]);
    await peer.messages.reach(1, "tick");
  },
  async publish() {
    await using test = await trial(["--publish", "here.tick"]);
    assert.equal(test.peer.messages.items[0].subject, "here.tick");
  },
  async subscribe() {
    await using test = await trial(["--subscribe", "there.*"]);
    await test.send(0, { to: "there.b" });
    await test.app.out.reach(1, "dt line");
    assert.match(texts(test.app.out)[0], /^there\.b dt = /);
  },
  async name() {
    await using test = await trial(["--name", "left", "--json"]);
    assert.equal((await test.ended(1)).name, "left");
    assert.match(texts(test.app.err)[0], /Z left: /);
  },
  async interval() {
    await using test = await trial(["--interval", "1s", "--count", "2", "--json"]);
    await test.peer.messages.reach(2, "ticks");
    const [first, second] = test.peer.messages.items.map(({ body }) => Number(body));
    assert.ok(second - first > 0.5, `${second - first} s apart`);
  },
  async count() {
    await using test = await trial(["--count", "3", "--json"]);
    assert.equal(await test.app.ended(), 1);
    assert.equal(summaryOf(test.app).schedule.sent, 3);
  },
  async duration() {
    await using test = await trial(["--duration", "5s", "--interval", "1s", "--json"]);
    assert.equal(await test.app.ended(), 1);
    // It counts from the start on, the slots from the first connection.
    const { slots } = summaryOf(test.app).schedule;
    assert.ok(slots > 0 && slots <= 5, `${slots} slots`);
  },
  async digits() {
    await using test = await trial(["--digits", "5"]);
    await test.send(0);
    await test.app.out.reach(1, "dt line");
    assert.match(texts(test.app.out)[0], /^dt = -?\d+\.\d{5}$/);
  },
  async quiet() {
    await using test = await trial(["--quiet"]);
    await test.send(0);
    await test.app.err.find("the peer", ({ text }) => text.includes("app2_tick"));
    test.app.kill("SIGTERM");
    assert.equal(await test.app.ended(), 0);
    assert.deepEqual(texts(test.app.out), []);
  },
  async json() {
    await using test = await trial(["--json"]);
    await test.send(7);
    const at = await test.app.out.find("tick", isTick);
    const { subject, seq } = JSON.parse(test.app.out.items[at].text);
    assert.deepEqual([subject, seq], ["app2_tick", 7]);
    assert.equal((await test.ended()).peers[0].sequence.received, 1);
  },
  async every() {
    await using test = await trial(["--every", "100ms", "--json"]);
    await test.send(0);
    await test.app.out.find("interval", ({ text }) => text.includes('"type":"interval"'));
  },
  async live() {
    // Here is no terminal; on one: screen_test.ts.
    await using test = await trial(["--live", "--json"]);
    const { reason } = await nextEvent(test.app, "no screen");
    assert.equal(reason, "stderr is not a terminal");
    await test.send(0);
    await test.app.out.find("tick", isTick);
  },
  async http() {
    await using test = await trial(["--http", "127.0.0.1:0", "--json"]);
    const { url } = await nextEvent(test.app, "page");
    const answer = await fetch(url);
    assert.match(await answer.text(), /^<!doctype html>/);
  },
  async histogram() {
    await using folder = await scratch();
    const path = folder.path("hgrm");
    const files = `${path},${path}.part`;
    const permissions = [`--allow-read=${files}`, `--allow-write=${files}`];
    const args = ["--histogram", path, "--json"];
    await using test = await trial(args, [...permissionsOf("app1"), ...permissions]);
    await test.send(0);
    await test.app.out.find("tick", isTick);
    await test.ended();
    assert.match(await Deno.readTextFile(path), /^# app2_tick: dt in ms/);
  },
  async report() {
    await using folder = await scratch();
    const path = folder.path("run.html");
    const files = `${path},${path}.part`;
    const permissions = [`--allow-read=${files}`, `--allow-write=${files}`];
    const args = ["--report", path, "--json"];
    await using test = await trial(args, [...permissionsOf("app1"), ...permissions]);
    await test.send(0);
    await test.app.out.find("tick", isTick);
    await test.ended();
    assert.match(await Deno.readTextFile(path), /^<!doctype html>[^]*<h2>app2_tick<\/h2>/);
  },
  async expect() {
    await using test = await trial(["--expect", "received>=2", "--json"]);
    await test.send(0);
    await test.app.out.find("tick", isTick);
    await test.ended(3);
  },
  async "expect-every"() {
    const rule = ["--expect", "dt.max<1ms", "--expect-every", "300ms"];
    await using test = await trial(["--json", ...rule]);
    for (const seq of [0, 1]) await test.send(seq, { ageS: 1 });
    const { outcomes } = await nextEvent(test.app, "threshold failed");
    assert.equal(outcomes[0].written, "dt.max<1ms");
    const [{ ok, intervals }] = (await test.ended(3)).expectations;
    assert.ok(!ok && intervals.failed > 0, JSON.stringify(intervals));
  },
  async sure() {
    // Echoes a tick as if it had been on its way for two minutes: the offset is 0 ± 60 s.
    for (const [sure, code] of [[[], 0], [["--sure"], 3]] as const) {
      await using test = await trial(["--expect", "offset<30s", "--json", ...sure]);
      const { body, headers } = test.peer.messages.items[0];
      const signUs = Math.round(Number(body) * 1e6);
      const nowUs = Date.now() * 1000;
      // A busy app's first tick need not be of its first slot.
      const [, run, seq] = /run=(\w+); seq=(\d+)/.exec(headers)!;
      const header = headerOf({
        ...{ run: "aaaaaaaa", seq: 0, timerErrorUs: 0, unsent: 0, skipped: 0 },
        echo: { run, seq: Number(seq), signUs: signUs as WallUs, realUs: signUs + 40e6 as WallUs },
      });
      const block = bytes(`NATS/1.0\r\nTick: ${header}\r\n\r\n`);
      await test.peer.send("app2_tick", bytes(((nowUs - 40e6) / 1e6).toFixed(6)), block);
      await test.app.out.find("tick", isTick);
      const { expectations, peers } = await test.ended(code);
      assert.ok(peers[0].clock.bound > 39, JSON.stringify(peers[0].clock));
      assert.match(expectations[0].open, /by the clock's bound/);
    }
  },
  async "loss-timeout"() {
    // Where it is given up before it comes, it is late; else it is only reordered.
    for (const [timeout, late, reordered] of [["20ms", 1, 0], ["1h", 0, 1]]) {
      await using test = await trial(["--loss-timeout", String(timeout), "--json"]);
      for (const seq of [0, 2]) await test.send(seq);
      if (late) await nextEvent(test.app, "lost");
      await test.send(1);
      await test.app.out.find("the last tick", ({ text }) => /"tick".*"seq":1\b/.test(text));
      const [{ sequence }] = (await test.ended()).peers;
      assert.deepEqual([sequence.late, sequence.reordered], [late, reordered]);
    }
  },
  async peers() {
    await using test = await trial(["--subscribe", "fleet.*", "--peers", "1", "--json"]);
    await test.send(0, { to: "fleet.a" });
    await nextEvent(test.app, "receiving");
    await test.send(0, { to: "fleet.b" });
    assert.equal((await nextEvent(test.app, "rejected")).subject, "fleet.b");
    const { peers, rejected } = await test.ended();
    assert.deepEqual([peers.length, peers[0].subject], [1, "fleet.a"]);
    assert.deepEqual(rejected, { "too many subjects": 1 });
  },
  async forget() {
    await using test = await trial(["--subscribe", "fleet.*", "--forget", "1s", "--json"]);
    await test.send(0, { to: "fleet.a" });
    await nextEvent(test.app, "receiving");
    await test.send(0, { to: "fleet.b" });
    // Whichever is looked at first; the last one is never forgotten.
    const { subject, received } = await nextEvent(test.app, "forgotten");
    assert.deepEqual([subject, received], ["fleet.a", 1]);
    const { peers, forgotten } = await test.ended();
    assert.deepEqual(peers.map(({ subject }: JsonObject) => subject), ["fleet.b"]);
    assert.deepEqual([forgotten.peers, forgotten.sequence.received], [1, 1]);
  },
  async stale() {
    for (const [age, stale] of [["1h", 0], ["10s", 1]]) {
      await using test = await trial(["--stale", String(age), "--json"]);
      await test.send(0);
      await test.send(1, { ageS: 60 });
      await test.app.out.find("tick", ({ text }) => /"tick".*"seq":1\b/.test(text));
      assert.equal((await test.ended()).peers[0].stale, stale);
    }
  },
  async ping() {
    // By default, it would be given up long before then.
    await using test = await trial(["--ping", "2s", "--json"]);
    test.link.freeze();
    const { for: forS } = await nextEvent(test.app, "unresponsive");
    assert.ok(forS >= 1.9, `${forS} s`);
  },
  async "dial-timeout"() {
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const args = ["--server", `127.0.0.1:${silent.addr.port}`, "--dial-timeout", "50ms", "--json"];
    await using app = startApp("app1.ts", args);
    await nextEvent(app, "waiting");
  },
  async creds() {
    const { config, creds } = operated();
    await using server = await configured(config);
    await using folder = await scratch();
    await letIn(server.address, { creds: await folder.write("me.creds", creds()) });
  },
  async nkey() {
    const { seed, publicKey } = userKey();
    await using server = await configured(
      `accounts { A { users = [ { nkey: ${publicKey} } ] } }`,
    );
    await using folder = await scratch();
    await letIn(server.address, { nkey: await folder.write("me.nk", seed) });
  },
  async context() {
    const { seed, publicKey } = userKey();
    await using server = await configured(`accounts { A { users = [ { nkey: ${publicKey} } ] } }`);
    await using folder = await scratch();
    const nkey = await folder.write("me.nk", seed);
    await Deno.mkdir(folder.path("nats/context"), { recursive: true });
    const context = { url: `nats://${server.address}`, nkey, user: "", description: "mine" };
    await folder.write("nats/context/mine.json", JSON.stringify(context));
    await using app = startApp("app1.ts", ["--context", "mine", "--count", "1"], {
      permissions: permissionsOf("app1:files"),
      env: { XDG_CONFIG_HOME: folder.path(""), NATS_URL: "127.0.0.1:1", NATS_TOKEN: "another" },
    });
    assert.equal(await app.ended(), 1, texts(app.err).join("\n"));
    assert.match(texts(app.err).join("\n"), /connected to/);
  },
  "tls-ca": () => lettingInByTls(["tls-ca"]),
  "tls-cert": () => lettingInByTls(["tls-ca", "tls-cert", "tls-key"]),
  "tls-key": () => lettingInByTls(["tls-ca", "tls-cert", "tls-key"]),
  async config() {
    await using folder = await scratch();
    const path = await folder.write("tick.json", '{"name": "left", "count": 7, "json": true}');
    await using server = await broker();
    const args = ["--server", server.address, "--config", path, "--count", "3"];
    await using app = startApp1(args, { reads: [path] });
    assert.equal(await app.ended(), 1);
    const { name, schedule } = summaryOf(app);
    assert.deepEqual([name, schedule.sent], ["left", 3]); // the command line goes before
  },
  async "print-config"() {
    const args = ["-s", "a:1", "-q", "--expect", "loss=0", "--print-config"];
    assert.deepEqual(JSON.parse((await printed(...args)).join("\n")), {
      ...{ server: "a:1", quiet: true, expect: ["loss=0"] },
    });
  },
  async completions() {
    const script = (await printed("--completions", "bash")).join("\n");
    const asked = `${script}
      COMP_WORDS=(deno task app1 --durat) COMP_CWORD=3
      _tick_app1
      echo "\${COMPREPLY[@]}"`;
    const { stdout } = await new Deno.Command("bash", { args: ["-c", asked] }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), "--duration");
  },
  exchange: () => refusing("--exchange", "no name", "amqp://127.0.0.1", /1 to 127 letters/),
  stream: () => refusing("--stream", "no name", "jetstream://127.0.0.1", /1 to 64 letters/),
  storage: () => refusing("--storage", "paper", "jetstream://127.0.0.1", /expected file, memory/),
  async republish() {
    // What it does where the bus acknowledges is told by the contract's test.
    await using app = startApp("app1.ts", ["--server", "nats://127.0.0.1", "--republish"]);
    assert.equal(await app.ended(), 2);
    assert.deepEqual(texts(app.err), [
      "app1: --republish does not apply to nats:// servers: they store and acknowledge nothing",
    ]);
  },
  durable: () => refusing("--durable", "no name", "amqp://127.0.0.1", /1 to 64 letters/),
  start: () => refusing("--start", "nowhere", "amqp://127.0.0.1", /expected new, last, all/),
  async help() {
    const help = (await printed("--help")).join("\n");
    for (const name of optionNames()) assert.ok(help.includes(`--${name} `), name);
  },
  async version() {
    assert.match((await printed("--version"))[0], /^tick \d+\.\d+\.\d+$/);
  },
};

/** Those that only a nats-server can show. */
const LOGIN = new Set(["context", "creds", "nkey", "tls-ca", "tls-cert", "tls-key"]);

Deno.test("there is a case for every option, and none for any other", () => {
  assert.deepEqual(Object.keys(CASES).sort(), optionNames().sort());
});

for (const [name, test] of Object.entries(CASES)) {
  const needs = LOGIN.has(name) ? needsNatsServer : needsRun;
  Deno.test(`--${name} does on a command line what it says`, needs, test);
}

for (
  const [expectations, ticks, code] of [
    [["loss=0", "received>=1", "dt.max<1h"], 2, 0],
    [["loss=0", "received>=3"], 2, 3],
    [["offset<1h"], 2, 3], // not known
    [["loss=0"], 0, 1],
    [["received=0"], 0, 1],
  ] as [string[], number, number][]
) {
  const what = expectations.map((written) => `--expect '${written}'`).join(" ");
  Deno.test(`app1 ${what} ends with ${code} where ${ticks} came`, needsRun, async () => {
    const args = expectations.flatMap((written) => ["--expect", written]);
    await using test = await trial(["--json", ...args]);
    for (let seq = 0; seq < ticks; seq++) await test.send(seq);
    for (let seq = 0; seq < ticks; seq++) {
      await test.app.out.find("tick", ({ text }) => text.includes(`"seq":${seq},`));
    }
    await test.ended(code);
  });
}

Deno.test("app1 ends with 2 for an expectation that can't be read", needsRun, async () => {
  await using app = startApp("app1.ts", ["--expect", "p99<5"]);
  assert.equal(await app.ended(), 2);
  assert.match(texts(app.err).join("\n"), /^app1: --expect: .*"5".*$/);
});

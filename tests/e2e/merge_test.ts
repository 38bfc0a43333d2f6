/** Observers that share the senders by the server's own partitions, and `deno task merge` of what they printed. */

import assert from "node:assert/strict";
import { type App, permissionsOf, startApp } from "../support/app.ts";
import { scratch } from "../support/authentication.ts";
import { manySenders } from "../support/senders.ts";
import { natsServer, needsNatsServer, needsRun } from "../support/nats_server.ts";
import { startNatsServer } from "../../lib/demo/nats_server.ts";
import { type JsonObject, nextEvent, PATIENT, summaryOf } from "../support/pair.ts";
import { connect, rawClient } from "../support/raw_client.ts";

const SENDERS = 2000;
const ROUNDS = 6;
const PARTITIONS = 4;
const MAPPINGS = `
mappings { "ticks.*": "tick.{{partition(${PARTITIONS},1)}}.{{wildcard(1)}}" }
`;

const texts = ({ items }: App["out"]) => items.map(({ text }) => text);

/** Runs `deno task merge`. */
async function merge(args: string[]) {
  await using app = startApp("lib/merge.ts", args, { permissions: permissionsOf("merge") });
  const code = await app.ended();
  return { code, out: texts(app.out).join("\n"), err: texts(app.err).join("\n") };
}

/** Resolves once each has sent a tick, which it does on the connection that it has subscribed on before. */
async function untilSubscribed(address: string, subjects: string[]) {
  using client = await rawClient(address);
  await client.write(`${connect()}SUB observer.* 1\r\nPING\r\n`);
  const missing = new Set(subjects);
  while (missing.size > 0) {
    const line = await client.line();
    if (line === undefined) throw new Error("the server hung up");
    if (line === "PING") await client.write("PONG\r\n");
    missing.delete(/^H?MSG (\S+) /.exec(line)?.[1] ?? "");
  }
}

Deno.test(
  "four observers joined have the counts of one that received all of 2,000 senders",
  needsNatsServer,
  async () => {
    await using folder = await scratch();
    const config = await folder.write("server.conf", MAPPINGS);
    await using server = await startNatsServer(await natsServer(), ["-c", config]);
    const { address } = server;
    await using stack = new AsyncDisposableStack();
    const observe = (name: string, subscribe: string) =>
      stack.use(startApp("app1.ts", [
        ...["--server", address, "--name", name, "--quiet", "--json", ...PATIENT],
        ...["--publish", `observer.${name}`, "--subscribe", subscribe, "--interval", "100ms"],
      ]));
    const parts = Array.from({ length: PARTITIONS }, (_, n) => n);
    const all = observe("all", "tick.*.*");
    const shares = parts.map((n) => observe(`part${n}`, `tick.${n}.*`));
    await untilSubscribed(
      address,
      ["all", ...parts.map((n) => `part${n}`)].map((name) => `observer.${name}`),
    );

    using senders = await manySenders(address, SENDERS, (sender) => `ticks.s${sender}`);
    for (let round = 1; round <= ROUNDS; round++) {
      await senders.round(round === ROUNDS);
      // Not mapped, and behind all that was sent: what has come there has taken in all of it.
      for (const n of parts) {
        const subject = `tick.${n}.after${round}`;
        await senders.publish(subject);
        for (const app of [all, shares[n]]) {
          await nextEvent(app, "receiving", { fits: (event) => event.subject === subject });
        }
      }
    }
    const files: string[] = [];
    for (const [at, app] of [all, ...shares].entries()) {
      app.kill("SIGTERM");
      assert.equal(await app.ended(), 0, texts(app.err).slice(-5).join("\n"));
      files.push(await folder.write(`${at}.json`, `${texts(app.out).join("\n")}\n`));
    }

    const joined = await merge(["--json", ...files.slice(1)]);
    assert.deepEqual([joined.code, joined.err], [0, ""]);
    const one = await merge(["--json", files[0]]);
    const [four, whole]: JsonObject[] = [joined, one].map(({ out }) => JSON.parse(out));
    // Whether one is stale, or arrived during a stall, is of the observer and not of the sender.
    const { stale: _, duringStall: __, ...counts } = four.counts;
    const { stale: ___, duringStall: ____, ...wholeCounts } = whole.counts;
    assert.deepEqual(counts, wholeCounts);
    const { received, lost, unsent, skipped, duplicate, bare } = senders.sent;
    assert.ok(lost > 100 && unsent > 20 && skipped > 20 && duplicate > 20);
    const afters = PARTITIONS * ROUNDS;
    assert.deepEqual(counts, {
      ...counts,
      ...{ received, lost, unsent, skipped, duplicate, pending: 0, withoutHeader: bare + afters },
      slots: received + lost + unsent + skipped,
    });
    assert.deepEqual([four.senders, whole.senders], [SENDERS + afters, SENDERS + afters]);
    assert.equal(four.shared.count, 0);
    // Each tick that has a time is in the histograms, of whoever received it.
    const sumOf = (summaries: JsonObject[], kind: string) =>
      summaries.reduce(
        (sum, { peers }) =>
          sum + peers.reduce((sum: number, peer: JsonObject) => sum + (peer[kind]?.count ?? 0), 0),
        0,
      );
    assert.equal(four.joined.dt.statistics.count, received + bare + afters);
    assert.equal(four.joined.dt.statistics.count, whole.joined.dt.statistics.count);
    assert.equal(four.joined.pdv.statistics.count, sumOf(shares.map(summaryOf), "pdv"));
    // No share is empty, and none has all.
    for (const { senders } of four.observers) {
      assert.ok(senders > SENDERS / PARTITIONS / 2 && senders < 2 * SENDERS / PARTITIONS);
    }

    // The one that received all shares each sender with one of the others.
    const both = await merge(["--json", ...files]);
    assert.equal(JSON.parse(both.out).shared.count, SENDERS + afters);
    const text = await merge(files.slice(1));
    assert.equal(text.code, 0);
    assert.match(text.out, /^--- 4 observers, 2024 senders, /);
    assert.ok(text.out.includes(`${lost} of ${received + lost} sent (`), text.out);
  },
);

Deno.test("merge says in a line what is wrong with a file, and exits 2", needsRun, async () => {
  await using folder = await scratch();
  await using app = startApp("app1.ts", ["--quiet", "--json", "--duration", "1s"]);
  await app.ended();
  const [summary] = texts(app.out).slice(-1);
  const file = (name: string, text: string) => folder.write(name, text);
  const good = await file("good.json", `${summary}\n`);
  const cases: [string[], RegExp][] = [
    [[], /^merge: expected the files of two observers or more; see --help$/],
    [[good, good], /^merge: "[^"]*good\.json" is given twice$/],
    [
      [good, await file("same.json", summary)],
      /^merge: "[^"]*same\.json" and "[^"]*good\.json" are of the same observer/,
    ],
    [["/nowhere.json"], /^merge: "\/nowhere\.json": there is no such file$/],
    [[folder.path("")], /^merge: "[^"]*": cannot read it: /],
    [[await file("empty.json", "")], /: there is no summary in it: /],
    [[await file("events.json", '{"v":3,"type":"event"}\n')], /: there is no summary in it: /],
    [[await file("text", "dt = 0.001\n")], /: line 1 is not JSON: "dt = 0\.001"$/],
    [[await file("cut.json", summary.slice(0, -20))], /: line 1 is not JSON: |no summary in it/],
    [
      [await file("old.json", summary.replace('"v":3', '"v":2'))],
      /: line 1 is of version "2" of --json; expected 3$/,
    ],
    [
      [await file("bad.json", summary.replace('"ran":', '"run":'))],
      /: line 1: invalid summary of --json: /,
    ],
    [[await file("two.json", `${summary}\n${summary}\n`)], /: line 2 comes after the summary/],
    [["--what"], /^merge: [^\n]*--what/],
  ];
  for (const [args, expected] of cases) {
    const { code, out, err } = await merge(args);
    assert.deepEqual([code, out], [2, ""], err);
    assert.match(err, expected);
    assert.ok(!err.includes("\n"), err);
  }
  // Nothing was received: that is joined, and no success.
  assert.equal((await merge([good])).code, 1);
  assert.match((await merge(["--help"])).out, /^Joins what several observers received/);
});

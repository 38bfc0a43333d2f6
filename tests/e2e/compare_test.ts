/** `deno task compare`, as a process. */

import assert from "node:assert/strict";
import { permissionsOf, startApp } from "../support/app.ts";
import { scratch } from "../support/authentication.ts";
import { freePort, needsRun, startServer, startStandInProcess } from "../support/nats_server.ts";

async function compare(args: string[]) {
  await using app = startApp("lib/compare.ts", args, { permissions: permissionsOf("compare") });
  const code = await app.ended(60_000);
  return {
    code,
    out: app.out.items.map(({ text }) => text).join("\n"),
    err: app.err.items.map(({ text }) => text).join("\n"),
  };
}

Deno.test(
  "compare measures each bus, and runs the restart command once a round",
  needsRun,
  async () => {
    await using first = await startStandInProcess();
    await using second = await startStandInProcess();
    await using third = await startServer();
    const urls = [first, second, third].map(({ address }) => `nats://${address}`);
    const counted = await Deno.makeTempFile();
    try {
      const { code, out, err } = await compare([
        ...["--json", "--rounds", "1", "--duration", "1s"],
        ...["--restart", `echo "$TICK_SERVER" >>'${counted}'`],
        ...urls,
      ]);
      assert.equal(code, 0, err);
      const { rounds, rows } = JSON.parse(out);
      assert.deepEqual(Object.keys(rounds), urls);
      for (const [figures] of Object.values(rounds) as { rate: number; loss: number }[][]) {
        assert.ok(figures.rate > 0);
        // A busy machine may lose some: how many is not what this is about.
        assert.ok(figures.loss >= 0 && figures.loss < 100, `${figures.loss}`);
      }
      assert.deepEqual(rows[0].verdict, { none: "one round" });
      assert.equal(await Deno.readTextFile(counted), urls.map((url) => `${url}\n`).join(""));
    } finally {
      await Deno.remove(counted);
    }
  },
);

Deno.test(
  "compare leaves out a bus that can't be reached, says why, and exits 1",
  needsRun,
  async () => {
    await using server = await startStandInProcess();
    const nobody = `127.0.0.1:${freePort()}`;
    const { code, out, err } = await compare([
      ...["--rounds", "1", "--duration", "1s", server.address, nobody],
    ]);
    assert.equal(code, 1);
    assert.match(err, new RegExp(`left out ${nobody}: .*refused`));
    assert.match(out, /rate, ticks\/s/);
    assert.ok(!out.includes(nobody));
  },
);

Deno.test("compare writes its table as a page, too", needsRun, async () => {
  await using server = await startStandInProcess();
  await using folder = await scratch();
  const path = folder.path("table.html");
  const nobody = `127.0.0.1:${freePort()}`;
  const args = ["--rounds", "1", "--duration", "1s", "--report", path, server.address, nobody];
  const { code, out } = await compare(args);
  assert.equal(code, 1);
  const page = await Deno.readTextFile(path);
  const cells = (text: string) => text.split("|").map((cell) => cell.trim()).filter((cell) => cell);
  const rows = out.split("\n").slice(2).map(cells);
  assert.ok(rows.length > 5);
  for (const row of rows) {
    const shown = row.map((cell) => `<td[^>]*>${cell}</td>`).join("");
    assert.match(page, new RegExp(shown));
  }
  assert.match(page, new RegExp(`left out ${nobody}: `));
  assert.doesNotMatch(page, /<script/);
});

for (const path of ["/nowhere/at/all.html", "/"]) {
  Deno.test(`compare ends with 2 at once where the report is ${path}`, needsRun, async () => {
    const { code, out, err } = await compare(["--report", path, "127.0.0.1:1"]);
    assert.deepEqual([code, out, err.split("\n").length], [2, "", 1]);
    assert.match(err, /^compare: --report: cannot write "/);
  });
}

Deno.test("compare exits 2 with one line on a usage error", needsRun, async () => {
  const { code, out, err } = await compare(["--rounds", "none"]);
  assert.deepEqual([code, out, err.split("\n").length], [2, "", 1]);
});

/** Nothing of the live page or the screen is loaded where it isn't asked for. */

import assert from "node:assert/strict";
import { filesUnder, textOf } from "../../support/import_graph.ts";

const mayRead = Deno.permissions.querySync({ name: "read", path: "." }).state === "granted";

Deno.test("page and screen are imported by the command line alone, when they are asked for", {
  ignore: !mayRead,
}, () => {
  const outside = [...filesUnder("lib/")].filter((path) =>
    path.endsWith(".ts") && !path.startsWith("lib/live/")
  );
  const importing = outside.filter((path) => /["']\.{1,2}\/(\.\.\/)*live\//.test(textOf(path)));
  assert.deepEqual(importing, ["lib/cli.ts"]);
  const cli = textOf("lib/cli.ts");
  assert.doesNotMatch(cli, /from "\.\/live\//);
  assert.match(cli, /options\.http && \(await import\("\.\/live\/live\.ts"\)\)/);
  assert.match(cli, /options\.live\s+\? \(await import\("\.\/live\/screen\.ts"\)\)/);
});

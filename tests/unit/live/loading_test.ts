/** Nothing of the live page, the screen or a report is loaded where it isn't asked for. */

import assert from "node:assert/strict";
import { filesUnder, textOf } from "../../support/import_graph.ts";

const mayRead = Deno.permissions.querySync({ name: "read", path: "." }).state === "granted";

/** The files of lib/ outside some rooms that import from a room. */
function importing(room: string, inside: string[]): string[] {
  const outside = [...filesUnder("lib/")].filter((path) =>
    path.endsWith(".ts") && !inside.some((each) => path.startsWith(each))
  );
  const imports = new RegExp(`["']\\.{1,2}/(\\.\\./)*${room}/`);
  return outside.filter((path) => imports.test(textOf(path))).sort();
}

Deno.test("page and screen are imported by the command line, when asked for, and by reports", {
  ignore: !mayRead,
}, () => {
  assert.deepEqual(importing("live", ["lib/live/", "lib/html"]), [
    "lib/cli.ts",
    "lib/mesh/live.ts", // which is itself imported when asked for
  ]);
  const cli = textOf("lib/cli.ts");
  assert.doesNotMatch(cli, /from "\.\/live\//);
  assert.match(cli, /options\.http && \(await import\("\.\/live\/live\.ts"\)\)/);
  assert.match(cli, /options\.live\s+\? \(await import\("\.\/live\/screen\.ts"\)\)/);
});

Deno.test("a report is imported by the commands that write one, when it is asked for", {
  ignore: !mayRead,
}, () => {
  // What reads JSON reads it as the report does.
  const readers = ["lib/merge/file.ts", "lib/merge/observer.ts"];
  const importers = ["lib/cli.ts", "lib/compare/page.ts", ...readers];
  assert.deepEqual(importing("html", ["lib/html"]), importers);
  const cli = textOf("lib/cli.ts");
  assert.doesNotMatch(cli, /from "\.\/html\//);
  assert.match(cli, /page && \(await import\("\.\/html\/app_report\.ts"\)\)/);
  const compare = textOf("lib/compare.ts");
  assert.doesNotMatch(compare, /from "\.\/compare\/page\.ts"/);
  assert.match(compare, /if \(page\) \{\n +const \{ comparisonPage \} = await import\(/);
});

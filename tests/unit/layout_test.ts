/** Which file imports which: one direction, and each bus library in one place. */

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { needsRun } from "../support/nats_server.ts";

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: Resolved; type?: Resolved }[];
  }[];
}

interface Resolved {
  specifier?: string;
}

const root = new URL("../..", import.meta.url);

let graph: Promise<Map<string, string[]>> | undefined;

/** Every file under lib/ and the apps, by its path, with what it imports: own paths, or packages by name. */
function importGraph(): Promise<Map<string, string[]>> {
  return graph ??= readImports();
}

async function readImports(): Promise<Map<string, string[]>> {
  const imports = new Map<string, string[]>();
  for (const path of [...sources("lib/"), "app1.ts", "app2.ts"]) {
    if (imports.has(path)) continue;
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", new URL(path, root).href],
    }).output();
    assert.ok(success, `deno info ${path}`);
    const { modules }: Graph = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier, dependencies = [] } of modules) {
      imports.set(
        own(specifier),
        dependencies.map(({ specifier, code, type }) => {
          const resolved = code?.specifier ?? type?.specifier;
          return resolved?.startsWith(root.href) && specifier.startsWith(".")
            ? own(resolved)
            : specifier;
        }),
      );
    }
  }
  return imports;
}

function own(specifier: string): string {
  return specifier.replace(root.href, "");
}

function* sources(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

/** A way from a file back to itself, where there is one. */
function cycleOf(imports: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  function search(path: string, way: string[]): string[] | undefined {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of imports.get(path) ?? []) {
      const cycle = search(next, [...way, path]);
      if (cycle) return cycle;
    }
    done.add(path);
  }
  for (const path of imports.keys()) {
    const cycle = search(path, []);
    if (cycle) return cycle;
  }
}

Deno.test("cycleOf() finds a cycle", () => {
  const imports = new Map([["a", ["b", "c"]], ["b", []], ["c", ["d"]], ["d", ["c"]]]);
  assert.deepEqual(cycleOf(imports), ["c", "d", "c"]);
});

Deno.test("lib/ has no cycle of imports", needsRun, async () => {
  const imports = await importGraph();
  assert.ok(imports.get("lib/cli.ts")!.includes("lib/exchange.ts"), "the graph is not read");
  assert.equal(cycleOf(imports), undefined);
});

Deno.test("only the files of the NATS bus import the NATS client", needsRun, async () => {
  const importers = [...await importGraph()]
    .filter(([path]) => path.startsWith("lib/") && !path.startsWith("lib/jsr/"))
    .filter(([, imported]) => imported.some((name) => name.includes("@nats-io/")))
    .map(([path]) => path);
  assert.deepEqual(importers.sort(), [
    "lib/bus/nats/login.ts",
    "lib/bus/nats/nats.ts",
    "lib/bus/nats/publish.ts",
    "lib/bus/nats/subscription.ts",
  ]);
});

Deno.test("the apps import the command line and nothing else", needsRun, async () => {
  const imports = await importGraph();
  for (const app of ["app1.ts", "app2.ts"]) assert.deepEqual(imports.get(app), ["lib/cli.ts"]);
});

Deno.test("no task takes all permissions, and each is described", () => {
  for (const { command, description } of Object.values(config.tasks)) {
    assert.doesNotMatch(command, /\s(-A|--allow-all)\b/);
    assert.ok(description);
  }
});

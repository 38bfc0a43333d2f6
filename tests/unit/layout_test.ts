/** Which file imports which: one direction, between folders as between files, and each bus in a room of its own. */

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import {
  cycleOf,
  filesUnder,
  graphWithin,
  type Imports,
  readImports,
  textOf,
} from "../support/import_graph.ts";

const mayRead = Deno.permissions.querySync({ name: "read", path: "." }).state === "granted";
const needsRead = { ignore: !mayRead };

/** The rooms of lib/ from the ground up; each may use those below, and none beside itself or above. */
const FLOORS = [
  ["text", "time", "queue"],
  ["wire", "files"],
  ["bus"],
  ["arrival"],
  ["tick"],
  ["stats"],
  ["exchange", "expect"],
  ["report", "rule"],
  ["live"],
  ["html"],
  ["cli"],
  ["demo", "mod"],
  ["compare", "merge", "mesh", "service"],
];

/** Which package is for which room alone. */
const PACKAGES: Record<string, string> = {
  "@nats-io/transport-deno": "lib/bus/nats/",
  "@nats-io/jetstream": "lib/bus/jetstream/",
  "pbf": "lib/bus/stan/",
  "rabbitmq-client": "lib/bus/rabbitmq/",
  "@std/cli": "lib/cli/",
  "fastest-levenshtein": "lib/cli/",
  "hdr-histogram-js": "lib/stats/delay/",
  "uplot": "lib/live/",
  "ajv": "lib/html/",
};

/** Rooms where a bus may be called by its name. */
// A service is given the variables of a bus, by name.
const BUS_ROOMS = /^lib\/(bus\/|demo\/|demo\.ts$|jsr\/|service\/[^/]+(\.service|file)$)/;
const BUS_NAMES = /nats|jetstream|stan\b|rabbitmq|amqp/i;

const MAX_LINES = 180;

const isCode = (path: string) => /\.[jt]s$/.test(path);

/** What lib/ and the apps import; without the linked packages, which stand apart. */
function importsOfLib(): Imports {
  const paths = [...filesUnder("lib/")].filter((path) =>
    isCode(path) && !path.startsWith("lib/jsr/")
  );
  return readImports([...paths, "app1.ts", "app2.ts"]);
}

/** The room of a file of lib/: its folder, or its own name; cli.ts is of the room cli/. */
function roomOf(path: string): string {
  return path.replace(/^lib\//, "").replace(/\/.*|\.[jt]s$/, "");
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** Each import that doesn't go down to a lower floor. */
function arrowsUp(imports: Imports): string[] {
  return [...imports].filter(([path]) => path.startsWith("lib/")).flatMap(([path, imported]) =>
    imported.filter((other) =>
      other.startsWith("lib/") && roomOf(other) !== roomOf(path) &&
      floorOf(roomOf(other)) >= floorOf(roomOf(path))
    ).map((other) => `${path} → ${other}`)
  );
}

Deno.test("cycleOf() finds a cycle", () => {
  const imports = new Map([["a", ["b", "c"]], ["b", []], ["c", ["d"]], ["d", ["c"]]]);
  assert.deepEqual(cycleOf(imports), ["c", "d", "c"]);
});

Deno.test("graphWithin() shows a cycle of folders where there is none of files", () => {
  const imports = new Map([["x/a/1", ["x/b/1"]], ["x/b/1", []], ["x/b/2", ["x/a/2"]], [
    "x/a/2",
    [],
  ]]);
  assert.equal(cycleOf(imports), undefined);
  assert.deepEqual(cycleOf(graphWithin("x/", imports)), ["x/a/", "x/b/", "x/a/"]);
});

Deno.test("graphWithin() takes files beside a folder as they are", () => {
  const imports = new Map([["x/top", ["x/a/1"]], ["x/a/1", ["x/base"]], ["x/base", []]]);
  assert.equal(cycleOf(graphWithin("x/", imports)), undefined);
});

Deno.test("arrowsUp() finds what runs back up, and what runs aside", () => {
  const imports = new Map([
    ["lib/text/duration.ts", ["lib/report/printable.ts"]],
    ["lib/time/clock.ts", ["lib/text/printable.ts"]],
    ["lib/report/lines.ts", ["lib/time/wait.ts", "lib/report/text/dt.ts"]],
    ["lib/cli.ts", ["lib/cli/options.ts", "lib/exchange.ts"]],
  ]);
  assert.deepEqual(arrowsUp(imports), [
    "lib/text/duration.ts → lib/report/printable.ts",
    "lib/time/clock.ts → lib/text/printable.ts",
  ]);
});

Deno.test("lib/ has no cycle of files", needsRead, () => {
  const imports = importsOfLib();
  // So that it is known to be read: by type, by name, and only when it is needed.
  assert.ok(imports.get("lib/cli.ts")!.includes("lib/exchange.ts"));
  assert.ok(imports.get("lib/cli/arguments.ts")!.includes("@std/cli/parse-args"));
  assert.ok(imports.get("lib/time/exact_sleeper.ts")!.includes("lib/time/sleeper_worker.js"));
  assert.equal(cycleOf(imports), undefined);
});

Deno.test("lib/ has no cycle of folders, at any depth", needsRead, () => {
  const imports = importsOfLib();
  const folders = new Set([...imports.keys()].flatMap((path) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, depth) => `${parts.slice(0, depth + 1).join("/")}/`);
  }));
  assert.ok(folders.has("lib/stats/peer/"));
  for (const folder of folders) {
    assert.equal(cycleOf(graphWithin(folder, imports)), undefined, `in ${folder}`);
  }
});

Deno.test("every room of lib/ has its floor, and no arrow runs up", needsRead, () => {
  const imports = importsOfLib();
  const rooms = new Set([...imports.keys()].filter((path) => path.startsWith("lib/")).map(roomOf));
  assert.deepEqual([...rooms].filter((room) => floorOf(room) < 0), []);
  assert.deepEqual(arrowsUp(imports), []);
});

Deno.test("the apps import the command line and nothing else", needsRead, () => {
  const imports = importsOfLib();
  for (const app of ["app1.ts", "app2.ts"]) assert.deepEqual(imports.get(app), ["lib/cli.ts"]);
});

Deno.test("no bus is called by its name out of its room", needsRead, () => {
  const named = [...filesUnder("lib/")].filter((path) => !BUS_ROOMS.test(path)).flatMap((path) =>
    textOf(path).split("\n").flatMap((line, index) =>
      BUS_NAMES.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []
    )
  );
  assert.deepEqual(named, []);
});

Deno.test("each package is imported in its own room and nowhere else", needsRead, () => {
  const strangers = [...importsOfLib()].flatMap(([path, imported]) =>
    imported.filter((name) => !/^(lib\/|node:|deno\.json$)/.test(name)).filter((name) => {
      const [, room] = Object.entries(PACKAGES).find(([of]) => name.startsWith(of)) ?? [];
      return room === undefined || !path.startsWith(room);
    }).map((name) => `${path}: ${name}`)
  );
  assert.deepEqual(strangers, []);
});

Deno.test("a file reads in one sitting", needsRead, () => {
  const lines = (path: string) => textOf(path).trimEnd().split("\n").length;
  const long = [...filesUnder("lib/")].filter((path) => isCode(path) && lines(path) > MAX_LINES);
  assert.deepEqual(long.map((path) => `${path}: ${lines(path)}`), []);
});

Deno.test("no task takes all permissions, and each is described", () => {
  for (const { command, description } of Object.values(config.tasks)) {
    assert.doesNotMatch(command, /\s(-A|--allow-all)\b/);
    assert.ok(description);
  }
});

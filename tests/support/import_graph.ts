/** Which file of the project imports which, read from their text. */

const root = new URL("../..", import.meta.url);

/** A file by its path, and what it imports: own files by their paths, packages by their names. */
export type Imports = Map<string, string[]>;

const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;
const IMPORT = /(?:^|[;}\s])(?:from|import)\s*\(?\s*"([^"]+)"/g;

/** Every file under a folder, by its path from the project's top. */
export function* filesUnder(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory) yield* filesUnder(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

export function textOf(path: string): string {
  return Deno.readTextFileSync(new URL(path, root));
}

export function readImports(paths: Iterable<string>): Imports {
  const imports: Imports = new Map();
  for (const path of paths) {
    const found = [...textOf(path).replace(COMMENT, "").matchAll(IMPORT)];
    imports.set(path, found.map(([, specifier]) => resolved(specifier, path)));
  }
  return imports;
}

function resolved(specifier: string, from: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, new URL(from, root)).href.replace(root.href, "");
}

/** A way from a node of a graph back to itself, where there is one. */
export function cycleOf(graph: Imports): string[] | undefined {
  const done = new Set<string>();
  function search(node: string, way: string[]): string[] | undefined {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = search(next, [...way, node]);
      if (cycle) return cycle;
    }
    done.add(node);
  }
  for (const node of graph.keys()) {
    const cycle = search(node, []);
    if (cycle) return cycle;
  }
}

/**
 * The graph as it looks from one folder: each folder in it, with all that is below it, is one node, and so is
 * each file beside them.
 */
export function graphWithin(folder: string, imports: Imports): Imports {
  const node = (path: string) => {
    const [name, ...below] = path.slice(folder.length).split("/");
    return `${folder}${name}${below.length > 0 ? "/" : ""}`;
  };
  const graph: Imports = new Map();
  for (const [path, imported] of imports) {
    if (!path.startsWith(folder)) continue;
    const from = node(path);
    const to = imported.filter((other) => other.startsWith(folder)).map(node);
    const others = [...graph.get(from) ?? [], ...to].filter((other) => other !== from);
    graph.set(from, [...new Set(others)]);
  }
  return graph;
}

/**
 * The unit tests, some dozens of files in one isolate: to start an isolate costs Deno a quarter of a second of a
 * core, more than most of these files take. Each of them runs by itself as well.
 */

import { filesUnder } from "./import_graph.ts";

/** Writes a module for each share into the folder, and returns their paths; it imports the test files of its share. */
export async function writeUnitShares(folder: string, shares: number): Promise<string[]> {
  const files = [...filesUnder("tests/unit/")].filter((path) => path.endsWith("_test.ts")).sort()
    .map((path) => new URL(`../../${path}`, import.meta.url).href);
  return await Promise.all(Array.from({ length: shares }, async (_, share) => {
    const path = `${folder}/unit_${share + 1}.ts`;
    const own = files.filter((_, index) => index % shares === share);
    await Deno.writeTextFile(path, own.map((file) => `import ${JSON.stringify(file)};\n`).join(""));
    return path;
  }));
}

/** `deno task merge`: what several observers received, out of what each printed as JSON. */

import { codeOfTask } from "./cli/ending.ts";
import { mergedJson } from "./merge/json.ts";
import { Merger } from "./merge/merged.ts";
import { observerOf } from "./merge/observer.ts";
import { HELP, readMergeOptions } from "./merge/options.ts";
import { readSummary } from "./merge/file.ts";
import { mergedText } from "./merge/text.ts";
import { lineWriter } from "./report/lines.ts";
import { styleOf } from "./report/text/summary.ts";

const out = lineWriter(Deno.stdout);
const err = lineWriter(Deno.stderr);

async function main(): Promise<number> {
  const { help, json, files } = readMergeOptions(Deno.args);
  if (help) {
    out.line(HELP);
    return 0;
  }
  const merger = new Merger();
  for (const file of files) merger.add(observerOf(file, await readSummary(file)));
  const { merged } = merger;
  const isTerminal = Deno.stdout.isTerminal();
  const columns = isTerminal ? Deno.consoleSize().columns || undefined : undefined;
  out.keep(json ? mergedJson(merged) : mergedText(merged, styleOf({ columns, colour: false })));
  if (merged.senders === 0) return 1;
  return merged.observers.some(({ thresholds }) => thresholds.failed > 0) ? 3 : 0;
}

Deno.exit(await codeOfTask("merge", main, { out, err }));

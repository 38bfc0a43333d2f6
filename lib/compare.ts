/** app1 and app2 on one bus after another, round by round, and one table of what was measured. */

import { type Figures } from "./compare/figures.ts";
import { HELP, readCompareOptions } from "./compare/options.ts";
import { Unusable } from "./compare/pair.ts";
import { runCommand, runRound } from "./compare/round.ts";
import { rowsOf, tableText } from "./compare/table.ts";
import { codeOfTask } from "./cli/ending.ts";
import { onSignal } from "./cli/signals.ts";
import { findBuses } from "./demo/found.ts";
import { openReplaced } from "./files/replaced.ts";
import { onOrphaned } from "./demo/tied_process.ts";
import { lineWriter } from "./report/lines.ts";
import { escaped, printable, withoutSecrets } from "./text/printable.ts";
import { UsageError } from "./text/usage_error.ts";

const end = new AbortController();
const out = lineWriter(Deno.stdout, { onClosed: () => end.abort() });
const err = lineWriter(Deno.stderr);
const say = (text: string) => err.line(`compare │ ${text}`);

async function main(): Promise<number> {
  const options = readCompareOptions(Deno.args);
  if (options.help) {
    out.line(HELP);
    return 0;
  }
  const { rounds, durationMs, restart } = options;
  const page = await openReplaced("--report", options.report);
  const leftOut = new Map<string, string>();
  await using servers = new AsyncDisposableStack();
  const buses: { name: string; args: string[]; url?: string }[] = options.buses;
  if (buses.length === 0) {
    for (const { name, start } of await findBuses()) {
      if (end.signal.aborted) break;
      say(`starting ${name}`);
      try {
        buses.push(servers.use(await start()));
      } catch (error) {
        leftOut.set(name, (error as Error).message);
      }
    }
  }
  const results = new Map<string, Figures[]>(buses.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { name, args, url } of buses) {
      if (end.signal.aborted || leftOut.has(name)) continue;
      say(`round ${round} of ${rounds}: ${withoutSecrets(name)}`);
      const restartIt = restart && url ? () => runCommand(restart, url) : undefined;
      try {
        const figures = await runRound({
          ...{ args, durationMs, signal: end.signal },
          restart: restartIt,
        });
        if (!end.signal.aborted) results.get(name)!.push(figures);
      } catch (error) {
        if (!(error instanceof Unusable)) throw error;
        leftOut.set(name, error.message);
        results.delete(name);
      }
    }
  }
  const measured = new Map([...results].filter(([, rounds]) => rounds.length > 0));
  const restarted = restart !== undefined;
  print(measured, leftOut, { json: options.json, restarted });
  if (page) {
    const { comparisonPage } = await import("./compare/page.ts");
    const atUs = Date.now() * 1000;
    const shown = { results: measured, leftOut, restarted, rounds, durationMs, atUs };
    await page.write(comparisonPage(shown)).catch(({ message }) => {
      throw new UsageError(message);
    });
  }
  if (end.signal.aborted) return 130;
  return leftOut.size > 0 ? 1 : 0;
}

function print(
  measured: Map<string, Figures[]>,
  leftOut: Map<string, string>,
  { json, restarted }: { json: boolean; restarted: boolean },
) {
  for (const [name, reason] of leftOut) {
    say(`left out ${withoutSecrets(name)}: ${printable(withoutSecrets(reason))}`);
  }
  if (json) {
    out.line(escaped(JSON.stringify({
      v: 1,
      type: "comparison",
      rounds: Object.fromEntries(measured),
      rows: measured.size > 0 ? rowsOf(measured, restarted) : [],
      leftOut: Object.fromEntries(leftOut),
    })));
  } else if (measured.size > 0) {
    out.line(tableText(measured, restarted));
  }
}

for (const ending of ["SIGINT", "SIGTERM", "SIGHUP"] as const) onSignal(ending, () => end.abort());
onOrphaned(() => end.abort());
Deno.exit(await codeOfTask("compare", main, { out, err }));

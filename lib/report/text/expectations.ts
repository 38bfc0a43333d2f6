/** Every expectation with its outcome, what was wanted, and what was found. */

import { printable } from "../../text/printable.ts";
import type { Outcome } from "../../expect.ts";
import { type Style, table } from "./layout.ts";

/** Lines stand in by so much; those below another by more. */
const INDENT = 2;
const BELOW = " ".repeat(8);

/** Of one expectation, so many peers that failed it are named. */
const MAX_NAMED = 10;

export function expectationLines(outcomes: Outcome[], { paint, width }: Style): string[] {
  if (outcomes.length === 0) return [];
  const groups = Map.groupBy(outcomes, ({ written }) => written);
  const rows = groups.values().flatMap(rowsOf).toArray();
  const lines = linesOf(rows, width);
  return [
    "thresholds",
    ...lines.map((line, at) => {
      const [verdict] = rows[at];
      const painted = verdict === "ok" ? paint.good(verdict) : paint.bad(verdict);
      return `  ${painted}${line.slice(verdict.length)}`;
    }),
  ];
}

/** In columns; or else what was found in a line below, and what was wanted too, where the screen is narrow. */
function linesOf(rows: string[][], width: number): string[] {
  for (const below of [0, 1, 2]) {
    const lines = table(rows.map((cells) => cells.slice(0, cells.length - below)), [0, 1, 2, 3]);
    if (below < 2 && lines.some((line) => INDENT + line.length > width)) continue;
    if (below === 0) return lines;
    return lines.map((line, at) => {
      const more = rows[at].slice(-below).map((text) => broken(text, width));
      return [line, ...more].join("\n");
    });
  }
  return [];
}

/** Broken at commas and brackets, below the start of what was expected. */
function broken(text: string, width: number): string {
  const lines = [BELOW];
  for (const part of text.split(/(?<=,) | (?=\()/)) {
    const line = lines.at(-1)!;
    if (line === BELOW) lines.splice(-1, 1, BELOW + part);
    else if (line.length + 1 + part.length <= width) lines.splice(-1, 1, `${line} ${part}`);
    else lines.push(BELOW + part);
  }
  return lines.join("\n");
}

function rowsOf(group: Outcome[]): string[][] {
  const [{ written }] = group;
  const wanted = `wanted ${group[0].wanted}`;
  const failed = group.filter(({ ok }) => !ok);
  const passed = group.length - failed.length;
  const rows = failed.slice(0, MAX_NAMED).map((outcome) => rowOf(outcome, group.length > 1));
  if (failed.length > MAX_NAMED) {
    rows.push(["FAIL", written, wanted, `and for ${failed.length - MAX_NAMED} more peers`]);
  }
  if (passed > 0 && group.length > 1) rows.push(["ok", written, wanted, `for ${passed} peers`]);
  else if (passed > 0) rows.push(rowOf(group[0], false));
  return rows;
}

function rowOf({ ok, written, wanted, found, open, subject }: Outcome, isNamed: boolean): string[] {
  const of = isNamed && subject !== undefined ? ` for ${printable(subject, 40)}` : "";
  const unsure = open === undefined ? "" : ` (${open})`;
  return [ok ? "ok" : "FAIL", written, `wanted ${wanted}`, `found ${found}${unsure}${of}`];
}

/** Every expectation with its outcome, what was wanted, and what was found. */

import { printable } from "../../text/printable.ts";
import type { Outcome } from "../../expect.ts";
import { type Style, table } from "./layout.ts";

/** Of one expectation, so many peers that failed it are named. */
const MAX_NAMED = 10;

export function expectationLines(outcomes: Outcome[], { paint }: Style): string[] {
  if (outcomes.length === 0) return [];
  const groups = Map.groupBy(outcomes, ({ written }) => written);
  const rows = groups.values().flatMap(rowsOf).toArray();
  const lines = table(rows, [0, 1, 2, 3, 4]);
  return [
    "thresholds",
    ...lines.map((line, at) => {
      const [verdict] = rows[at];
      const painted = verdict === "ok" ? paint.good(verdict) : paint.bad(verdict);
      return `  ${painted}${line.slice(verdict.length)}`;
    }),
  ];
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

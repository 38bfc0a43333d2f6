/** The comparison as data and as text: each figure's median by bus, its ratio to the first, and which is best. */

import { type FigureName, type Figures, RESTART_ROWS, ROWS } from "./figures.ts";
import { type Spread, spreadOf, type Verdict, verdictOf } from "./verdict.ts";

/** Of each bus by its name, the figures of every round. */
export type Results = Map<string, Figures[]>;

export interface Row {
  figure: FigureName;
  label: string;
  buses: { bus: string; spread?: Spread; ratio?: number }[];
  verdict: Verdict;
}

/** @param restarted adds what a restart did */
export function rowsOf(results: Results, restarted: boolean): Row[] {
  const rounds = Math.min(...[...results.values()].map(({ length }) => length));
  return ROWS.filter(({ name }) => restarted || !RESTART_ROWS.includes(name)).map((row) => {
    const spreads = [...results.values()].map((figures) =>
      spreadOf(figures.map((round) => round[row.name]).filter((value) => value !== undefined))
    );
    const [first] = spreads;
    return {
      figure: row.name,
      label: row.label,
      buses: [...results.keys()].map((bus, i) => ({
        bus,
        spread: spreads[i],
        ratio: i > 0 && first?.median && spreads[i] ? spreads[i].median / first.median : undefined,
      })),
      verdict: verdictOf(spreads, row.best, rounds),
    };
  });
}

/** In Markdown: the medians, and below them, where there were several rounds, from which to which they went. */
export function tableText(results: Results, restarted: boolean): string {
  const rows = rowsOf(results, restarted);
  const names = [...results.keys()];
  const medians = rows.map((row) => [
    row.label,
    ...row.buses.map(({ spread, ratio }) =>
      spread === undefined
        ? "-"
        : shown(row, spread.median) + (ratio === undefined ? "" : ` ×${ratio.toFixed(2)}`)
    ),
    "best" in row.verdict ? names[row.verdict.best] : row.verdict.none,
  ]);
  const text = grid([["median", ...names, "best"], ...medians]);
  if ([...results.values()].every(({ length }) => length < 2)) return text;
  const ranges = rows.map((row) => [
    row.label,
    ...row.buses.map(({ spread }) =>
      spread ? `${shown(row, spread.min)}–${shown(row, spread.max)}` : "-"
    ),
  ]);
  return `${text}\n\n${grid([["min–max of the rounds", ...names], ...ranges])}`;
}

/** A value as the table has it. */
export function shown({ figure }: Row, value: number): string {
  const { scale, digits } = ROWS.find(({ name }) => name === figure)!;
  return (value * scale).toFixed(digits);
}

function grid([heads, ...rows]: string[][]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i].length)));
  const line = (cells: string[]) =>
    `| ${
      cells.map((cell, i) => i ? cell.padStart(widths[i]) : cell.padEnd(widths[i])).join(" | ")
    } |`;
  const rule = `|${
    widths.map((n, i) => i ? `${"-".repeat(n + 1)}:` : "-".repeat(n + 2)).join("|")
  }|`;
  return [line(heads), rule, ...rows.map(line)].join("\n");
}

/** What was measured, as text: tick's own figures, and each one's ratio to every peer's of the same round. */

import type { Figures } from "./measure.ts";
import { ratioOf, type Spread, spreadOf } from "./statistics.ts";

/** Of each pair by its name, the figures of every round. */
export type Results = Map<string, Figures[]>;

const ROWS: [key: keyof Figures, name: string, digits: number][] = [
  ["dtP50", "dt p50, µs", 0],
  ["dtP99", "dt p99, µs", 0],
  ["dtMax", "dt max, µs", 0],
  ["timerP50", "timer error p50, µs", 0],
  ["timerP99", "timer error p99, µs", 0],
  ["cpuPercent", "CPU, % of a core", 1],
  ["rssMb", "RSS, MB", 1],
  ["perSecond", "received per s", 1],
  ["startMs", "start to first tick, ms", 0],
  ["sentPercent", "slots sent of 10,000/s, %", 1],
];

/** Each measure's spread of each pair, and of the ratio of the first pair to each. */
export function tableOf(results: Results) {
  const [own] = results.values();
  return ROWS.map(([key, name, digits]) => {
    const values = (figures: Figures[]) => figures.map((round) => round[key]);
    return {
      key,
      name,
      digits,
      pairs: [...results].map(([pair, figures]) => ({
        pair,
        value: spreadOf(values(figures)),
        ratio: figures === own ? undefined : ratioOf(values(own), values(figures)),
      })),
    };
  });
}

export function tableText(results: Results): string {
  const table = tableOf(results);
  const [own, ...others] = results.keys();
  const heads = ["", own, ...others.map((name) => `÷ ${name}`)];
  const ratios = table.map(({ name, digits, pairs: [own, ...others] }) => [
    name,
    cell(own?.value, digits),
    ...others.map(({ ratio }) => cell(ratio, 2)),
  ]);
  const values = table.map(({ name, digits, pairs }) => [
    name,
    ...pairs.map(({ value }) => cell(value, digits)),
  ]);
  return [
    grid([heads, ...ratios]),
    "The figures themselves:",
    grid([["", own, ...others], ...values]),
  ].join("\n\n");
}

function cell(spread: Spread | undefined, digits: number): string {
  if (!spread) return "-";
  const [median, min, max] = [spread.median, spread.min, spread.max].map((n) => n.toFixed(digits));
  return min === max ? median : `${median} (${min}–${max})`;
}

export function grid(rows: string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: string[]) =>
    `| ${
      row.map((text, i) => i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i])).join(" | ")
    } |`;
  const rule = `|${
    widths.map((width, i) => i === 0 ? "-".repeat(width + 2) : "-".repeat(width + 1) + ":").join(
      "|",
    )
  }|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join("\n");
}

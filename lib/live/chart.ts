/** The last minutes of a peer as lines of block characters: one for each percentile, a character for each column. */

import { durationText } from "../text/duration.ts";
import { ms, type Style, TITLE_WIDTH } from "../report/text/layout.ts";
import type { ColumnView } from "./column.ts";
import { type Chart, COLUMN_US } from "./recent.ts";

const BLOCKS = "▁▂▃▄▅▆▇█";
const NO_TICKS = "-";

type Line = [title: string, valueUs: (column: ColumnView) => number];

const MAX: Line = ["max", ({ maxUs }) => maxUs];
const P99: Line = ["p99", ({ percentilesUs }) => percentilesUs[2]];
const P90: Line = ["p90", ({ percentilesUs }) => percentilesUs[1]];
const P50: Line = ["p50", ({ percentilesUs }) => percentilesUs[0]];
const MIN: Line = ["min", ({ minUs }) => minUs];

/** What is drawn in so many rows: these lines, and with them what their title, the losses and the scale take. */
const BY_ROOM: [rows: number, lines: Line[]][] = [
  [8, [MAX, P99, P90, P50, MIN]],
  [6, [MAX, P99, P50]],
  [5, [MAX, P50]],
  [4, [MAX]],
];

/** How many columns there is room for. */
export function columnsWithin(width: number): number {
  return width - TITLE_WIDTH;
}

/** No more than so many rows; none at all, where that is too few for anything. */
export function chartLines(chart: Chart, rows: number, { width, paint }: Style): string[] {
  const [, lines] = BY_ROOM.find(([needed]) => needed <= rows) ?? [];
  if (!lines) return [];
  const { of, columns } = chart;
  const known = columns.filter((column) => column !== undefined).filter(({ count }) => count > 0);
  const lowUs = Math.min(...known.map(({ minUs }) => minUs));
  // What dt is worth is its change: the clocks' offset is in it, which may be hours.
  const fromUs = of === "dt" && known.length > 0 ? lowUs : 0;
  const highUs = Math.max(...known.map(({ maxUs }) => maxUs));
  const edgesUs = edgesFor(lowUs - fromUs, Math.max(MIN_US, highUs - fromUs));
  const what = of === "dt" && known.length > 0
    ? `dt above its minimum here, ${ms(lowUs)} ms,`
    : `${of}`;
  const row = (title: string, text: string) => title.padEnd(TITLE_WIDTH) + text;
  const spanText = durationText(columns.length * COLUMN_US / 1000);
  const title = `${what} in the last ${spanText}, ${COLUMN_US / 1e6} s a column`;
  const bad = (text: string) => text.replace(/[\d#-]+/g, paint.warning);
  const scale = `ms, up to ${edgesUs.map((us, n) => BLOCKS[n] + edgeText(us)).join(" ")}`;
  const legend = `; # > 9 lost, ${NO_TICKS} no ticks`;
  const isRoom = TITLE_WIDTH + title.length + legend.length <= width;
  return [
    row("", paint.dim(isRoom ? title + legend : title)),
    ...lines.map(([title, valueUs]) =>
      row(
        title,
        columns.map((column) =>
          column && column.count > 0 ? blockOf(valueUs(column) - fromUs, edgesUs) : " "
        ).join(""),
      )
    ),
    row("lost", bad(lostText(columns))),
    row("scale", paint.dim(scale)),
  ];
}

/** How many were given up in each column, or that none came; the last one is still being filled. */
function lostText(columns: Chart["columns"]): string {
  return columns.map((column, at) => {
    if (!column) return " ";
    if (column.lost > 0) return column.lost > 9 ? "#" : String(column.lost);
    if (column.count > 0) return "·";
    return at < columns.length - 1 ? NO_TICKS : " ";
  }).join("");
}

function blockOf(us: number, edgesUs: number[]): string {
  const at = edgesUs.findIndex((edgeUs) => us <= edgeUs);
  return BLOCKS[at < 0 ? BLOCKS.length - 1 : at];
}

/** Of each decade, from fine to coarse: the first that reach far enough are taken. */
const STEPS = [[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], [1, 1.5, 2.5, 4, 6], [1, 2, 5], [1, 3], [1]];
/** Differences below this say nothing. */
const MIN_US = 50;

/** Up to which value each block goes: round ones, the last of them not below the highest value. */
export function edgesFor(lowUs: number, highUs: number): number[] {
  const all = STEPS.map((steps) => {
    const edge = (n: number) => {
      const decade = Math.floor(n / steps.length);
      return steps[n - decade * steps.length] * 10 ** decade;
    };
    let top = 0;
    while (edge(top) < highUs) top++;
    // One more, below which the first block's values lie.
    return Array.from({ length: BLOCKS.length + 1 }, (_, n) => edge(top - BLOCKS.length + n));
  });
  const fine = all.find(([belowUs]) => belowUs <= Math.max(lowUs, MIN_US)) ?? all.at(-1)!;
  return fine.slice(1);
}

function edgeText(us: number): string {
  return us >= 1e6 ? `${us / 1e6}s` : String(Number((us / 1000).toFixed(4)));
}

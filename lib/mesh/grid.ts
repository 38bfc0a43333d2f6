/** The grid of a mesh in text: figures, where they fit into the width of a screen, or else marks alone. */

import { fixed } from "../text/number.ts";
import type { Matrix } from "./mesh.ts";
import type { Path } from "./path.ts";
import { type Illness, keyOf } from "./verdict.ts";

export interface Grid {
  lines: string[];
  /** Whether servers stand in it by their numbers, from 1, as their names can't be told apart there. */
  isNumbered: boolean;
}

/** The figures of more servers than these don't fit into 100 columns. */
const MAX_FIGURES = 8;
const HEAD_WIDTH = 12;
const CELL_WIDTH = 11;

/** With fewer, none is above the 99th percentile. */
const MIN_SAMPLES = 100;

const MARKS: Record<Illness, string> = { "no ticks": "!", outage: "!", loss: "x", slow: "+" };
const LEGEND = "! no ticks, x loss, + slow (twice the median path)";

export function gridOf(matrix: Matrix): Grid {
  const { labels } = matrix;
  return labels.length > MAX_FIGURES ? marksOf(matrix) : figuresOf(matrix);
}

function figuresOf({ labels, paths, verdict }: Matrix): Grid {
  const numbers = labels.map((_, at) => `#${at + 1}`);
  const heads = [clippedTo(labels, HEAD_WIDTH), clippedTo(labels, CELL_WIDTH - 2)];
  const isNumbered = !heads.every(areDistinct);
  const [rowHeads, columnHeads] = isNumbered ? [numbers, numbers] : heads;
  const rows = labels.map((_, from) =>
    labels.map((_, to) => {
      const path = pathOf(paths, from, to);
      return path ? figures(path, verdict.ill.get(keyOf(path))) : "· ";
    })
  );
  const line = (head: string, cells: string[]) =>
    head.padEnd(HEAD_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join("");
  return {
    lines: [
      line("", columnHeads.map((head) => `${head} `)),
      ...rows.map((cells, at) => line(rowHeads[at], cells)),
    ].map((line) => line.trimEnd()).concat(
      `rows send, columns receive: delay p50/p99 in ms; ${LEGEND}`,
    ),
    isNumbered,
  };
}

/** A character for each path, below the last digit of its receiver's number. */
function marksOf({ labels, paths, verdict }: Matrix): Grid {
  const width = `#${labels.length}`.length;
  const rows = labels.map((_, from) =>
    labels.map((_, to) => {
      const path = pathOf(paths, from, to);
      const illness = path && verdict.ill.get(keyOf(path));
      return path ? illness ? MARKS[illness] : "." : " ";
    })
  );
  const digits = labels.map((_, at) => String((at + 1) % 10));
  const line = (head: string, cells: string[]) => `${head.padEnd(width)} ${cells.join(" ")}`;
  return {
    lines: [
      line("", digits),
      ...rows.map((cells, at) => line(`#${at + 1}`, cells).trimEnd()),
      `rows send, columns receive: . well, ${LEGEND}`,
    ],
    isNumbered: true,
  };
}

function pathOf(paths: readonly Path[], from: number, to: number): Path | undefined {
  return paths.find((path) => path.from === from && path.to === to);
}

/** Two figures and a mark: `0.21/1.34+`. */
function figures({ peer }: Path, illness: Illness | undefined): string {
  const mark = illness ? MARKS[illness] : " ";
  if (!peer?.delay) return `no ticks${mark}`;
  const { count, percentilesUs } = peer.delay;
  const p99 = count < MIN_SAMPLES ? "-" : short(percentilesUs[99]);
  return `${short(percentilesUs[50])}/${p99}${mark}`;
}

/** Milliseconds in four characters; from 10 s on, seconds, and from 1000 s on, minutes. */
function short(us: number): string {
  if (us >= 999_500_000) return `${fixed(us / 60e6, 0)}m`;
  if (us >= 9_999_500) return `${fixed(us / 1e6, 0)}s`;
  return fixed(us / 1000, us < 9995 ? 2 : us < 99_950 ? 1 : 0);
}

function clippedTo(labels: readonly string[], length: number): string[] {
  return labels.map((label) => clipped(label, length));
}

/** The end of a text that is too long: that is where names of servers differ most. */
export function clipped(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(1 - length)}`;
}

function areDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

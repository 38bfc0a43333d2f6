/** How the lines of the summary are laid out: titles, numbers, columns, and where a line is broken. */

import { fixed } from "../../text/number.ts";
import type { DelayStatistics } from "../../stats/delay/histogram.ts";
import type { Paint } from "./colour.ts";

/** What the summary is shown with. */
export interface Style {
  /** Columns of the screen. */
  width: number;
  paint: Paint;
}

/** Titles stand in a column of their own. */
export const TITLE_WIDTH = 11;

/** A row of the summary; what doesn't fit goes on in the next line, below its start. */
export function row(
  title: string,
  parts: string[],
  { width }: Pick<Style, "width">,
  between = ", ",
): string {
  const lines: string[] = [];
  let line = title.padEnd(TITLE_WIDTH);
  let isEmpty = true;
  for (const [at, part] of parts.entries()) {
    const joined = isEmpty ? part : between + part;
    const end = at < parts.length - 1 ? between.trimEnd() : "";
    if (!isEmpty && visibleLength(line + joined + end) > width) {
      lines.push((line + between).trimEnd());
      line = " ".repeat(TITLE_WIDTH) + part;
    } else line += joined;
    isEmpty = false;
  }
  return [...lines, line].join("\n");
}

/** Columns under their titles, numbers to the right; each row with its title. */
export function table(rows: string[][], left: number[] = []): string[] {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((cells) => cells[at].length)));
  return rows.map((cells) =>
    cells.map((cell, at) => left.includes(at) ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))
      .join("  ").trimEnd()
  );
}

/** Milliseconds with as many decimals as make sense, or `-` where there is none. */
export function ms(us: number, digits = 3): string {
  if (!Number.isFinite(us)) return "-";
  const size = Math.abs(us);
  return fixed(us / 1000, size >= 100e6 ? 0 : size >= 1e6 ? Math.min(digits, 1) : digits);
}

/** A percentile, or `-` where there are too few samples for any to be above it. */
export function percentile(statistics: DelayStatistics, percent: number, digits = 3): string {
  const isKnown = statistics.count * (100 - percent) >= 100 - 1e-6;
  return isKnown ? ms(statistics.percentilesUs[percent], digits) : "-";
}

/** What part one number is of another: `0.51 %`; never 0 where it isn't. */
export function shareText(part: number, of: number): string {
  if (of === 0) return "-";
  const percent = 100 * part / of;
  if (part > 0 && percent < 0.01) return "< 0.01 %";
  if (part < of && percent > 99.99) return "> 99.99 %";
  return `${fixed(percent, 2)} %`;
}

/** The name of something with its count, left out where there is none. */
export function counts(pairs: (readonly [count: number, name: string])[]): string[] {
  return pairs.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
}

/** `1 tick`, `7 ticks` */
export function ticksText(count: number): string {
  return count === 1 ? "1 tick" : `${count} ticks`;
}

/** How often, after what happened; nothing for once. */
export function timesText(count: number): string {
  return count > 1 ? `, ${count} times` : "";
}

export function times(n: number): string {
  return n === 1 ? "once" : n === 2 ? "twice" : `${n} times`;
}

// deno-lint-ignore no-control-regex -- the colours that are put in here
const COLOUR = /\x1b\[\d*m/g;
// deno-lint-ignore no-control-regex -- as above
const BEFORE_COLOUR = /(?=\x1b\[\d*m)/;

export function withoutColour(text: string): string {
  return text.replace(COLOUR, "");
}

function visibleLength(text: string): number {
  return withoutColour(text).length;
}

/** What of a line fits in so many columns; its colours are kept, and end in any case. */
export function clipped(text: string, columns: number): string {
  if (visibleLength(text) <= columns) return text;
  let left = columns - 1;
  const shown = text.split(BEFORE_COLOUR).map((part) => {
    const [colour = ""] = part.match(COLOUR) ?? [];
    const characters = [...part.slice(colour.length)].slice(0, left);
    left -= characters.length;
    return colour + characters.join("");
  });
  return `${shown.join("")}…`;
}

/** The outages one a line, and the slots that were lost. */

import { durationText } from "../../text/duration.ts";
import { printable } from "../../text/printable.ts";
import type { Outage } from "../../stats/outages.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import { seqText, timeText } from "./event.ts";
import { row, type Style, table, TITLE_WIDTH } from "./layout.ts";

/** Within a day, an outage's date says nothing. */
const DAY_MS = 86_400_000;

/** A line for each of the ten longest, and how many there were besides; two each, where the screen is narrow. */
export function* outageLines(
  { outages }: PeerStatistics,
  ranMs: number,
  { width }: Style,
): Generator<string> {
  const { longestOnes, count } = outages;
  if (longestOnes.length === 0) return;
  const hasSkipped = longestOnes.some(({ skipped }) => skipped > 0);
  const hasVia = longestOnes.some(({ via }) => via !== undefined);
  const head = ["start (UTC)", "length", "lost", "not sent", "missed", "cause", "via"];
  const rows = [head, ...longestOnes.map((outage) => outageCells(outage, ranMs))]
    .map((cells) => cells.filter((_, at) => (hasSkipped || at !== 4) && (hasVia || at !== 6)));
  const indent = " ".repeat(TITLE_WIDTH);
  // Via, and then the cause too, goes below where there is no room for it.
  const names = hasVia ? 2 : 1;
  const fits = (lines: string[]) => lines.every((line) => indent.length + line.length <= width);
  const inTable = [names, 1, 0].find((count) => fits(outageTable(rows, names - count))) ?? 0;
  const lines = outageTable(rows, names - inTable);
  for (const [at, line] of lines.entries()) {
    yield (at === 0 ? "outage".padEnd(TITLE_WIDTH) : indent) + line;
    if (at === 0) continue;
    const [cause, via] = rows[at].slice(rows[at].length - names);
    if (inTable === 0) yield `${indent}  ${cause}`;
    if (inTable < 2 && via !== undefined && via !== "-") {
      yield* viaLines(`${indent}  via `, via, width);
    }
    const { causes } = longestOnes[at - 1];
    if (causes) {
      const shares = causes.map(({ cause, us }) => `${cause} ${durationText(us / 1000)}`);
      yield row("", [`  of which ${shares[0]}`, ...shares.slice(1)], { width });
    }
  }
  const more = count - longestOnes.length;
  if (more > 0) yield `${indent}and ${more} more, shorter than these`;
}

/** Without the last columns, which are names; numbers stand to the right. */
function outageTable(rows: string[][], without: number): string[] {
  const shown = rows.map((cells) => cells.slice(0, cells.length - without));
  const lefts = shown[0].map((title, at) => title === "cause" || title === "via" ? at : -1);
  return table(shown, [0, ...lefts]);
}

/** An address, and who is there by its own word. */
const MAX_VIA = 80;

/** One line, or one for each server. */
function viaLines(start: string, via: string, width: number): string[] {
  if (start.length + via.length <= width) return [start + via];
  const [before, after] = via.split(" -> ");
  return [start + before, `${" ".repeat(start.length - 3)}-> ${after}`];
}

/** start, length, lost, not sent, missed, cause, via */
export function outageCells(outage: Outage, ranMs: number): string[] {
  const { startUs, lengthUs, missing, unsent, skipped, cause, via, isOpen, isUncounted, isUnread } =
    outage;
  const start = timeText(startUs);
  const known = (count: number) => isUncounted ? "?" : String(count);
  return [
    ranMs < DAY_MS ? start.slice(11, -1) : start.slice(0, -1).replace("T", " "),
    durationText(lengthUs / 1000),
    known(isUnread ? 0 : missing - unsent - skipped),
    known(unsent),
    known(skipped),
    isOpen ? `${cause} (until the end)` : cause,
    via === undefined
      ? "-"
      : via[0] === via[1]
      ? printable(via[0], MAX_VIA)
      : `${printable(via[0], MAX_VIA)} -> ${printable(via[1], MAX_VIA)}`,
  ];
}

/** The runs of consecutive slots that were lost: the ten longest as ranges. */
export function lossRunsRow(
  { sequence, lossRuns }: PeerStatistics,
  style: Style,
): string | undefined {
  if (lossRuns.length === 0) return undefined;
  const more = sequence.bursts - lossRuns.length;
  const runs = lossRuns.map(({ seq, lost, slots }) =>
    lost < slots ? `${lost} of ${seqText(seq, slots)}` : seqText(seq, slots)
  );
  const parts = [`${sequence.bursts}: ${runs[0]}`, ...runs.slice(1)];
  return row("loss runs", more > 0 ? [...parts, `and ${more} more`] : parts, style);
}

/** The outages one a line, and the slots that were lost. */

import { durationText } from "../../text/duration.ts";
import { printable } from "../../text/printable.ts";
import type { Outage } from "../../stats/outages.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import { seqText, timeText } from "./event.ts";
import { row, type Style, table, TITLE_WIDTH } from "./layout.ts";

/** Within a day, an outage's date says nothing. */
const DAY_MS = 86_400_000;

/** A line for each of the ten longest, and how many there were besides. */
export function* outageLines(
  { outages }: PeerStatistics,
  ranMs: number,
): Generator<string> {
  const { longestOnes, count } = outages;
  if (longestOnes.length === 0) return;
  const hasSkipped = longestOnes.some(({ skipped }) => skipped > 0);
  const hasVia = longestOnes.some(({ via }) => via !== undefined);
  const head = ["start (UTC)", "length", "lost", "not sent", "missed", "cause", "via"];
  const rows = [head, ...longestOnes.map((outage) => outageCells(outage, ranMs))]
    .map((cells) => cells.filter((_, at) => (hasSkipped || at !== 4) && (hasVia || at !== 6)));
  const lefts = rows[0].map((title, at) => title === "cause" || title === "via" ? at : -1);
  const lines = table(rows, [0, ...lefts]);
  const indent = " ".repeat(TITLE_WIDTH);
  for (const [at, line] of lines.entries()) {
    yield (at === 0 ? "outage".padEnd(TITLE_WIDTH) : indent) + line;
    const causes = at > 0 ? longestOnes[at - 1].causes : undefined;
    if (causes) {
      const shares = causes.map(({ cause, us }) => `${cause} ${durationText(us / 1000)}`);
      yield `${indent}  of which ${shares.join(", ")}`;
    }
  }
  const more = count - longestOnes.length;
  if (more > 0) yield `${indent}and ${more} more, shorter than these`;
}

function outageCells(outage: Outage, ranMs: number): string[] {
  const { startUs, lengthUs, missing, unsent, skipped, cause, via, isOpen, isUncounted } = outage;
  const start = timeText(startUs);
  const known = (count: number) => isUncounted ? "?" : String(count);
  return [
    ranMs < DAY_MS ? start.slice(11, -1) : start.slice(0, -1).replace("T", " "),
    durationText(lengthUs / 1000),
    known(missing - unsent - skipped),
    known(unsent),
    known(skipped),
    isOpen ? `${cause} (until the end)` : cause,
    via === undefined
      ? "-"
      : via[0] === via[1]
      ? printable(via[0], 40)
      : `${printable(via[0], 40)} -> ${printable(via[1], 40)}`,
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

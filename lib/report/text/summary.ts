/** The summary: what is wanted first comes first, and our own side last. */

import type { Outcome } from "../../expect.ts";
import { printable } from "../../text/printable.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import type { Summary } from "../../stats/summary.ts";
import { paint } from "./colour.ts";
import { breakdownRow, clockRow, distributionLines, variationRows } from "./delays.ts";
import { expectationLines } from "./expectations.ts";
import { headline, verdictLine } from "./headline.ts";
import type { Style } from "./layout.ts";
import { anomalyRows, forgottenRow, leftUnreadRow, localRows } from "./local.ts";
import { lossRunsRow, outageLines } from "./outages.ts";
import { peerTable, worstFirst } from "./peers.ts";

/** Wide enough for every column, and for a screen that isn't known. */
const MAX_WIDTH = 100;
const MIN_WIDTH = 60;
/** Of several peers, this one alone is shown in detail. */
const PLAIN: Style = { width: MAX_WIDTH, paint: paint(false) };

/** A style for a screen of so many columns. */
export function styleOf({ columns, colour }: { columns?: number; colour: boolean }): Style {
  const width = Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns ?? MAX_WIDTH));
  return { width, paint: paint(colour) };
}

export function summaryText(summary: Summary, outcomes: Outcome[] = [], style = PLAIN): string {
  const { peers, ranMs } = summary;
  const [worst, ...others] = worstFirst(peers, outcomes);
  const lines = [verdictLine(summary, outcomes, style)];
  if (others.length > 0) {
    const table = peerTable([worst, ...others], style, undefined, true);
    lines.push(...table, "", `worst: ${printable(worst.subject)}`);
  }
  if (worst) {
    lines.push(...headline(worst, summary, style));
    lines.push(...section([...outageLines(worst, ranMs, style), lossRunsRow(worst, style)]));
    lines.push(...section(detailsOf(worst, summary, style)));
  }
  const gone = [forgottenRow(summary, style), leftUnreadRow(summary, style)];
  lines.push(...section([...gone, ...localRows(summary, style)]));
  lines.push(...section(expectationLines(outcomes, style)));
  return lines.join("\n");
}

function detailsOf(peer: PeerStatistics, summary: Summary, style: Style): (string | undefined)[] {
  return [
    ...distributionLines(peer, style),
    ...variationRows(peer, style),
    ...(peer.run === undefined ? [] : [clockRow(peer, style)]),
    breakdownRow(peer, summary, style),
    ...anomalyRows(peer, style),
  ];
}

/** Some rows with a free line before them; nothing, where there are none. */
function section(rows: (string | undefined)[]): string[] {
  const shown = rows.filter((row) => row !== undefined);
  return shown.length > 0 ? ["", ...shown] : [];
}

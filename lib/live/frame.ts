/** One frame of the screen: the statistics in the summary's words, the last minutes, the last outages and events. */

import type { Outcome } from "../expect.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { fixed } from "../text/number.ts";
import { printable } from "../text/printable.ts";
import type { Paint } from "../report/text/colour.ts";
import { causeText } from "../report/text/event.ts";
import { headline, verdictLine } from "../report/text/headline.ts";
import { clipped, row, type Style, table, TITLE_WIDTH } from "../report/text/layout.ts";
import { outageCells } from "../report/text/outages.ts";
import { peerTable, worstFirst } from "../report/text/peers.ts";
import { chartLines, columnsWithin } from "./chart.ts";
import { type Chart, COLUMN_US, type PeerOutage } from "./recent.ts";

export interface FrameState {
  summary: Summary;
  outcomes: Outcome[];
  /** So many of a peer's last columns. */
  chartOf: (subject: string, count: number) => Chart | undefined;
  /** That are over, in the order of their end. */
  outages: readonly PeerOutage[];
  /** What else would be on stderr: a line each, the last one last. */
  events: readonly string[];
}

export interface FrameSize {
  columns: number;
  rows: number;
}

const MIN_WIDTH = 60;
const MAX_WIDTH = 200;
/** There is room for free lines from here on. */
const SPACIOUS_ROWS = 24;
const MAX_OUTAGES = 8;
/** A chart is smaller where it would leave less than this for outages and events. */
const OTHER_ROWS = 4;
/** The rate of the last ticks is that of so many columns. */
const RATE_COLUMNS = 5;

/** As many lines as the screen has rows at most, each no wider than its columns; a smaller screen is cut. */
export function frameOf(state: FrameState, { columns, rows }: FrameSize, paint: Paint): string[] {
  const { summary, outcomes, chartOf } = state;
  const style = { width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, columns)), paint };
  const peers = worstFirst(summary.peers, outcomes);
  const [worst] = peers;
  const chart = worst && chartOf(worst.subject, columnsWithin(style.width));
  const lines = verdictLine(summary, outcomes, style).split("\n");
  const between = rows >= SPACIOUS_ROWS ? [""] : [];
  /** Adds what it is given of the rows that are left. */
  const add = (section: (room: number) => string[]) => {
    const added = section(rows - lines.length - between.length);
    if (added.length > 0) lines.push(...between, ...added);
  };
  if (peers.length > 1) add((room) => peerLines(peers, room, style));
  if (worst) {
    const head = [...headline(worst, summary, style), rateRow(worst, chart)];
    lines.push(...head.flatMap((text) => text.split("\n")));
  }
  if (chart) {
    add((room) => chartLines(chart, Math.min(room, Math.max(4, room - OTHER_ROWS)), style));
  }
  add((room) => outageLines(state, Math.ceil(room / 2), style));
  add((room) => room > 0 ? state.events.slice(-room) : []);
  return lines.slice(0, rows).map((line) => clipped(line, columns));
}

/** All peers in a third of the room, and the name of the one that all below is about. */
function peerLines(peers: PeerStatistics[], room: number, style: Style): string[] {
  const max = Math.max(2, Math.floor(room / 3) - 3);
  return [...peerTable(peers, style, max), `worst: ${printable(peers[0].subject)}`];
}

function rateRow({ ratePerS }: PeerStatistics, chart: Chart | undefined): string {
  const over = chart?.columns.slice(-RATE_COLUMNS - 1, -1) ?? [undefined];
  const recent = over.reduce((sum, column) => sum + (column?.count ?? NaN), 0) /
    (RATE_COLUMNS * COLUMN_US / 1e6);
  const shown = (perS: number) => Number.isFinite(perS) ? fixed(perS, 1) : "-";
  return row("rate", [
    `${shown(ratePerS)} ticks a second`,
    `${shown(recent)} in the last ${RATE_COLUMNS * COLUMN_US / 1e6} s`,
  ], { width: MAX_WIDTH });
}

/** Those that last come last. */
function outageLines({ summary, outages }: FrameState, room: number, style: Style): string[] {
  const { peers, ranMs } = summary;
  const open = peers.flatMap(({ subject, outages }) =>
    outages.longestOnes.filter(({ isOpen }) => isOpen).map((outage) => ({ ...outage, subject }))
  );
  const count = Math.min(MAX_OUTAGES, room - 1);
  const last = [...outages, ...open].slice(-count);
  if (count < 1 || last.length === 0) return [];
  const isMissed = last.some(({ skipped }) => skipped > 0);
  const isMany = peers.length > 1;
  const cellsOf = (numbers: string[], peer: string, cause: string) => [
    ...numbers.slice(0, isMissed ? 5 : 4),
    ...(isMany ? [peer] : []),
    cause,
  ];
  const rows = last.map((outage) => {
    const cause = (outage.isOpen ? "lasting: " : "") + causeText(outage);
    return cellsOf(outageCells(outage, ranMs), printable(outage.subject, 28), cause);
  });
  const head = cellsOf(["start (UTC)", "length", "lost", "not sent", "missed"], "peer", "cause");
  const names = isMany ? [head.length - 2, head.length - 1] : [head.length - 1];
  const lines = table([head, ...rows], [0, ...names]);
  return lines.map((line, at) =>
    (at === 0 ? "outage" : "").padEnd(TITLE_WIDTH) +
    (last[at - 1]?.isOpen ? style.paint.warning(line) : line)
  );
}

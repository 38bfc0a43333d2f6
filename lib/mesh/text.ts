/** The matrix for a person: what is ill, a grid where it fits, and the worst paths. */

import { ms, percentile, shareText, table } from "../report/text/layout.ts";
import { durationText } from "../text/duration.ts";
import { fixed } from "../text/number.ts";
import type { Matrix } from "./mesh.ts";
import { type Path } from "./path.ts";
import { type Illness, keyOf, worstFirst } from "./verdict.ts";

/** More than these don't fit into the width of a screen. */
export const MAX_GRID = 8;
const MAX_PATHS = 15;
const HEAD_WIDTH = 12;
const CELL_WIDTH = 11;

/** With fewer, none is above the 99th percentile. */
const MIN_SAMPLES = 100;

const MARKS: Record<Illness, string> = { "no ticks": "!", outage: "!", loss: "x", slow: "+" };
const LEGEND = "rows send, columns receive: delay p50/p99 in ms; " +
  "! no ticks, x loss, + slow (twice the median path)";

/** @param about all that is known of each server */
export function matrixText(matrix: Matrix, about: readonly string[]): string {
  const { labels, ranMs, paths, outcomes } = matrix;
  const count = labels.length;
  return [
    `--- mesh of ${count} servers, ${durationText(ranMs)}: ${verdictText(matrix)}`,
    "",
    ...labels.map((label, at) => `${label.padEnd(HEAD_WIDTH)} ${endText(matrix, at, about[at])}`),
    "",
    ...count <= MAX_GRID ? [...gridLines(matrix), LEGEND, ""] : [],
    ...pathLines(matrix),
    ...paths.length > 0 && outcomes.length > 0 ? ["", ...outcomeLines(matrix)] : [],
    "",
    "One clock for all ends: the clock offset is exactly zero.",
  ].join("\n");
}

/** What is ill: servers, then routes. */
export function verdictText({ labels, paths, verdict }: Matrix): string {
  const { ill, servers, routes } = verdict;
  if (ill.size === 0) return `all ${paths.length} paths well`;
  const routeTexts = worstFirst(routes, verdict).map((path) =>
    `${pathText(path, labels)} (${ill.get(keyOf(path))})`
  );
  const shown = routeTexts.slice(0, 3);
  const more = routeTexts.length - shown.length;
  return [
    `${ill.size} of ${paths.length} paths ill`,
    ...servers.map((at) => `server ${labels[at]}: every path from and to it`),
    ...shown,
    ...more > 0 ? [`${more} more`] : [],
  ].join("; ");
}

export function pathText({ from, to }: Pick<Path, "from" | "to">, labels: string[]): string {
  return `${labels[from]} -> ${labels[to]}`;
}

function endText({ ends }: Matrix, at: number, about: string): string {
  const { schedule: { sent, unsent, skipped }, rttUs, reconnects } = ends[at];
  const again = reconnects.lost + reconnects.unresponsive + reconnects.moved;
  return [
    about,
    `sent ${sent}`,
    ...unsent > 0 ? [`not sent ${unsent}`] : [],
    ...skipped > 0 ? [`missed ${skipped}`] : [],
    ...rttUs === undefined ? [] : [`RTT ${ms(rttUs)} ms`],
    ...again > 0 ? [`reconnects ${again}`] : [],
  ].join(", ");
}

function gridLines({ labels, paths, verdict }: Matrix): string[] {
  const head = ["".padEnd(HEAD_WIDTH), ...labels.map((label) => clipped(label, CELL_WIDTH - 2))];
  const rows = labels.map((label, from) => [
    clipped(label, HEAD_WIDTH).padEnd(HEAD_WIDTH),
    ...labels.map((_, to) => {
      const path = paths.find((one) => one.from === from && one.to === to);
      return path ? cellText(path, verdict.ill.get(keyOf(path))) : "· ";
    }),
  ]);
  return [head.map((text, at) => at ? `${text} ` : text), ...rows].map(([first, ...cells]) =>
    first + cells.map((cell) => cell.padStart(CELL_WIDTH)).join("")
  );
}

/** Two figures and a mark: `0.21/1.34+`. */
function cellText({ peer }: Path, illness: Illness | undefined): string {
  const mark = illness ? MARKS[illness] : " ";
  if (!peer?.delay) return `no ticks${mark}`;
  const { count, percentilesUs } = peer.delay;
  const p99 = count < MIN_SAMPLES ? "-" : short(percentilesUs[99]);
  return `${short(percentilesUs[50])}/${p99}${mark}`;
}

/** Milliseconds in four characters, up to 10 s. */
function short(us: number): string {
  return fixed(us / 1000, us < 9995 ? 2 : us < 99_950 ? 1 : 0);
}

function clipped(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(1 - length)}`;
}

function pathLines(matrix: Matrix): string[] {
  const { labels, paths, verdict } = matrix;
  const head = [
    ...["path", "received", "lost", "loss", "outages", "total", "p50 ms", "p99", "max", "ill"],
  ];
  const rows = worstFirst(paths, verdict).slice(0, MAX_PATHS).map((path) => {
    const { received, lost, pending, peer } = path;
    const { delay, outages } = peer ?? {};
    return [
      `${clipped(labels[path.from], 18)} -> ${clipped(labels[path.to], 18)}`,
      String(received),
      String(lost),
      shareText(lost, received + lost + pending),
      String(outages?.count ?? "-"),
      outages && outages.count > 0 ? durationText(outages.totalUs / 1000) : "-",
      ...delay
        ? [percentile(delay, 50, 2), percentile(delay, 99, 2), ms(delay.max.us, 2)]
        : ["-", "-", "-"],
      verdict.ill.get(keyOf(path)) ?? "",
    ];
  });
  const more = paths.length - rows.length;
  return [
    ...table([head, ...rows], [0, head.length - 1]),
    ...more > 0 ? [`and ${more} more paths, none worse than these`] : [],
  ];
}

function outcomeLines({ outcomes, labels }: Matrix): string[] {
  const failed = outcomes.filter(({ ok }) => !ok);
  const rows = failed.slice(0, MAX_PATHS).map((outcome) =>
    `FAIL ${pathText(outcome, labels)}: ${outcome.written}: expected ${outcome.wanted}, ` +
    `found ${outcome.found}`
  );
  const written = [...new Set(outcomes.map(({ written }) => written))];
  const held = written.filter((each) => !failed.some(({ written }) => written === each));
  const more = failed.length - rows.length;
  return [
    ...held.map((each) => `ok   ${each} on every path`),
    ...rows,
    ...more > 0 ? [`and ${more} more that failed`] : [],
  ];
}

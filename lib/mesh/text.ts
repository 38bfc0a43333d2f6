/** The matrix for a person: what is ill, a grid, and the worst paths. */

import { ms, percentile, shareText, table } from "../report/text/layout.ts";
import { durationText } from "../text/duration.ts";
import { clipped, gridOf } from "./grid.ts";
import type { Matrix } from "./mesh.ts";
import type { Path } from "./path.ts";
import { keyOf, worstFirst } from "./verdict.ts";

const MAX_PATHS = 15;
const MAX_LABEL = 18;
/** Of more than this, delays and outages are this process's as much as the paths'. */
const MAX_MISSED = 0.05;

/** @param about all that is known of each server */
export function matrixText(matrix: Matrix, about: readonly string[]): string {
  const { labels, ranMs, paths, outcomes } = matrix;
  const grid = gridOf(matrix);
  const heads = labels.map((label, at) => grid.isNumbered ? `#${at + 1} ${label}` : label);
  const width = Math.max(...heads.map((head) => head.length));
  return [
    `--- mesh of ${labels.length} servers, ${durationText(ranMs)}: ${verdictText(matrix)}`,
    "",
    ...heads.map((head, at) => `${head.padEnd(width)}  ${endText(matrix, at, about[at])}`),
    "",
    ...grid.lines,
    "",
    ...pathLines(matrix),
    ...paths.length > 0 && outcomes.length > 0 ? ["", ...outcomeLines(matrix)] : [],
    "",
    "One clock for all ends: the clock offset is exactly zero.",
  ].join("\n");
}

/** What is ill: servers, then routes; and this process, where it is. */
export function verdictText(matrix: Matrix): string {
  const { labels, paths, verdict } = matrix;
  const { ill, servers, routes } = verdict;
  if (ill.size === 0) return [`all ${paths.length} paths well`, ...ownTexts(matrix)].join("; ");
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
    ...ownTexts(matrix),
  ].join("; ");
}

/** A process that isn't given its time finds every path ill, whatever the servers do. */
function ownTexts({ ends }: Matrix): string[] {
  const sum = (key: "slots" | "skipped") =>
    ends.reduce((sum, { schedule }) => sum + schedule[key], 0);
  const [slots, skipped] = [sum("slots"), sum("skipped")];
  if (skipped < MAX_MISSED * slots || skipped === 0) return [];
  return [`this process is starved: it missed ${shareText(skipped, slots)} of its own ticks`];
}

export function pathText({ from, to }: Pick<Path, "from" | "to">, labels: string[]): string {
  return `${labels[from]} -> ${labels[to]}`;
}

/** What is known of a server, and what was sent by it. */
export function endText({ ends }: Matrix, at: number, about: string): string {
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

function pathLines(matrix: Matrix): string[] {
  const { labels, paths, verdict } = matrix;
  const head = [
    ...["path", "received", "lost", "loss", "outages", "total", "p50 ms", "p99", "max", "ill"],
  ];
  const rows = worstFirst(paths, verdict).slice(0, MAX_PATHS).map((path) => {
    const { received, lost, pending, peer } = path;
    const { delay, outages } = peer ?? {};
    return [
      `${clipped(labels[path.from], MAX_LABEL)} -> ${clipped(labels[path.to], MAX_LABEL)}`,
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

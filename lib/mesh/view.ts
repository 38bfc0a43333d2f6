/** The matrix as the page has it: texts and numbers, and nothing to compute. */

import { ms, percentile, shareText } from "../report/text/layout.ts";
import { durationText } from "../text/duration.ts";
import type { Matrix } from "./mesh.ts";
import type { Path } from "./path.ts";
import { endText, verdictText } from "./text.ts";
import { type Illness, keyOf } from "./verdict.ts";

/** What a cell shows: its two percentiles in ms, and in words what is wrong with it. */
export interface Cell {
  p50: string;
  p99: string;
  ill?: Illness;
  words: string;
  /** All that is known, for who points at it. */
  title: string;
}

export interface MatrixView {
  verdict: string;
  ran: string;
  labels: string[];
  /** All that is known of each server and of its end. */
  about: string[];
  /** Servers all of whose paths are ill. */
  ill: number[];
  /** By sender, then by receiver; null of a server to itself. */
  cells: (Cell | null)[][];
}

export function viewOf(matrix: Matrix, about: string[]): MatrixView {
  const { labels, paths, verdict, ranMs } = matrix;
  const cells: (Cell | null)[][] = labels.map(() => labels.map(() => null));
  for (const path of paths) {
    cells[path.from][path.to] = cellOf(path, verdict.ill.get(keyOf(path)), labels);
  }
  return {
    ...{ verdict: verdictText(matrix), ran: durationText(ranMs), labels, cells },
    about: about.map((text, at) => endText(matrix, at, text)),
    ill: verdict.servers,
  };
}

function cellOf(path: Path, ill: Illness | undefined, labels: string[]): Cell {
  const { from, to, received, lost, unsent, pending, peer } = path;
  const { delay, outages } = peer ?? {};
  const [p50, p99] = delay ? [percentile(delay, 50, 2), percentile(delay, 99, 2)] : ["-", "-"];
  const sent = received + lost + pending;
  const words: Record<Illness, () => string> = {
    "no ticks": () => "no ticks",
    outage: () => `out for ${durationText((outages?.openUs ?? 0) / 1000)}`,
    loss: () => `loss ${shareText(lost, sent)}`,
    slow: () => "slow",
  };
  const title = [
    `${labels[from]} -> ${labels[to]}`,
    `received ${received}, lost ${lost}, not sent ${unsent}`,
    ...delay ? [`min ${ms(delay.minUs)} ms, max ${ms(delay.max.us)} ms`] : [],
    ...outages && outages.count > 0
      ? [`outages ${outages.count}, total ${durationText(outages.totalUs / 1000)}`]
      : [],
  ].join("\n");
  return { p50, p99, words: ill ? words[ill]() : "", title, ...ill ? { ill } : {} };
}

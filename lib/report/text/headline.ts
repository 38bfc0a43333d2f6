/** What is wanted first: the verdict, the loss, the outages, and how late ticks arrive. */

import { durationText } from "../../text/duration.ts";
import { printable } from "../../text/printable.ts";
import type { Outcome } from "../../expect.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import type { Summary } from "../../stats/summary.ts";
import { timeText } from "./event.ts";
import { counts, ms, percentile, row, shareText, type Style } from "./layout.ts";

/** The first line: who received whom, for how long, and the verdict. */
export function verdictLine(summary: Summary, outcomes: Outcome[], style: Style): string {
  const { name, ranMs, peers, schedule } = summary;
  const from = peers.length === 0
    ? ""
    : peers.length === 1
    ? ` receives ${printable(peers[0].subject, 60)}`
    : ` receives ${peers.length} peers`;
  const left = `--- ${name}${from}, ${durationText(ranMs)} at ${
    durationText(schedule.intervalUs / 1000)
  } `;
  const [verdict, isGood] = verdictOf(summary, outcomes);
  const { good, bad, dim } = style.paint;
  const painted = isGood === undefined ? verdict : isGood ? good(verdict) : bad(verdict);
  const room = style.width - left.length - verdict.length - END.length - 1;
  if (room < 3) return `${left}${dim("---")}\n${row("verdict", [painted], style)}`;
  return `${left}${dim("-".repeat(room))} ${painted}${dim(END)}`;
}

const END = " ---";

function verdictOf({ peers }: Summary, outcomes: Outcome[]): [text: string, isGood?: boolean] {
  if (peers.length === 0) return ["FAIL: no ticks received", false];
  if (outcomes.length === 0) return ["no thresholds"];
  const failed = new Set(outcomes.filter(({ ok }) => !ok).map(({ written }) => written)).size;
  const all = new Set(outcomes.map(({ written }) => written)).size;
  return failed > 0
    ? [`FAIL: ${failed} of ${all} thresholds`, false]
    : [`ok: ${all} of ${all} thresholds`, true];
}

/** Loss, outages and delay of one peer: a row each. */
export function* headline(
  peer: PeerStatistics,
  { reconnects }: Summary,
  style: Style,
): Generator<string> {
  const { outages } = peer;
  yield lossRow(peer, style);
  const { lost, unresponsive, moved } = reconnects;
  const kinds = counts([
    [lost, lost === 1 ? "disconnect" : "disconnects"],
    [unresponsive, "unresponsive"],
    [moved, "shutdown"],
  ]);
  const again = lost + unresponsive + moved;
  const { warning } = style.paint;
  const out = outages.count === 0 ? ["none"] : [
    warning(String(outages.count)),
    `longest ${durationText(outages.longest!.lengthUs / 1000)}`,
    `total ${durationText(outages.totalUs / 1000)}`,
    ...(outages.openUs === undefined
      ? []
      : [warning(`no ticks in the last ${durationText(outages.openUs / 1000)}`)]),
  ];
  if (again > 0) {
    out.push(`reconnected ${again} times (${kinds.join(", ")})`.replace("1 times", "once"));
  }
  if (outages.count === 0 && outages.longest) {
    const { lengthUs, startUs } = outages.longest;
    out.push(`longest gap ${durationText(lengthUs / 1000)} at ${timeText(startUs)}`);
  }
  yield row("outages", out, style);
  yield delayRow(peer, style);
}

function lossRow({ sequence: s, bare, run, stale, duringStall }: PeerStatistics, style: Style) {
  if (run === undefined) {
    const parts = [`unknown, as the peer sends no header`, `received ${bare}`];
    return row("loss", [...parts, ...counts([[stale, "stale"]])], style);
  }
  const sent = s.received + s.lost + s.unread + s.pending;
  const share = `${s.lost} of ${sent} sent (${shareText(s.lost, sent)})`;
  return row("loss", [
    s.lost > 0 ? style.paint.warning(share) : share,
    `received ${s.received}`,
    ...counts([
      [s.late, "late"],
      [s.duplicate, "duplicate"],
      [s.reordered, `reordered (by up to ${s.maxExtent})`],
      [s.unread, "not read in time by this process"],
      [s.pending, "not decided yet"],
      [stale, "stale"],
      [duringStall, "received during local stalls"],
    ]),
  ], style);
}

/** The largest distance of what is shown to what the clock's bound allows for it. */
export function shownBoundUs({ delay, delayRange }: PeerStatistics): number {
  if (!delay || !delayRange) return NaN;
  const shown = [50, 99].map((percent) =>
    [delay.percentilesUs[percent], delayRange.percentilesUs[percent]] as const
  );
  const all = [...shown, [delay.max.us, delayRange.maxUs] as const];
  return Math.max(...all.map(([us, [from, to]]) => Math.max(us - from, to - us)));
}

function delayRow(peer: PeerStatistics, style: Style): string {
  const { delay, dt } = peer;
  const shown = delay ?? dt;
  const values = [
    `p50 ${percentile(shown, 50, 2)}`,
    `p99 ${percentile(shown, 99, 2)}`,
    `max ${ms(shown.max.us, 2)} ms`,
  ].join("   ");
  const what = delay
    ? `(one-way, clock offset removed, ± ${ms(shownBoundUs(peer), 2)} ms)`
    : "(raw: clock offset included, as it is unknown)";
  return row(delay ? "delay" : "dt", [values, what], style, "   ");
}

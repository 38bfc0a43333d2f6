/** Several observers as one, for a person: in the order of an app's summary. */

import { distributionLines } from "../report/text/delays.ts";
import { counts, ms, percentile, row, shareText, type Style } from "../report/text/layout.ts";
import { leftUnreadText } from "../report/text/local.ts";
import { peerTable } from "../report/text/peers.ts";
import { DelayHistogram } from "../stats/delay/histogram.ts";
import type { LeftUnread } from "../stats/left_unread.ts";
import { durationText } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import type { Merged } from "./merged.ts";
import type { Observer } from "./observer.ts";
import { observerTable } from "./observer_table.ts";
import { outageSections } from "./outage_text.ts";

/** Names of senders that stand in a line. */
const MAX_NAMED = 3;

export function mergedText(merged: Merged, style: Style): string {
  const { senders, forgotten, worst } = merged;
  const lines = [verdictLine(merged, style), lossRow(merged, style)];
  lines.push(...leftUnreadRows(merged.observers, style), outagesRow(merged, style));
  lines.push(...delayRow(merged, style), ...sharedRows(merged, style));
  lines.push("", ...observerTable(merged.observers, style));
  if (worst.length > 1) {
    const more = senders - forgotten - worst.length;
    lines.push("", "worst senders", ...peerTable(worst, style));
    if (more > 0) lines.push(`and ${more} more senders, none worse than these`);
  }
  lines.push(...outageSections(merged.observers, style));
  const { delay, dt, pdv } = merged.joined;
  const none = new DelayHistogram().statistics();
  const distributions = distributionLines({
    ...{ delay: delay?.statistics, pdv: pdv?.statistics, dt: dt?.statistics ?? none },
    undisturbed: undefined,
  }, style);
  if (distributions.length > 0) lines.push("", ...distributions);
  lines.push(...anomalyRows(merged, style));
  return lines.join("\n");
}

function verdictLine({ observers, senders }: Merged, style: Style): string {
  const longestMs = Math.max(...observers.map(({ ranMs }) => ranMs));
  const left = `--- ${observers.length === 1 ? "1 observer" : `${observers.length} observers`}, ${
    senders === 1 ? "1 sender" : `${senders} senders`
  }, ${durationText(longestMs)} `;
  const [verdict, isGood] = verdictOf(observers, senders);
  const { good, bad, dim } = style.paint;
  const painted = isGood === undefined ? verdict : isGood ? good(verdict) : bad(verdict);
  const room = Math.max(3, style.width - left.length - verdict.length - 5);
  return `${left}${dim("-".repeat(room))} ${painted}${dim(" ---")}`;
}

function verdictOf(observers: Observer[], senders: number): [text: string, isGood?: boolean] {
  if (senders === 0) return ["FAIL: no ticks received", false];
  const failed = observers.filter(({ thresholds }) => thresholds.failed > 0).length;
  if (failed > 0) return [`FAIL: thresholds of ${failed} of ${observers.length} observers`, false];
  const judged = observers.filter(({ thresholds }) => thresholds.judged > 0).length;
  return judged === 0 ? ["no thresholds"] : [`ok: thresholds of ${judged} observers`, true];
}

function lossRow({ counts: c }: Merged, style: Style): string {
  const sent = c.received + c.lost + c.unread + c.pending;
  const share = `${c.lost} of ${sent} sent (${shareText(c.lost, sent)})`;
  return row("loss", [
    c.lost > 0 ? style.paint.warning(share) : share,
    `received ${c.received}`,
    ...counts([
      [c.unread, "not read in time by an observer"],
      [c.late, "late"],
      [c.duplicate, "duplicate"],
      [c.reordered, "reordered"],
      [c.pending, "not decided yet"],
      [c.stale, "stale"],
      [c.duringStall, "received during local stalls"],
      [c.unsent, "not sent (disconnected)"],
      [c.skipped, "missed (sender busy)"],
      [c.bare, "without a header"],
    ]),
  ], style);
}

/** What observers didn't read behind the last ticks of senders. */
function leftUnreadRows(observers: Observer[], style: Style): string[] {
  const sum = (of: (left: LeftUnread) => number) =>
    observers.reduce((sum, { leftUnread }) => sum + (leftUnread ? of(leftUnread) : 0), 0);
  const peers = sum(({ peers }) => peers);
  const due = sum(({ due }) => due);
  return peers > 0 ? [leftUnreadText({ peers, due }, style)] : [];
}

function outagesRow({ outages, observers, forgotten }: Merged, style: Style): string {
  const left = forgotten > 0 ? " (of senders not forgotten)" : "";
  const { count, totalUs, open, longestOnes } = outages;
  const parts = count === 0 ? ["none"] : [
    style.paint.warning(String(count)),
    ...longestOnes.length > 0
      ? [`longest ${durationText(longestOnes[0].outage.lengthUs / 1000)}${left}`]
      : [],
    `total ${durationText(totalUs / 1000)}`,
    ...open > 0 ? [style.paint.warning(`no ticks of ${open} senders at the end`)] : [],
  ];
  const again = observers.reduce(
    (sum, { reconnects: { lost, unresponsive, moved } }) => sum + lost + unresponsive + moved,
    0,
  );
  if (again > 0) parts.push(`observers reconnected ${again} times`.replace("1 times", "once"));
  return row("outages", parts, style);
}

/** The delay of the ticks that have one, and of the others how much theirs varies. */
function* delayRow({ joined, maxBoundUs }: Merged, style: Style): Generator<string> {
  const { delay, dt, pdv } = joined;
  const shown = delay ?? pdv;
  if (!shown || !dt) return;
  const { statistics } = shown;
  const values = [
    `p50 ${percentile(statistics, 50, 2)}`,
    `p99 ${percentile(statistics, 99, 2)}`,
    `max ${ms(statistics.max.us, 2)} ms`,
  ].join("   ");
  const some = statistics.count < dt.statistics.count
    ? `, of ${shareText(statistics.count, dt.statistics.count)} of the ticks`
    : "";
  const what = delay
    ? `(one-way, clock offsets removed, ± ${ms(maxBoundUs, 2)} ms at max${some})`
    : "(above each sender's minimum: no clock offset is known)";
  yield row(delay ? "delay" : "PDV", [values, what], style, "   ");
}

function* sharedRows({ shared }: Merged, style: Style): Generator<string> {
  if (shared.count === 0) return;
  const named = shared.senders.slice(0, MAX_NAMED).map(({ subject, run, files }) =>
    `${printable(subject, 40)}${run === undefined ? "" : ` (run ${run})`} by ${
      files.map((file) => printable(file, 40)).join(" and ")
    }`
  );
  const more = shared.count - named.length;
  const what = shared.count === 1 ? "1 sender" : `${shared.count} senders`;
  yield row("shared", [
    style.paint.warning(`${what} received by more than one, and counted for each`),
    ...named,
    ...more > 0 ? [`and ${more} more`] : [],
  ], style);
}

function* anomalyRows(
  { counts: c, observers, forgotten }: Merged,
  style: Style,
): Generator<string> {
  const rejected = observers.reduce(
    (sum, { rejected }) => sum + Object.values(rejected).reduce((a, b) => a + b, 0),
    0,
  );
  const odd = counts([
    [c.replayed, "duplicates from an earlier session"],
    [c.redelivered, "redelivered"],
    [c.fromStore, "from the store"],
    [c.unplaced, "without a delay (no offset known)"],
    [c.unaccounted, "of more than 16 runs at once (not counted)"],
    [c.implausibleTimes, "with an implausible time (without a delay)"],
    [c.implausibleNumbers, "with an implausible seq (not counted)"],
    [c.misreported, "inconsistent skip counts"],
    [rejected, "rejected"],
    [forgotten, "forgotten (senders gone for long, in all sums)"],
  ]);
  if (odd.length > 0) yield* ["", row("anomalies", odd, style)];
}

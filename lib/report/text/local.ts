/** Our own side, and what came that was odd. */

import { durationText } from "../../text/duration.ts";
import { fixed } from "../../text/number.ts";
import { printable } from "../../text/printable.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import type { LeftUnread } from "../../stats/left_unread.ts";
import type { Summary } from "../../stats/summary.ts";
import type { FateStatistics } from "../../stats/fates.ts";
import { counts, ms, percentile, row, type Style, ticksText, times } from "./layout.ts";
import { rejectedRows } from "./rejections.ts";

/** Two that are ended together never end at once. */
const MIN_ENDED_US = 1e6;

/** What peers add up to that are gone. */
export function forgottenRow({ forgotten }: Summary, style: Style): string | undefined {
  if (!forgotten) return undefined;
  const { peers, bare, outages, sequence: { received = 0, lost = 0, unsent = 0 } } = forgotten;
  return row("forgotten", [
    `${peers === 1 ? "1 peer" : `${peers} peers`}, gone for long`,
    `received ${received + bare}`,
    `lost ${lost}`,
    ...counts([[unsent, "not sent"]]),
    `outages ${outages.count}, total ${durationText(outages.totalUs / 1000)}`,
  ], style);
}

/** What was not read behind the last ticks of peers. */
export function leftUnreadRow({ leftUnread }: Summary, style: Style): string | undefined {
  return leftUnread && leftUnreadText(leftUnread, style);
}

export function leftUnreadText({ peers, due }: LeftUnread, style: Style): string {
  const whose = peers === 1 ? "a peer's last one" : `the last ones of ${peers} peers`;
  return row("unread", [`up to ${ticksText(due)} after ${whose}, not read and in no count`], style);
}

/** What we sent, how well our schedule was kept, and our own clock. */
export function* localRows(
  { schedule, clockSteps, peers, rejected }: Summary,
  style: Style,
): Generator<string> {
  const { run, slots, sent, unsent, skipped, timerError, stalls, longestStallUs, fates } = schedule;
  yield row("sent", [
    `${sent} of ${slots} scheduled${run && ` as run ${run}`}`,
    ...counts([[unsent, "not sent (disconnected or refused)"], [skipped, "missed (sender busy)"]]),
  ], style);
  if (fates) yield* fateRows(fates, style);
  for (const { receivedOfUs, runs } of peers.length === 1 ? peers : []) {
    if (!receivedOfUs) continue;
    const { received, lost, late, duplicate, reordered, asOfSeq } = receivedOfUs;
    yield row("", [
      `peer received ${received} of our ticks`,
      ...(runs > 1 ? ["since its restart"] : []),
      ...(asOfSeq === undefined ? [] : [`as of seq ${asOfSeq}`]),
      ...counts([
        [lost, "lost"],
        [late, "late"],
        [duplicate, "duplicate"],
        [reordered, "reordered"],
      ]),
      ...(received + lost > slots ? ["inconsistent: more than we sent"] : []),
    ], style);
  }
  if (timerError.count > 0) {
    const [p50, p99] = [50, 99].map((percent) => percentile(timerError, percent));
    const values = ` p50 ${p50}  p99 ${p99}  max ${ms(timerError.max.us)} ms`;
    const longest = `the longest ${durationText(longestStallUs / 1000)}`;
    const stalled = `${stalls === 1 ? "1 stall" : `${stalls} stalls`}, ${longest}`;
    const parts = stalls > 0 ? [`${values},`, stalled] : [values];
    yield row("timer error", [...parts, "(our scheduler, not the network)"], style, " ");
  }
  if (clockSteps > 0) yield row("local clock", [` stepped ${times(clockSteps)}`], style);
  yield* rejectedRows(rejected, style);
}

/** What the bus said of what was sent. */
function* fateRows(fates: FateStatistics, style: Style): Generator<string> {
  const { acknowledged, refused, unroutable, unconfirmed, pending, republished } = fates;
  const { acknowledgedAfter } = fates;
  const [p50, p99] = [50, 99].map((percent) => percentile(acknowledgedAfter, percent));
  yield row("", [
    `${acknowledged} acknowledged after p50 ${p50}  p99 ${p99}  max ${
      ms(acknowledgedAfter.max.us)
    } ms`,
    ...counts([
      [refused, "refused"],
      [unroutable, "unroutable"],
      [unconfirmed, "unconfirmed"],
      [pending, "pending"],
      [republished, "published again"],
    ]),
  ], style);
}

/** What doesn't come of a bus or of a clock, but of a sender. */
export function* anomalyRows(peer: PeerStatistics, style: Style): Generator<string> {
  const { run, runs, bare, ratePerS, senders, sequence, headerFaults, endedUs } = peer;
  const odd = counts([
    [run === undefined ? 0 : bare, "without a header"],
    [peer.replayed, "duplicates from an earlier session"],
    [peer.redelivered, "redelivered"],
    [peer.fromStore, "from the store"],
    [peer.unaccounted, "of more than 16 runs at once (not counted)"],
    [peer.implausibleTimes, "with an implausible time (without a delay)"],
    [peer.implausibleNumbers, "with an implausible seq (not counted)"],
    [sequence.misreported, "inconsistent skip counts"],
    [senders > 1 ? senders : 0, "senders at once"],
    ...Object.entries(headerFaults).map(([fault, count]) =>
      [count, `without a usable header (${printable(fault)})`] as const
    ),
  ]);
  if (odd.length > 0) yield row("anomalies", odd, style);
  const { acknowledgedLost } = peer;
  if (acknowledgedLost) {
    const { min, max } = acknowledgedLost;
    const range = min === max ? `${min}` : `${min} to ${max}`;
    yield row("stored", [`acknowledged to the peer and lost: ${range}`], style);
  }
  const left = counts([
    [sequence.unsent, "not sent (disconnected)"],
    [sequence.skipped, "missed (sender busy)"],
  ]);
  if (left.length > 0) {
    yield row("peer", [
      `${sequence.slots - sequence.unsent - sequence.skipped} of ${sequence.slots} scheduled`,
      ...left,
    ], style);
  }
  const session = [run === undefined ? "no header" : `run ${run}`];
  if (Number.isFinite(ratePerS)) session.push(`${fixed(ratePerS, 2)} ticks/s`);
  if (runs > 1) session.push(`session ${runs}`);
  if (endedUs !== undefined && endedUs >= MIN_ENDED_US) {
    session.push(`peer ended ${durationText(endedUs / 1000)} before us`);
  }
  yield row("session", session, style);
}

/**
 * The statistics in Prometheus's text format, version 0.0.4. Written out here: prom-client's counters can only be
 * counted up, while all there is to report is counted already, and its default registry asks the system for more.
 */

import type { OutageCause } from "../stats/outages.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { escaped } from "../text/printable.ts";

/** Upper bounds of the buckets of the delay: 50 µs to 10 s. */
export const DELAY_BOUNDS_S: readonly number[] = [
  ...[0.00005, 0.0001, 0.0002, 0.0003, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075],
  ...[0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
];

export interface DelayCounts {
  /** How many each bucket alone holds, and one more for what is above all bounds. */
  readonly counts: readonly number[];
  readonly sumUs: number;
}

/** What isn't in a summary, of one peer: sums over the whole run. */
export interface PeerTotals {
  delays: DelayCounts;
  /** Of outages that are over, by what explains them. */
  outageUs: ReadonlyMap<OutageCause, number>;
  outages: number;
}

type Sample = [labels: Record<string, string>, value: number, suffix?: string];
type Type = "counter" | "gauge" | "histogram";

/** @param totalsOf of a subject; none for one that nothing was kept of */
export function metricsText(
  { name, schedule, reconnects, rttUs, peers, rejected, ranMs }: Summary,
  version: string,
  totalsOf: (subject: string) => PeerTotals | undefined,
): string {
  const of = (read: (peer: PeerStatistics) => number | undefined): Sample[] =>
    peers.flatMap((peer) => {
      const value = read(peer);
      return value === undefined || Number.isNaN(value) ? [] : [[{ subject: peer.subject }, value]];
    });
  const totals = peers.flatMap(({ subject }) => {
    const kept = totalsOf(subject);
    return kept ? [{ subject, ...kept }] : [];
  });
  const seconds = (us: number | undefined) => us === undefined ? undefined : us / 1e6;
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  return [
    metric("gauge", "tick_info", "Version, and the name of this app.", [[{ name, version }, 1]]),
    metric("gauge", "tick_run_seconds", "How long this app has run.", [[{}, ranMs / 1000]]),
    metric("counter", "tick_sent_total", "Ticks sent.", [[{}, schedule.sent]]),
    metric("counter", "tick_unsent_total", "Slots not sent: disconnected or refused.", [
      [{}, schedule.unsent],
    ]),
    metric("counter", "tick_skipped_total", "Slots that this process missed.", [
      [{}, schedule.skipped],
    ]),
    metric("counter", "tick_stalls_total", "Stalls of the local event loop.", [
      [{}, schedule.stalls],
    ]),
    metric(
      "counter",
      "tick_reconnects_total",
      "Reconnections by reason.",
      Object.entries(reconnects).map(([reason, count]) => [{ reason }, count]),
    ),
    metric(
      "counter",
      "tick_rejected_total",
      "Messages that were no ticks of a peer, or came too fast to be shown.",
      [[{}, sum(rejected)]],
    ),
    metric(
      "gauge",
      "tick_server_rtt_seconds",
      "Round trip to the server.",
      rttUs === undefined ? [] : [[{}, rttUs / 1e6]],
    ),
    metric(
      "counter",
      "tick_received_total",
      "Ticks received.",
      of(({ sequence, bare }) => sequence.received + bare),
    ),
    ...(["lost", "late", "duplicate", "reordered"] as const).map((kind) =>
      metric("counter", `tick_${kind}_total`, HELP[kind], of(({ sequence }) => sequence[kind]))
    ),
    metric(
      "counter",
      "tick_unread_total",
      "Ticks that this process did not read in time; not counted as lost.",
      of(({ sequence }) => sequence.unread),
    ),
    metric("counter", "tick_peer_unsent_total", "Slots that the peer did not send.", [
      ...of(({ sequence }) => sequence.unsent),
    ]),
    metric("counter", "tick_stale_total", "Ticks older than --stale on arrival.", [
      ...of(({ stale }) => stale),
    ]),
    metric(
      "histogram",
      "tick_delay_seconds",
      "One-way delay, clock offset removed.",
      totals.flatMap(({ subject, delays }) => histogram(subject, delays)),
    ),
    metric(
      "counter",
      "tick_outages_total",
      "Outages that are over.",
      totals.map(({ subject, outages }) => [{ subject }, outages]),
    ),
    metric(
      "counter",
      "tick_outage_seconds_total",
      "Outages that are over, by cause.",
      totals.flatMap(({ subject, outageUs }) =>
        [...outageUs].map(([cause, us]): Sample => [{ subject, cause }, us / 1e6])
      ),
    ),
    metric("gauge", "tick_outage_open_seconds", "The outage that lasts; 0 if there is none.", [
      ...of(({ outages }) => (outages.openUs ?? 0) / 1e6),
    ]),
    metric(
      "gauge",
      "tick_clock_offset_seconds",
      "Peer's clock minus the local one.",
      of(({ clock }) => seconds(clock?.offsetUs)),
    ),
    metric(
      "gauge",
      "tick_clock_offset_bound_seconds",
      "The true offset lies within this of the offset.",
      of(({ clock }) => seconds(clock?.boundUs)),
    ),
    metric("counter", "tick_clock_steps_total", "Steps of either clock.", [
      ...of(({ clockSteps }) => clockSteps),
    ]),
  ].join("");
}

const HELP = {
  lost: "Ticks sent and not received within --loss-timeout.",
  late: "Ticks received after --loss-timeout; also counted as lost.",
  duplicate: "Ticks received more than once.",
  reordered: "Ticks received after one that was sent later.",
};

function histogram(subject: string, { counts, sumUs }: DelayCounts): Sample[] {
  let count = 0;
  const buckets = counts.map((more, at): Sample => {
    count += more;
    return [{ subject, le: String(DELAY_BOUNDS_S[at] ?? "+Inf") }, count, "_bucket"];
  });
  return [...buckets, [{ subject }, sumUs / 1e6, "_sum"], [{ subject }, count, "_count"]];
}

/** Nothing at all where it has no sample. */
function metric(type: Type, name: string, help: string, samples: Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value, suffix = ""]) =>
    `${name}${suffix}${labelsText(labels)} ${value}\n`
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escaped(value).replace(/[\\"]/g, "\\$&")}"`
  );
  return pairs.length > 0 ? `{${pairs}}` : "";
}

/** The statistics as Prometheus takes them: of each peer, and of all together. */

import type { OutageCause } from "../stats/outages.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { type DelayCounts, histogram, metric, type Sample } from "./exposition.ts";

/** What isn't in a summary, of one peer: sums over the whole run. */
export interface PeerTotals {
  delays: DelayCounts;
  /** Of outages that are over, by what explains them. */
  outageUs: ReadonlyMap<OutageCause, number>;
  outages: number;
}

/** What is told of peers besides their statistics. */
export interface MetricsOptions {
  /** Of a subject; none for one that nothing was kept of. */
  totalsOf: (subject: string) => PeerTotals | undefined;
  /** Whether it has metrics of its own. */
  isNamed: (subject: string) => boolean;
  /** The delays of all peers, be they here or gone. */
  delays: DelayCounts;
}

export function metricsText(
  summary: Summary,
  version: string,
  { totalsOf, isNamed, delays }: MetricsOptions,
): string {
  const { name, schedule, reconnects, rttUs, rejected, ranMs } = summary;
  const peers = summary.peers.filter(({ subject }) => isNamed(subject));
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
    ...KINDS.map((kind) =>
      metric("counter", `tick_${kind}_total`, HELP[kind], of(({ sequence }) => sequence[kind]))
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
      totals.flatMap(({ subject, delays }) => histogram({ subject }, delays)),
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
    ...sumsOfAll(summary),
    metric(
      "histogram",
      "tick_all_delay_seconds",
      "One-way delay of all peers.",
      histogram({}, delays),
    ),
  ].join("");
}

const KINDS = ["lost", "late", "duplicate", "reordered", "unread"] as const;
const HELP = {
  lost: "Ticks sent and not received within --loss-timeout.",
  late: "Ticks received after --loss-timeout; also counted as lost.",
  duplicate: "Ticks received more than once.",
  reordered: "Ticks received after one that was sent later.",
  unread: "Ticks that this process did not read in time; not counted as lost.",
};

/** Sums over all peers: those that have no metrics of their own are in them, and those that were forgotten. */
function sumsOfAll({ peers, forgotten }: Summary): string[] {
  const sum = (of: (peer: PeerStatistics) => number) => peers.reduce((all, p) => all + of(p), 0);
  const gone = (name: string) => forgotten?.sequence[name] ?? 0;
  const counted = KINDS.map((kind) => {
    const count = sum(({ sequence }) => sequence[kind]) + gone(kind);
    return metric("counter", `tick_all_${kind}_total`, `${HELP[kind]} Of all peers.`, [[
      {},
      count,
    ]]);
  });
  const received = sum(({ sequence, bare }) => sequence.received + bare) + gone("received") +
    (forgotten?.bare ?? 0);
  return [
    metric("gauge", "tick_peers", "Peers that are received.", [[{}, peers.length]]),
    metric("counter", "tick_forgotten_total", "Peers that were gone for --forget.", [
      [{}, forgotten?.peers ?? 0],
    ]),
    metric("counter", "tick_all_received_total", "Ticks received of all peers.", [[{}, received]]),
    ...counted,
    metric("counter", "tick_all_peer_unsent_total", "Slots that peers did not send.", [
      [{}, sum(({ sequence }) => sequence.unsent) + gone("unsent")],
    ]),
  ];
}

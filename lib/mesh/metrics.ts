/** The mesh in Prometheus's text format: paths by `from` and `to`, which are host:port as given. */

import { histogram, metric, type Sample } from "../report/exposition.ts";
import type { PeerTotals } from "../report/prometheus.ts";
import { nameOf } from "./labels.ts";
import type { Matrix } from "./mesh.ts";
import type { MeshNode } from "./node.ts";
import type { Path } from "./path.ts";
import { keyOf } from "./verdict.ts";

/** @param totalsOf what isn't in a matrix, of one path */
export function meshMetricsText(
  { paths, ends, verdict, ranMs }: Matrix,
  nodes: readonly MeshNode[],
  { version, totalsOf }: { version: string; totalsOf: (path: Path) => PeerTotals | undefined },
): string {
  const labelsOf = ({ from, to }: Path) => ({ from: nodes[from].server, to: nodes[to].server });
  const byPath = (read: (path: Path) => number): Sample[] =>
    paths.map((path) => [labelsOf(path), read(path)]);
  const byServer = (read: (node: MeshNode, at: number) => number | undefined): Sample[] =>
    nodes.flatMap((node, at) => {
      const value = read(node, at);
      return value === undefined ? [] : [[{ server: node.server }, value]];
    });
  const totals = paths.flatMap((path) => {
    const kept = totalsOf(path);
    return kept ? [{ labels: labelsOf(path), ...kept }] : [];
  });
  const scheduled = (key: "sent" | "unsent" | "skipped") =>
    byServer((_, at) => ends[at].schedule[key]);
  return [
    metric("gauge", "tick_info", "Version, and the name of this app.", [
      [{ name: "mesh", version }, 1],
    ]),
    metric("gauge", "tick_run_seconds", "How long it has run.", [[{}, ranMs / 1000]]),
    metric(
      "gauge",
      "tick_server_info",
      "What each server says of itself.",
      nodes.map(({ server, identity }) => {
        const { product = "", cluster = "" } = identity;
        return [{ server, name: nameOf(identity) ?? "", cluster, product }, 1];
      }),
    ),
    metric("gauge", "tick_server_up", "Whether it is connected to.", [
      ...byServer(({ isConnected }) => Number(isConnected)),
    ]),
    metric("gauge", "tick_server_rtt_seconds", "Round trip to the server.", [
      ...byServer((_, at) => {
        const { rttUs } = ends[at];
        return rttUs === undefined ? undefined : rttUs / 1e6;
      }),
    ]),
    metric("counter", "tick_sent_total", "Ticks sent by a server.", scheduled("sent")),
    metric("counter", "tick_unsent_total", "Slots not sent: disconnected or refused.", [
      ...scheduled("unsent"),
    ]),
    metric("counter", "tick_skipped_total", "Slots that this process missed.", [
      ...scheduled("skipped"),
    ]),
    metric("counter", "tick_received_total", "Ticks received.", byPath(({ received }) => received)),
    // While a path is out, what may still be under way isn't lost yet.
    metric("counter", "tick_lost_total", "Ticks sent and not received within --loss-timeout.", [
      ...byPath(({ lost }) => lost),
    ]),
    metric(
      "histogram",
      "tick_delay_seconds",
      "One-way delay; one clock for both ends.",
      totals.flatMap(({ labels, delays }) => histogram(labels, delays)),
    ),
    metric("counter", "tick_outages_total", "Outages that are over.", [
      ...totals.map(({ labels, outages }): Sample => [labels, outages]),
    ]),
    metric(
      "counter",
      "tick_outage_seconds_total",
      "Outages that are over, by cause.",
      totals.flatMap(({ labels, outageUs }) =>
        [...outageUs].map(([cause, us]): Sample => [{ ...labels, cause }, us / 1e6])
      ),
    ),
    metric("gauge", "tick_outage_open_seconds", "The outage that lasts; 0 if there is none.", [
      ...byPath(({ peer }) => (peer?.outages.openUs ?? 0) / 1e6),
    ]),
    metric("gauge", "tick_path_ill", "Whether a path is out, loses ticks, or is slow.", [
      ...byPath((path) => Number(verdict.ill.has(keyOf(path)))),
    ]),
  ].join("");
}

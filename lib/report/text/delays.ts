/** How late ticks arrive, how much that varies, and what is known of the clocks. */

import { signed } from "../../text/number.ts";
import { printable } from "../../text/printable.ts";
import { type DelayStatistics, PERCENTILES } from "../../stats/delay/histogram.ts";
import { givenName } from "../../bus/server_name.ts";
import type { KnownServer } from "../../stats/connections.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import type { Summary } from "../../stats/summary.ts";
import { timeText } from "./event.ts";
import { ms, percentile, row, type Style, table, times, TITLE_WIDTH } from "./layout.ts";

type Column = [title: string, of: (statistics: DelayStatistics) => string];

const percentileColumn = (percent: number): Column => [
  `p${percent}`,
  (statistics) => percentile(statistics, percent),
];

const COLUMNS: Column[] = [
  ["min", ({ minUs }) => ms(minUs)],
  ["mean", ({ meanUs }) => ms(meanUs)],
  ["stdev", ({ deviationUs }) => ms(deviationUs)],
  ...PERCENTILES.map(percentileColumn),
  ["max", ({ max }) => ms(max.us)],
];

/** Left out first where the screen is narrow: all of it is in the JSON. */
const LESS_WANTED = ["stdev", "mean", "p99.99", "p90"];

/** The distributions under their titles, as many columns as the screen has room for. */
export function distributionLines(
  { dt, delay, pdv, undisturbed }: Pick<PeerStatistics, "dt" | "delay" | "pdv" | "undisturbed">,
  { width }: Style,
) {
  // Without what arrived in local stalls: of the delay, or else of dt.
  const apart: [string, DelayStatistics | undefined] = [" undisturbed", undisturbed];
  const rows: [string, DelayStatistics | undefined][] = [
    ["delay", delay],
    ...(delay ? [apart] : []),
    ["PDV", pdv],
    ["dt (raw)", dt],
    ...(delay ? [] : [apart]),
  ];
  const shown = rows.filter((row): row is [string, DelayStatistics] => (row[1]?.count ?? 0) > 0);
  if (shown.length === 0) return [];
  let columns = COLUMNS;
  const lines = () =>
    table([
      ["ms".padEnd(TITLE_WIDTH - 2), ...columns.map(([title]) => title)],
      ...shown.map(([title, statistics]) => [title, ...columns.map(([, of]) => of(statistics))]),
    ], [0]);
  for (const title of LESS_WANTED) {
    if (lines()[0].length <= width) break;
    columns = columns.filter(([other]) => other !== title);
  }
  return lines();
}

/** When the latest tick came, jitter, and the change between consecutive ticks. */
export function* variationRows(peer: PeerStatistics, style: Style): Generator<string> {
  const { variation, delay, dt } = peer;
  const { jitterUs, pairs, ipdvMeanUs, ipdvMaxUs } = variation;
  const parts = [];
  if (Number.isFinite(jitterUs)) parts.push(`${ms(jitterUs)} ms (RFC 3550)`);
  if (pairs > 0) parts.push(`IPDV mean ${ms(ipdvMeanUs)}, max ${ms(ipdvMaxUs)} ms`);
  if (parts.length > 0) yield row("jitter", parts, style);
  const { max, count } = delay ?? dt;
  if (count === 0) return;
  const which = max.seq >= 0 ? `seq ${max.seq}, ` : "";
  yield row("max at", [`${which}${timeText(max.atUs)}`], style);
}

export function clockRow(peer: PeerStatistics, style: Style): string {
  const { clock, drift, clockSteps, clockContradictions, unplaced } = peer;
  const more = [
    ...(clockSteps > 0 ? [`clock stepped ${times(clockSteps)}; dt covers the time since`] : []),
    ...(clockContradictions > 0
      ? [`slewed faster than 500 ppm ${times(clockContradictions)}`]
      : []),
    ...(unplaced > 0 ? [`${unplaced} ticks excluded (no offset known)`] : []),
  ];
  if (!clock) {
    return row("clock", ["offset n/a: the peer echoed none of our ticks", ...more], style);
  }
  const { offsetUs, boundUs, roundTripUs } = clock;
  return row("clock", [
    `offset ${signed(offsetUs / 1000, 3)} ± ${ms(boundUs)} ms at the end`,
    drift.state === "known" ? `drift ${signed(drift.ppm, 2)} ppm` : `drift n/a (${drift.why})`,
    `RTT ${ms(roundTripUs)} ms`,
    ...more,
  ], style);
}

/** Half of each end's round trip to the server: what the two ways take; the rest is server and programs. */
export function breakdownRow(
  { delay, peerRttUs }: PeerStatistics,
  { rttUs, ownUs, server }: Summary,
  style: Style,
): string | undefined {
  if (rttUs === undefined || peerRttUs === undefined) return undefined;
  const [upUs, downUs] = [peerRttUs / 2, rttUs / 2];
  const which = server ? `\n${serverRow(server, style)}` : "";
  if (!delay) {
    const ways = [`${ms(upUs)} ms peer to server`, `${ms(downUs)} ms server to us`];
    return row("breakdown", [...ways, "(half of each RTT)"], style) + which;
  }
  const ways = [`${ms(upUs)} peer to server`, `${ms(downUs)} server to us`];
  const p50Us = delay.percentilesUs[50];
  const rest = `+ ${ms(p50Us - upUs - downUs)} other`;
  const parts = [`p50 ${ms(p50Us)} ms = ${ways[0]}`, `+ ${ways[1]}`, rest];
  const own = ownUs === undefined ? "" : `; at least ${ms(ownUs)} of the p50 is tick's own`;
  const note = `(half of each RTT to the server${own})`;
  return row("breakdown", [...parts, note], style, " ") + which;
}

/** Which server the round trip is to, as it calls itself, and its version. */
function serverRow(server: KnownServer, style: Style): string {
  const { address, cluster, product } = server;
  const name = givenName(server);
  return row("", [
    `our server: ${printable(address, 40)}`,
    ...name === undefined ? [] : [printable(name, 24)],
    ...cluster === undefined ? [] : [`of cluster ${printable(cluster, 24)}`],
    ...product === undefined ? [] : [printable(product, 40)],
  ], style);
}

/** The statistics of a peer by name, as numbers that an expectation can be held against. */

import { type DelayStatistics, PERCENTILES } from "./delay/histogram.ts";
import type { Summary } from "./summary.ts";
import type { PeerStatistics } from "./peer/statistics.ts";

/** Times are in µs, rates in ticks a second, parts in percent. */
export type Unit = "time" | "count" | "rate" | "ppm" | "percent";

export interface Metric {
  unit: Unit;
  /** Nothing, or not a number, where it isn't known. */
  of: (peer: PeerStatistics, summary: Summary) => number | undefined;
  /** Why it isn't known of a peer, where that is so. */
  why?: (peer: PeerStatistics) => string;
  /** What it may be as well, by the bound of the clock. */
  rangeOf?: (peer: PeerStatistics) => [least: number, most: number] | undefined;
}

type Part = (statistics: DelayStatistics) => number;

function percentile(percent: number): Part {
  return ({ percentilesUs }) => percentilesUs[percent];
}

/** What a distribution is asked for. A percentile of few samples is their max, by nearest rank. */
const PARTS: [name: string, part: Part][] = [
  ["min", ({ minUs }) => minUs],
  ["mean", ({ meanUs }) => meanUs],
  ...PERCENTILES.map((percent): [string, Part] => [`p${percent}`, percentile(percent)]),
  ["max", ({ max }) => max.us],
];

/** The one-way delay, raw dt, and what dt is above its minimum. */
const DISTRIBUTIONS: [prefix: string, of: (peer: PeerStatistics) => DelayStatistics | undefined][] =
  [
    ["", ({ delay }) => delay],
    ["dt.", ({ dt }) => dt],
    ["pdv.", ({ pdv }) => pdv],
  ];

const NO_HEADER = "the peer sends no header";
const twoTicks = () => "needs two ticks";

export const METRICS: ReadonlyMap<string, Metric> = new Map([
  ...DISTRIBUTIONS.flatMap(([prefix, of]) =>
    PARTS.map(([name, part]): [string, Metric] => [prefix + name, timed(prefix, of, name, part)])
  ),
  ["jitter", { unit: "time", of: ({ variation }) => variation.jitterUs, why: twoTicks }],
  ["gap", { unit: "time", of: ({ outages }) => outages.longestOfOthersUs, why: twoTicks }],
  ["outage", {
    unit: "time",
    of: ({ outages }) => isAnyKnown(outages) ? outages.totalUs : NaN,
    why: twoTicks,
  }],
  ["outages", {
    unit: "count",
    of: ({ outages }) => isAnyKnown(outages) ? outages.count : NaN,
    why: twoTicks,
  }],
  ["reconnects", {
    unit: "count",
    of: (_, { reconnects: { lost, unresponsive, moved } }) => lost + unresponsive + moved,
  }],
  ["loss%", {
    unit: "percent",
    of: ({ run, sequence: { received, lost, unread, pending } }) =>
      run === undefined || unread > 0 ? undefined : 100 * lost / (received + lost + pending),
    why: whyUncounted,
  }],
  ["offset", {
    unit: "time",
    of: ({ clock }) => clock && Math.abs(clock.offsetUs),
    why: ({ run }) => run === undefined ? NO_HEADER : "the peer echoed none of our ticks",
    rangeOf: ({ clock }) => clock && around(Math.abs(clock.offsetUs), clock.boundUs),
  }],
  ["drift", {
    unit: "ppm",
    of: ({ drift }) => drift.state === "known" ? Math.abs(drift.ppm) : undefined,
    why: ({ drift }) => drift.state === "known" ? "" : drift.why,
  }],
  ["rate", { unit: "rate", of: ({ ratePerS }) => ratePerS, why: twoTicks }],
  ["received", { unit: "count", of: ({ sequence, bare }) => sequence.received + bare }],
  counted("loss", ({ lost, unread }) => unread > 0 ? undefined : lost),
  counted("late", ({ late }) => late),
  counted("duplicate", ({ duplicate }) => duplicate),
  counted("reordered", ({ reordered }) => reordered),
  counted("unsent", ({ unsent }) => unsent),
  counted("skipped", ({ skipped }) => skipped),
] as [string, Metric][]);

function timed(
  prefix: string,
  of: (peer: PeerStatistics) => DelayStatistics | undefined,
  name: string,
  part: Part,
): Metric {
  return {
    unit: "time",
    of(peer) {
      const statistics = of(peer);
      return statistics && statistics.count > 0 ? part(statistics) : undefined;
    },
    why: (peer) => prefix === "" ? whyNoDelay(peer) : "no tick",
    rangeOf: prefix === "" ? (peer) => delayRange(peer, name, part) : undefined,
  };
}

/** The metric of a name; any percentile that is asked for is one, like `p95` and `dt.p99.95`. */
export function metricOf(name: string): Metric | undefined {
  const percent = percentOf(name);
  if (percent === undefined) return METRICS.get(name);
  const [prefix, of] = DISTRIBUTIONS.findLast(([prefix]) => name.startsWith(prefix))!;
  return timed(prefix, of, `p${percent}`, percentile(percent));
}

/** The percentile that a metric is; nothing where it is none. */
export function percentOf(name: string): number | undefined {
  const [, digits] = /^(?:dt\.|pdv\.)?p(\d{1,2}(?:\.\d{1,4})?)$/.exec(name) ?? [];
  return Number(digits) > 0 ? Number(digits) : undefined;
}

/** By sequence numbers, which a bare peer has none of. */
function counted(
  name: string,
  of: (sequence: PeerStatistics["sequence"]) => number | undefined,
): [string, Metric] {
  return [name, {
    unit: "count",
    of: ({ run, sequence }) => run === undefined ? undefined : of(sequence),
    why: whyUncounted,
  }];
}

function whyUncounted({ run, sequence: { unread } }: PeerStatistics): string {
  if (run === undefined) return NO_HEADER;
  return unread > 0 ? `${unread} ticks were not read in time by this process` : "no tick was sent";
}

function whyNoDelay({ run, clock }: PeerStatistics): string {
  if (run === undefined) return NO_HEADER;
  return clock ? "no tick with a delay" : "no clock offset known";
}

function delayRange(
  { delay, delayRange }: PeerStatistics,
  name: string,
  part: Part,
): [number, number] | undefined {
  if (!delay || !delayRange) return undefined;
  if (name === "max") return delayRange.maxUs;
  return delayRange.percentilesUs[name.slice(1)] ?? around(part(delay), delayRange.maxBoundUs);
}

/** One tick alone has no stretch behind it, unless that is an outage. */
function isAnyKnown({ count, longestOfOthersUs }: PeerStatistics["outages"]): boolean {
  return count > 0 || !Number.isNaN(longestOfOthersUs);
}

function around(us: number, boundUs: number): [number, number] {
  return [Math.max(0, us - boundUs), us + boundUs];
}

const UNITS: Record<Unit, string> = {
  time: "with a time",
  count: "as a count",
  rate: "ticks a second",
  ppm: "in ppm",
  percent: "in percent",
};

/** The metrics by their units, for a person. */
export function metricGroups(): [unit: string, names: string][] {
  const groups = Map.groupBy(METRICS, ([, { unit }]) => unit);
  return [...groups].map(([unit, metrics]) => {
    const plain = metrics.map(([name]) => name).filter((name) => !/^(dt|pdv)\./.test(name));
    const names = plain.map((name) => name.replace("%", "<0.1%")).join(" ");
    return [UNITS[unit], names];
  });
}

/** Expectations: what a rollout gate holds the statistics against, like `p99<5ms`, `loss=0` or `rate>=99.9`. */

import { fixed } from "./text/number.ts";
import { readDurationUs } from "./text/duration.ts";
import type { DelayStatistics } from "./stats/delay/histogram.ts";
import type { PeerStatistics } from "./stats/peer/statistics.ts";
import type { Summary } from "./stats/summary.ts";

export interface Expectation {
  written: string;
  metric: Metric;
  operator: Operator;
  /** In the metric's own unit. */
  bound: number;
}

export interface Failure {
  written: string;
  subject?: string;
  /** The statistic, as a person reads it, or why there is none. */
  value: string;
}

type Unit = "time" | "count" | "rate" | "ppm";

/** The delay with the offset taken out where it is known, else raw dt; nothing where no tick could be timed. */
function delay({ delay, dt }: PeerStatistics): DelayStatistics | undefined {
  const statistics = delay ?? dt;
  return statistics.count > 0 ? statistics : undefined;
}

const METRICS = {
  min: ["time", (peer) => delay(peer)?.minUs],
  mean: ["time", (peer) => delay(peer)?.meanUs],
  p50: ["time", (peer) => delay(peer)?.percentilesUs["50"]],
  p90: ["time", (peer) => delay(peer)?.percentilesUs["90"]],
  p99: ["time", (peer) => delay(peer)?.percentilesUs["99"]],
  "p99.9": ["time", (peer) => delay(peer)?.percentilesUs["99.9"]],
  "p99.99": ["time", (peer) => delay(peer)?.percentilesUs["99.99"]],
  max: ["time", (peer) => delay(peer)?.max.us],
  jitter: ["time", (peer) => peer.variation.jitterUs],
  gap: ["time", (peer) => Math.max(peer.outages.longestOfOthersUs, peer.outages.openUs ?? 0)],
  offset: ["time", (peer) => peer.clock && Math.abs(peer.clock.offsetUs)],
  drift: ["ppm", (peer) => peer.drift.state === "known" ? Math.abs(peer.drift.ppm) : undefined],
  rate: ["rate", (peer) => peer.ratePerS],
  received: ["count", (peer) => peer.sequence.received + peer.bare],
  loss: ["count", (peer) => peer.run === undefined ? undefined : peer.sequence.lost],
  late: ["count", (peer) => peer.run === undefined ? undefined : peer.sequence.late],
  duplicate: ["count", (peer) => peer.run === undefined ? undefined : peer.sequence.duplicate],
  reordered: ["count", (peer) => peer.run === undefined ? undefined : peer.sequence.reordered],
  unsent: ["count", (peer) => peer.run === undefined ? undefined : peer.sequence.unsent],
  skipped: ["count", (peer) => peer.run === undefined ? undefined : peer.sequence.skipped],
} satisfies Record<string, [Unit, (peer: PeerStatistics) => number | undefined]>;
type Metric = keyof typeof METRICS;

const OPERATORS = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  "=": (value, bound) => value === bound,
  ">=": (value, bound) => value >= bound,
  ">": (value, bound) => value > bound,
} satisfies Record<string, (value: number, bound: number) => boolean>;
type Operator = keyof typeof OPERATORS;

/**
 * Reads an expectation: a metric, an operator, and a bound with its unit.
 *
 * @throws {SyntaxError} where it is none
 */
export function readExpectation(written: string): Expectation {
  const [, metric, operator, bound] =
    /^\s*([a-z][\w.]*)\s*(<=|>=|<|>|=)\s*(\S+)\s*$/.exec(written) ?? [];
  if (!bound) {
    throw new SyntaxError(
      `${JSON.stringify(written)} is no expectation; expected one like p99<5ms or loss=0`,
    );
  }
  if (!Object.hasOwn(METRICS, metric)) {
    throw new SyntaxError(
      `${JSON.stringify(metric)} is no statistic; expected one of ${
        Object.keys(METRICS).join(", ")
      }`,
    );
  }
  const [unit] = METRICS[metric as Metric];
  return {
    written: written.trim(),
    metric: metric as Metric,
    operator: operator as Operator,
    bound: unit === "time" ? readDurationUs(bound) : readNumber(bound),
  };
}

function readNumber(written: string): number {
  if (/^\d+(\.\d+)?$/.test(written)) return Number(written);
  throw new SyntaxError(`${JSON.stringify(written)} is no number, as this statistic has no unit`);
}

/** The expectations that don't hold, for each peer; where none was received, none of them does. */
export function failuresOf(expectations: Expectation[], { peers }: Summary): Failure[] {
  return expectations.flatMap(({ written, metric, operator, bound }) => {
    if (peers.length === 0) return [{ written, value: "nothing was received" }];
    const [unit, statistic]: [Unit, (peer: PeerStatistics) => number | undefined] = METRICS[metric];
    return peers.flatMap((peer) => {
      const value = statistic(peer);
      if (value !== undefined && OPERATORS[operator](value, bound)) return [];
      return [{ written, subject: peer.subject, value: valueText(value, unit) }];
    });
  });
}

function valueText(value: number | undefined, unit: Unit): string {
  if (value === undefined || Number.isNaN(value)) return "not known";
  if (unit === "time") return `${fixed(value / 1000, 3)} ms`;
  if (unit === "ppm") return `${fixed(value, 2)} ppm`;
  return unit === "rate" ? `${fixed(value, 3)} /s` : String(value);
}

/** Expectations: what a rollout gate holds the statistics against, like `p99<5ms`, `loss=0` or `rate>=99.9`. */

import { fixed } from "./text/number.ts";
import { readDurationUs } from "./text/duration.ts";
import { metricOf, METRICS, percentOf, type Unit } from "./stats/metrics.ts";
import type { PeerStatistics } from "./stats/peer/statistics.ts";
import type { Summary } from "./stats/summary.ts";

export interface Expectation {
  written: string;
  /** One of {@linkcode METRICS}, or any percentile. */
  metric: string;
  operator: Operator;
  /** In the metric's own unit. */
  bound: number;
}

/** What became of one expectation, of one peer. */
export interface Outcome {
  written: string;
  /** None where nothing was received. */
  subject?: string;
  ok: boolean;
  /** What was expected, and the statistic, or why there is none: as a person reads them. */
  wanted: string;
  found: string;
  /** Why the verdict isn't certain, where it isn't. */
  open?: string;
  /** Where it was a rule for each interval: in how many it failed, of how many that were judged. */
  intervals?: { lengthUs: number; failed: number; judged: number };
}

export interface JudgeOptions {
  /** What isn't certain fails. */
  sure?: boolean;
}

export const OPERATORS = {
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
  const [, name, operator, value] = /^\s*([a-z][\w.]*)\s*(<=|>=|<|>|=)\s*(\S+)\s*$/.exec(written) ??
    [];
  if (!value) {
    throw new SyntaxError(
      `invalid expectation ${JSON.stringify(written)}: use e.g. p99<5ms, loss=0 or loss<0.1%`,
    );
  }
  // Some are counts, and parts of the whole as well.
  const isPart = value.endsWith("%") && METRICS.has(`${name}%`);
  const metric = isPart ? `${name}%` : name;
  const bound = isPart ? value.slice(0, -1) : value;
  const known = metricOf(metric);
  if (!known) {
    throw new SyntaxError(
      `unknown statistic ${JSON.stringify(metric)}: use one of ${
        [...METRICS.keys()].filter((name) => !name.endsWith("%")).join(", ")
      }, or any percentile like p95`,
    );
  }
  return {
    written: written.trim(),
    metric,
    operator: operator as Operator,
    bound: known.unit === "time" ? readDurationUs(bound) : readNumber(bound, name, known.unit),
  };
}

function readNumber(written: string, name: string, unit: Unit): number {
  if (/^\d+(\.\d+)?$/.test(written)) return Number(written);
  const kind = unit === "count" ? "a count and takes no unit" : "a number without a unit";
  throw new SyntaxError(`invalid value ${JSON.stringify(written)}: ${name} is ${kind}`);
}

/** What became of each expectation, for each peer; where nothing was received, none of them holds. */
export function outcomesOf(
  expectations: Expectation[],
  summary: Summary,
  options: JudgeOptions = {},
): Outcome[] {
  const { peers } = summary;
  return expectations.flatMap((expectation) => {
    if (peers.length > 0) {
      return peers.map((peer) => outcomeOf(expectation, peer, summary, options));
    }
    const { written } = expectation;
    return [{ written, ok: false, wanted: wantedText(expectation), found: "nothing was received" }];
  });
}

/** The percentiles that are asked for. */
export function percentsOf(expectations: Expectation[]): number[] {
  return expectations.map(({ metric }) => percentOf(metric)).filter((one) => one !== undefined);
}

/** What became of one expectation, for one peer; of another value than the statistic's own, where it is given. */
export function outcomeOf(
  expectation: Expectation,
  peer: PeerStatistics,
  summary: Summary,
  { sure }: JudgeOptions,
  value = valueOf(expectation, peer, summary),
): Outcome {
  const { written, metric, operator, bound } = expectation;
  const { unit, rangeOf, why } = metricOf(metric)!;
  // What isn't known holds against nothing.
  const holds = OPERATORS[operator](value, bound);
  const open = Number.isNaN(value) ? undefined : openText(expectation, holds, rangeOf?.(peer));
  const outcome: Outcome = {
    written,
    subject: peer.subject,
    ok: holds && !(sure && open !== undefined),
    wanted: wantedText(expectation),
    found: Number.isNaN(value) ? `n/a (${why!(peer)})` : valueText(value, unit, bound),
  };
  if (open !== undefined) outcome.open = open;
  return outcome;
}

/** The statistic that an expectation is about; not a number where it isn't known. */
export function valueOf({ metric }: Expectation, peer: PeerStatistics, summary: Summary): number {
  return metricOf(metric)!.of(peer, summary) ?? NaN;
}

/** Whether the verdict would be another one within what the clock's bound leaves open, and what that is. */
function openText(
  { metric, operator, bound }: Expectation,
  holds: boolean,
  range: [least: number, most: number] | undefined,
): string | undefined {
  if (!range) return undefined;
  const [least, most] = range;
  // Of "=", what lies on either side of the bound may as well be on it.
  const isWithin = operator === "=" && least <= bound && bound <= most && least < most;
  const isCertain = [least, most].every((value) => OPERATORS[operator](value, bound) === holds);
  if (isCertain && !isWithin) return undefined;
  const { unit } = metricOf(metric)!;
  return `by the clock's bound ${valueText(least, unit, bound)} to ${valueText(most, unit, bound)}`;
}

export function wantedText({ metric, operator, bound }: Expectation): string {
  return `${operator} ${valueText(bound, metricOf(metric)!.unit, bound)}`;
}

/** How a value of a unit is written: divided by this, with so many decimals or more. */
const WRITTEN: Record<Unit, { per: number; digits: number; sign: string }> = {
  time: { per: 1000, digits: 3, sign: " ms" },
  percent: { per: 1, digits: 3, sign: " %" },
  ppm: { per: 1, digits: 2, sign: " ppm" },
  rate: { per: 1, digits: 3, sign: " /s" },
  count: { per: 1, digits: 0, sign: "" },
};
const MAX_DIGITS = 9;

/** A value of a metric, as a person reads it: on the same side of the bound that it is on, and 0 only where it is. */
export function valueText(value: number, unit: Unit, bound: number): string {
  const { per, digits, sign } = WRITTEN[unit];
  const [shown, against] = [value / per, bound / per];
  for (let more = digits; more < MAX_DIGITS; more++) {
    const text = fixed(shown, more);
    const isOnItsSide = Math.sign(Number(text) - against) === Math.sign(shown - against);
    if (isOnItsSide && (Number(text) !== 0 || value === 0)) return text + sign;
  }
  return fixed(shown, MAX_DIGITS) + sign;
}

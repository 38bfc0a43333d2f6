/** Times as a page shows them, which knows them to less than the microsecond that JSON has rounded them to. */

import assert from "node:assert/strict";
import { ms } from "../../lib/report/text/layout.ts";

/** Half a microsecond either way may turn the last digit. */
const OFF_US = [-0.5, 0, 0.5];

/**
 * What a page may show for a time.
 *
 * @param s seconds, as JSON has them
 * @returns milliseconds, without copies
 */
export function shownMs(s: number, digits = 2): string[] {
  const us = Math.round(s * 1e6);
  return [...new Set(OFF_US.map((offUs) => ms(us + offUs, digits)))];
}

/** The same of a percentile: nothing is shown where too few ticks stand behind it. */
export function shownPercentile(
  distribution: Record<string, number> | undefined,
  percent: number,
): string[] {
  const isKnown = distribution && distribution.count * (100 - percent) >= 100;
  return isKnown ? shownMs(distribution[`p${percent}`]) : ["-"];
}

/** @param of whose figure it is, where there are several */
export function assertShown(actual: string, allowed: string[], of = "it") {
  assert.ok(allowed.includes(actual), `${of}: ${actual} is none of ${allowed.join(", ")}`);
}

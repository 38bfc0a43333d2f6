/** One figure, one value, whoever shows it: rounded once, and not in JSON and in the text made from that again. */

/**
 * A copy whose times are whole microseconds, and whose rates and drifts are whole thousandths of their units.
 */
export function atResolution<T>(value: T): T {
  return rounded(value, 1) as T;
}

/** All else are times in µs, or counts, which are whole. */
const THOUSANDTHS = new Set(["ratePerS", "ppm", "ranMs"]);

function rounded(value: unknown, perUnit: number): unknown {
  if (typeof value === "number") return Math.round(value * perUnit) / perUnit;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => rounded(one, perUnit));
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    copy[key] = rounded(field, THOUSANDTHS.has(key) ? 1000 : 1);
  }
  return copy;
}

/** Statistics and events as JSON has them: every time in seconds, to the microsecond, under the names of the text. */

/** Counts by reason, whose keys are what somebody else wrote. */
const AS_THEY_ARE = new Set(["rejected", "headerFaults"]);

/** Names whose word is another one in the text. */
const NAMES: Record<string, string> = {
  bare: "withoutHeader",
  deviation: "stdev",
  longestOfOthers: "gap",
  ratePerS: "rate",
  receivedOfUs: "peerReceived",
  roundTrip: "rtt",
};

/**
 * Takes the units out of names: `lengthUs: 732656` is `length: 0.732656`. A distribution's percentiles become
 * `p50`, `p99_9`, which jq takes without quotes; where its max was seen, `maxSeq` and `maxAt`.
 */
export function inSeconds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSeconds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, of]) => fieldsOf(key, of)));
}

function fieldsOf(key: string, value: unknown): [string, unknown][] {
  if (AS_THEY_ARE.has(key)) return [[key, value]];
  if (key === "percentilesUs") {
    return Object.entries(value as object).map(([percent, us]) => [
      `p${percent.replace(".", "_")}`,
      scaled(us, 1e6),
    ]);
  }
  // Of an extreme; other maxima are counts.
  if (key === "max" && typeof value === "object") {
    const { us, seq, atUs } = value as { us: number; seq: number; atUs: number };
    const isKnown = Number.isFinite(us);
    return [
      ["max", scaled(us, 1e6)],
      ...isKnown && seq >= 0 ? [["maxSeq", seq] as [string, number]] : [],
      ...isKnown && atUs > 0 ? [["maxAt", scaled(atUs, 1e6)] as [string, unknown]] : [],
    ];
  }
  // How long something was is a time; how many slots it had is not.
  if (key === "length") return [["slots", value]];
  if (key === "us") return [["length", scaled(value, 1e6)]];
  const [, stem, unit] = /^(\w+?)(Us|Ms)$/.exec(key) ?? [];
  const isTime = unit !== undefined && key !== "receivedOfUs";
  const name = NAMES[isTime ? stem : key] ?? (isTime ? stem : key);
  if (isTime) return [[name, scaled(value, unit === "Us" ? 1e6 : 1e3)]];
  if (key === "ppm" || key === "ratePerS") return [[name, rounded(value as number, 1000)]];
  return [[name, inSeconds(value)]];
}

/** A number, or each of several, of so many to the second. */
function scaled(value: unknown, perSecond: number): unknown {
  if (Array.isArray(value)) return value.map((one) => scaled(one, perSecond));
  return typeof value === "number" ? rounded(value / perSecond, 1e6) : value;
}

/** What isn't known is null in JSON. */
function rounded(value: number, perUnit: number): number {
  return Math.round(value * perUnit) / perUnit;
}

/** Which bus is best in one figure, where the noise of its own rounds lets that be said. */

/** Of one figure over the rounds of one bus. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Nothing of no values; the mean of the middle two of an even number. */
export function spreadOf(values: number[]): Spread | undefined {
  if (values.length === 0) return;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1)! };
}

export type Verdict = { best: number } | {
  none: "one round" | "within noise" | "nothing to compare";
};

/**
 * The index of the bus whose rounds were all better than all rounds of each other one.
 *
 * @param spreads of each bus, where it has one
 */
export function verdictOf(
  spreads: (Spread | undefined)[],
  better: "min" | "max",
  rounds: number,
): Verdict {
  const known = spreads.flatMap((spread, index) => spread ? [{ spread, index }] : []);
  if (known.length < 2) return { none: "nothing to compare" };
  if (rounds < 2) return { none: "one round" };
  const winner = known.find(({ spread }) =>
    known.every(({ spread: other }) =>
      other === spread || (better === "min" ? spread.max < other.min : spread.min > other.max)
    )
  );
  return winner ? { best: winner.index } : { none: "within noise" };
}

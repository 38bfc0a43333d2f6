/** The statistics of a bench: of samples within a round, and of rounds. */

/** By nearest rank; NaN of none. */
export function percentile(samples: number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? NaN;
}

/** Of several rounds: the middle, and what they range over. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Rounds without a value are left out; nothing where none has one. */
export function spreadOf(rounds: (number | undefined)[]): Spread | undefined {
  const sorted = rounds.filter((value) => value !== undefined && Number.isFinite(value))
    .map(Number).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1)! };
}

/** Each round's own ratio: what made a round slow made both slow. */
export function ratioOf(
  rounds: (number | undefined)[],
  others: (number | undefined)[],
): Spread | undefined {
  return spreadOf(rounds.map((value, round) => value! / others[round]!));
}

/** The slope of log y over log x, by least squares: of y = c · x ^ exponent. */
export function exponentOf(points: [x: number, y: number][]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (of: 0 | 1) => logs.reduce((sum, point) => sum + point[of], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number) =>
    logs.reduce((sum, [x, y]) => sum + of(x - meanX, y - meanY), 0);
  return sum((x, y) => x * y) / sum((x) => x * x);
}

/** The line for a tick: what stdout is for. */

/**
 * `dt = t_real - t_sign` in seconds, both times rounded to so many decimals first.
 * In whole numbers throughout, so that it is exact and never "-0.000".
 */
export function dtText(realUs: number, signUs: number, digits: number): string {
  const unitUs = 10 ** (6 - digits);
  const units = Math.round(realUs / unitUs) - Math.round(signUs / unitUs);
  const written = String(Math.abs(units)).padStart(digits + 1, "0");
  const whole = written.slice(0, written.length - digits);
  const sign = units < 0 ? "-" : "";
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${written.slice(-digits)}`;
}

/** Numbers as they are shown. */

/** So many decimals, and never "-0.00". */
export function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(?=0(\.0*)?$)/, "");
}

/** The same, with its sign; what is rounded to zero has a plus. */
export function signed(value: number, digits: number): string {
  const written = fixed(value, digits);
  return written.startsWith("-") ? written : `+${written}`;
}

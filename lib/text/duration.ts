/** Durations as users write and read them: `10ms`, `2s`, `1m`, `500us`. */

import { quoted } from "./printable.ts";

const UNIT_US: Record<string, bigint> = {
  us: 1n,
  "µs": 1n,
  ms: 1000n,
  s: 1_000_000n,
  m: 60_000_000n,
  h: 3_600_000_000n,
};

/**
 * Reads a duration with its unit, in microseconds: exactly, where it is a whole number of them.
 *
 * @throws {SyntaxError} where it is none, or has no unit
 */
export function readDurationUs(written: string): number {
  const [, whole, decimals = "", unit] = /^(\d+)(?:\.(\d+))?(us|µs|ms|s|m|h)$/.exec(written) ?? [];
  if (!unit) {
    throw new SyntaxError(
      `invalid duration ${quoted(written)}: use a number with a unit, e.g. 500us, 10ms, 2s or 1m`,
    );
  }
  // In whole numbers: 4.03 × 1,000,000 is more than 4,030,000 in doubles.
  const amount = BigInt(whole + decimals) * UNIT_US[unit];
  const parts = 10n ** BigInt(decimals.length);
  return Number(amount / parts) + Number(amount % parts) / Number(parts);
}

/** Writes a duration with the unit that reads best: `71 ms`, `3.2 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  // Rounded before the unit is chosen, or else 999.6 ms would be "1000 ms".
  const us = Math.round(ms * 1000);
  if (us < 1000) return `${us} µs`;
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
}

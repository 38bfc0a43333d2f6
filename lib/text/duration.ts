/** Durations as users write and read them: `10ms`, `2s`, `1m`, `500us`. */

import { quoted } from "./printable.ts";

const UNIT_US: Record<string, number> = {
  us: 1,
  "µs": 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
};

/**
 * Reads a duration with its unit, in microseconds.
 *
 * @throws {SyntaxError} where it is none, or has no unit
 */
export function readDurationUs(written: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(us|µs|ms|s|m|h)$/.exec(written) ?? [];
  if (!unit) {
    throw new SyntaxError(
      `${
        quoted(written)
      } is no duration; expected a number with a unit, like 500us, 10ms, 2s or 1m`,
    );
  }
  return Number(amount) * UNIT_US[unit];
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

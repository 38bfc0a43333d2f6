/** Numbers that were not believed when they came, until the time bears them out: what came then is not lost. */

import type { TickHeader } from "../../wire.ts";

/** Consecutive numbers of one run, none left out between them. */
export interface Row extends Pick<TickHeader, "run" | "unsent" | "skipped"> {
  from: number;
  /** Behind the last one. */
  end: number;
}

/** Runs of which any are remembered, rows of one run, and numbers of one row: more is a flood, and stays refused. */
const MAX_RUNS = 16;
const MAX_ROWS = 16;
const MAX_NUMBERS = 65_536;

export class RefusedNumbers {
  readonly #runs = new Map<string, Row[]>();

  /** Takes in one that is greater than all of its run before; others are not remembered. */
  add({ run, seq, unsent, skipped }: TickHeader) {
    const rows = this.#runs.get(run) ?? this.#begin(run);
    const last = rows.at(-1);
    if (last && seq < last.end) return;
    const goesOn = last?.end === seq && last.unsent === unsent && last.skipped === skipped;
    if (goesOn && seq - last.from < MAX_NUMBERS) last.end++;
    else if (rows.length < MAX_ROWS) {
      rows.push({ run, from: seq, end: seq + 1, unsent, skipped });
    }
  }

  /** Those of a run between two numbers, neither included, in their order: they and all before them are forgotten. */
  take(run: string, after: number, before: number): Row[] {
    const rows = this.#runs.get(run);
    if (!rows || rows[0].from >= before) return [];
    const within = (from: number, end: number) =>
      rows.map((row) => ({
        ...row,
        from: Math.max(row.from, from),
        end: Math.min(row.end, end),
      })).filter((row) => row.from < row.end);
    const rest = within(before, Infinity);
    if (rest.length > 0) this.#runs.set(run, rest);
    else this.#runs.delete(run);
    return within(after + 1, before);
  }

  #begin(run: string): Row[] {
    const rows: Row[] = [];
    this.#runs.set(run, rows);
    if (this.#runs.size > MAX_RUNS) this.#runs.delete(this.#runs.keys().next().value!);
    return rows;
  }
}

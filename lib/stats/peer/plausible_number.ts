/** Whether a tick's number can be true, by those of the same run before it. */

import type { ReceivedTick } from "../../tick.ts";
import type { TickHeader } from "../../wire.ts";

export type NumberedTick = ReceivedTick & { header: TickHeader };

/** So many numbers may be missing without doubt. */
const MAX_MISSING = 64;
/** Runs of which one tick is held at most. */
const MAX_HELD = 16;

export class PlausibleNumber {
  /** Ticks whose numbers could not be true, and were not borne out by the next. */
  implausible = 0;
  readonly #held = new Map<string, NumberedTick>();

  /**
   * Returns the ticks to take in now, in their order. Numbers go on with the time: one that is far ahead of it
   * is held back, and believed where the next one of its run goes on from it.
   *
   * @param before the newest tick of its run
   */
  check(tick: NumberedTick, before: NumberedTick | undefined, intervalUs: number): NumberedTick[] {
    const { run } = tick.header;
    if (!before && !this.#held.has(run)) return [tick];
    if (before && followsOn(before, tick, intervalUs)) {
      this.#held.delete(run);
      return [tick];
    }
    const held = this.#held.get(run);
    if (held && held.header.seq < tick.header.seq && followsOn(held, tick, intervalUs)) {
      this.#held.delete(run);
      this.implausible--;
      return [held, tick];
    }
    this.implausible++;
    this.#held.set(run, tick);
    if (this.#held.size > MAX_HELD) this.#held.delete(this.#held.keys().next().value!);
    return [];
  }
}

function followsOn(before: NumberedTick, tick: NumberedTick, intervalUs: number): boolean {
  const missing = tick.header.seq - before.header.seq - 1;
  if (missing <= MAX_MISSING) return true;
  return missing * intervalUs <= 2 * (tick.monoUs - before.monoUs) + 1e6;
}

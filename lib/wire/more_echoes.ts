/**
 * Further echoes on one tick, each of another run: short, and by the tick's own time. A reader that doesn't know
 * them leaves them aside; one that does looks for its own run, and leaves the others aside.
 */

import type { WallUs } from "../time/clock.ts";
import type { Echo } from "../wire.ts";

/** Run, number, how long before the tick it was received, and its dt, in µs: `3fa9c2d1,123,48211,312`. */
export function echoText({ run, seq, signUs, realUs }: Echo, nowUs: WallUs): string {
  return `${run},${seq},${nowUs - realUs},${realUs - signUs}`;
}

const BEHIND_RUN = /^(\d{1,12}),(-?\d{1,15}),(-?\d{1,15})(?: |$)/;

/**
 * The echo of a tick of one run among those by blanks; nothing where there is none, or it can't be read.
 *
 * @param nowUs the time of the tick that they came with
 */
export function echoAmong(written: string, run: string, nowUs: WallUs): Echo | undefined {
  for (let at = 0; at >= 0; at = written.indexOf(" ", at + 1)) {
    const from = at === 0 ? 0 : at + 1;
    if (!written.startsWith(run, from) || written[from + run.length] !== ",") continue;
    const [, seq, agoUs, dtUs] = BEHIND_RUN.exec(written.slice(from + run.length + 1)) ?? [];
    if (seq === undefined) return undefined;
    const realUs = nowUs - Number(agoUs) as WallUs;
    return { run, seq: Number(seq), signUs: realUs - Number(dtUs) as WallUs, realUs };
  }
  return undefined;
}

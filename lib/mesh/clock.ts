/** The one clock of a mesh: wall time that never steps, as it is counted on from the start. */

import { type Clock, systemClock, type WallUs } from "../time/clock.ts";

/** Both ends of a path read it, so that what is between two of its times is a delay as it is. */
export function steadyClock(clock: Clock = systemClock): Clock {
  const baseUs = clock.wallUs() - clock.monoUs();
  return {
    monoUs: () => clock.monoUs(),
    wallUs: () => Math.round(baseUs + clock.monoUs()) as WallUs,
  };
}

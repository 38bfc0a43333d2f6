/** What a tick says of the way it came, and of the two clocks, as far as that is known. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../arrival.ts";
import type { BoundedDelay, PeerClock } from "../clock/peer_clock.ts";
import type { Value } from "./distribution.ts";

/** What is known of the clock of one sender, since it or ours stepped last. */
export interface ClockEra {
  clock: PeerClock;
  /** When its last tick arrived: what waits is placed by what was known then. */
  lastUs: MonoUs;
  /** A clock has stepped since, and its own is of another one. */
  isOver: boolean;
}

export interface Sample {
  dtUs: number;
  seq: number;
  /** When it arrived, by our wall and monotonic clock. */
  atUs: number;
  monoUs: MonoUs;
  duringStall: boolean;
  stale: boolean;
  era: ClockEra;
  /** Once it is placed for good. */
  delay?: BoundedDelay;
}

export function sampleOf(tick: ReceivedTick, era: ClockEra, stale = false): Sample {
  const { header, realUs, signUs, monoUs, duringStall = false } = tick;
  const [dtUs, seq] = [realUs - signUs, header?.seq ?? -1];
  return { dtUs, seq, atUs: realUs, monoUs, duringStall, stale, era };
}

/** delay = t_real - (t_sign - offset), as far as it is known now; nothing where no offset is. */
export function delayOf({ delay, dtUs, monoUs, era }: Sample): BoundedDelay | undefined {
  if (delay || era.isOver) return delay;
  return era.clock.delayOf(dtUs, monoUs, era.lastUs);
}

/** The sample as a value of its delay, where that is known, else of dt. */
export function valueOf(sample: Sample, us: number): Value {
  const { seq, atUs, duringStall } = sample;
  return { us, seq, atUs, duringStall };
}

/** What a tick says of the way it came, and of the two clocks, as far as that is known. */

import type { MonoUs } from "../../time/clock.ts";
import type { ReceivedTick } from "../../arrival.ts";
import { type BoundedDelay, PeerClock } from "../clock/peer_clock.ts";
import { Distribution, type Value } from "./distribution.ts";
import type { Digits } from "./histogram.ts";

/** What is known of the clock of one sender, since it or ours stepped last. */
export interface Era {
  clock: PeerClock;
  dt: Distribution;
  /** Ticks that wait for the offset. */
  waiting: Sample[];
  /** The last few that came while another sender was received: they are its first, if it is received from then on. */
  beside: Sample[];
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
  era: Era;
  /** Once it is placed for good. */
  delay?: BoundedDelay;
}

export function newEra(clock = new PeerClock(), digits?: Digits): Era {
  const lastUs = -Infinity as MonoUs;
  return { clock, dt: new Distribution(digits), waiting: [], beside: [], lastUs, isOver: false };
}

export function sampleOf(tick: ReceivedTick, era: Era, stale = false): Sample {
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

/** Two runs of a peer whose least dt differ by no more may be by one clock, where their offsets aren't known. */
const MAX_APART_US = 10_000;

/** Whether the senders of two eras can have the same clock, as far as that is known. */
export function mayBeOneClock(a: Era, b: Era, nowUs: MonoUs): boolean {
  const [one, other] = [a.clock.offset.at(nowUs), b.clock.offset.at(nowUs)];
  if (one && other) {
    return Math.abs(one.offsetUs - other.offsetUs) <= one.boundUs + other.boundUs;
  }
  if (a.dt.count === 0 || b.dt.count === 0) return true;
  return Math.abs(a.dt.minUs - b.dt.minUs) <= MAX_APART_US;
}

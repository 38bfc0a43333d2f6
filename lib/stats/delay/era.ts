/** The ticks of one sender by one clock: their dt, and those whose delay isn't known yet. */

import type { MonoUs } from "../../time/clock.ts";
import { PeerClock } from "../clock/peer_clock.ts";
import { Distribution } from "./distribution.ts";
import { FINE, type Keeping } from "./keeping.ts";
import type { ClockEra, Sample } from "./sample.ts";
import { WaitingSamples } from "./waiting.ts";

export class Era implements ClockEra {
  readonly clock: PeerClock;
  dt: Distribution;
  /** Ticks that wait for the offset. */
  readonly waiting: WaitingSamples;
  /** The last few that came while another sender was received: they are its first, if it is received from then on. */
  beside: Sample[] = [];
  lastUs = -Infinity as MonoUs;
  isOver = false;

  constructor(clock = new PeerClock(), { digits, waiting }: Keeping = FINE) {
    this.clock = clock;
    this.dt = new Distribution(digits);
    this.waiting = new WaitingSamples(this, waiting);
  }
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

/** The times of several peers together. */

import type { MonoUs } from "../../time/clock.ts";
import { DelayHistogram } from "./histogram.ts";
import type { PeerDelays } from "./placing.ts";

export class TimeSums {
  readonly delay = new DelayHistogram();
  /** By clocks that may differ. */
  readonly dt = new DelayHistogram();
  /** Each above the minimum of its own peer. */
  readonly pdv = new DelayHistogram();

  /** Adds one peer's, as known at a moment. */
  addPeer(delays: PeerDelays, nowUs: MonoUs) {
    const { delay, dt, pdv } = delays.distributions(nowUs);
    this.delay.add(delay.all);
    this.dt.add(dt.all);
    pdv.addTo(this.pdv);
  }

  add({ delay, dt, pdv }: TimeSums) {
    this.delay.add(delay);
    this.dt.add(dt);
    this.pdv.add(pdv);
  }
}

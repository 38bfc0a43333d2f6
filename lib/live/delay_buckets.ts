/** Delays counted as Prometheus counts them: how many there are up to each bound. */

import { DELAY_BOUNDS_S, type DelayCounts } from "../report/exposition.ts";

export class DelayBuckets implements DelayCounts {
  /** By the smallest bound that holds them; the last one has what no bound does. */
  readonly counts = new Array<number>(DELAY_BOUNDS_S.length + 1).fill(0);
  sumUs = 0;

  record(us: number) {
    const at = DELAY_BOUNDS_S.findIndex((boundS) => us <= boundS * 1e6);
    this.counts[at < 0 ? DELAY_BOUNDS_S.length : at]++;
    this.sumUs += us;
  }
}

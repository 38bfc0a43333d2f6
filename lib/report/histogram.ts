/** What the file holds that `--histogram` names. */

import type { MonoUs } from "../time/clock.ts";
import { printable } from "../text/printable.ts";
import { MAX_ABOVE_US } from "../stats/delay/histogram.ts";
import type { Recorder } from "../stats/recorder.ts";

const FAR_H = Math.floor(MAX_ABOVE_US / 3600e6);

/** One part for each peer, which HdrHistogram's plotters take as one file each. */
export function histogramText(recorder: Recorder, nowUs: MonoUs): string {
  const parts = recorder.peers.values().map((peer) => {
    const { text, of, aboveFloor, beyond } = peer.times.delays.percentileText(nowUs);
    const above = aboveFloor ? ", above its minimum" : "";
    const far = beyond > 0
      ? `; ${beyond} more than ${FAR_H} h above the minimum, counted as the maximum`
      : "";
    return `# ${printable(peer.subject)}: ${of} in ms${above}${far}\n${text}`;
  });
  return [...parts].join("\n");
}

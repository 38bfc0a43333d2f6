/** What the file holds that `--histogram` names. */

import type { MonoUs } from "../time/clock.ts";
import { printable } from "../text/printable.ts";
import type { Recorder } from "../stats/recorder.ts";

/** One part for each peer, which HdrHistogram's plotters take as one file each. */
export function histogramText(recorder: Recorder, nowUs: MonoUs): string {
  const parts = recorder.peers.values().map((peer) => {
    const { text, of, aboveFloor } = peer.times.delays.percentileText(nowUs);
    const above = aboveFloor ? ", above its minimum" : "";
    return `# ${printable(peer.subject)}: ${of} in ms${above}\n${text}`;
  });
  return [...parts].join("\n");
}

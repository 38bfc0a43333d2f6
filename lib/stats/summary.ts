/** The statistics of one app at one moment: the facts computed, nothing formatted yet. */

import type { Clock, MonoUs } from "../time/clock.ts";
import type { Reconnects } from "./connections.ts";
import { PERCENTILES } from "./delay/histogram.ts";
import type { PeerStatistics } from "./peer/statistics.ts";
import type { Recorder } from "./recorder.ts";
import type { ScheduleStatistics } from "./schedule.ts";

export interface Summary {
  name: string;
  ranMs: number;
  schedule: ScheduleStatistics;
  /** Our round trip to the server, where it was measured. */
  rttUs?: number;
  /** What of a delay is our own at least, in µs: see {@linkcode OwnPath}. */
  ownUs?: number;
  clockSteps: number;
  reconnects: Reconnects;
  peers: PeerStatistics[];
  /** Messages that were no ticks, by reason. */
  rejected: Record<string, number>;
}

/**
 * What is known now: changes nothing, however often it is asked for.
 *
 * @param ended counts what is still missing as given up, however short it has been: for the very end
 * @param percents the percentiles that are wanted besides those that are shown everywhere
 * @param behindUs what arrived within so long may not have been taken in yet: nobody is missed for that
 */
export function summaryOf(
  { name, startUs, recorder, clock, ended, percents = [], ownUs, behindUs = 0 }: {
    name: string;
    startUs: number;
    recorder: Recorder;
    clock: Clock;
    ended: boolean;
    percents?: readonly number[];
    ownUs?: number;
    behindUs?: number;
  },
): Summary {
  const nowUs = clock.monoUs();
  const takenInUs = nowUs - behindUs as MonoUs;
  const all = [...PERCENTILES, ...percents];
  return {
    name,
    ranMs: (nowUs - startUs) / 1000,
    schedule: recorder.schedule.statistics(),
    rttUs: recorder.rttUs,
    ownUs,
    clockSteps: recorder.clockSteps,
    reconnects: { ...recorder.connections.reconnects },
    peers: [...recorder.peers.values()].map((peer) =>
      peer.statistics(nowUs, ended, all, takenInUs)
    ),
    rejected: Object.fromEntries(recorder.rejected),
  };
}

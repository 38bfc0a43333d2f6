/** The statistics of one app at one moment: the facts computed, nothing formatted yet. */

import type { Clock, MonoUs } from "../time/clock.ts";
import type { KnownServer, Reconnects } from "./connections.ts";
import { PERCENTILES } from "./delay/histogram.ts";
import type { ForgottenStatistics } from "./forgotten.ts";
import { type LeftUnread, leftUnreadOf } from "./left_unread.ts";
import type { PeerStatistics } from "./peer/statistics.ts";
import type { Recorder } from "./recorder.ts";
import { atResolution } from "./resolution.ts";
import type { ScheduleStatistics } from "./schedule.ts";

export interface Summary {
  name: string;
  ranMs: number;
  schedule: ScheduleStatistics;
  /** The server it is connected to, or was last. */
  server?: KnownServer;
  /** Our round trip to the server, where it was measured. */
  rttUs?: number;
  /** What of a delay is our own at least, in µs: see {@linkcode OwnPath}. */
  ownUs?: number;
  clockSteps: number;
  reconnects: Reconnects;
  peers: PeerStatistics[];
  /** What those that were gone for long add up to, where there are any. */
  forgotten?: ForgottenStatistics;
  /** What was not read behind the last tick of a peer, and is in no account, where there may be any. */
  leftUnread?: LeftUnread;
  /** Messages that were no ticks, by reason. */
  rejected: Record<string, number>;
}

export interface SummaryOptions {
  name: string;
  startUs: number;
  recorder: Recorder;
  clock: Clock;
  /** Counts what is still missing as given up, however short it has been: for the very end. */
  ended: boolean;
  /** What arrived within this may not be taken in yet: that none came in it says nothing of a peer. */
  lingerUs?: number;
  /** The percentiles that are wanted besides those that are shown everywhere. */
  percents?: readonly number[];
  ownUs?: number;
}

/** What is known now: changes nothing, however often it is asked for. */
export function summaryOf(options: SummaryOptions): Summary {
  const nowUs = options.clock.monoUs();
  return summaryWith(options, [...peersOf(options, () => nowUs)]);
}

/**
 * The same, but lets others have their turn after each few milliseconds, where there are many peers: it holds up no
 * tick. Each peer is shown as it was in its turn.
 */
export async function summaryInTurns(
  options: SummaryOptions,
  turn: () => Promise<void>,
): Promise<Summary> {
  const { clock } = options;
  const peers: PeerStatistics[] = [];
  let fromUs = clock.monoUs();
  for (const peer of peersOf(options, () => clock.monoUs())) {
    peers.push(peer);
    if (clock.monoUs() - fromUs < TURN_US) continue;
    await turn();
    fromUs = clock.monoUs();
  }
  return summaryWith(options, peers);
}

const TURN_US = 2000;

function* peersOf(
  { recorder, ended, lingerUs = 0, percents = [] }: SummaryOptions,
  nowUs: () => MonoUs,
) {
  const all = [...PERCENTILES, ...percents];
  for (const peer of recorder.peers.values()) {
    const atUs = nowUs();
    yield atResolution(peer.statistics(atUs, ended, all, atUs - lingerUs as MonoUs));
  }
}

/** The same of some peers, whose statistics are there. */
export function summaryWith(
  { name, startUs, recorder, clock, ownUs }: SummaryOptions,
  peers: PeerStatistics[],
): Summary {
  const own = atResolution({
    ranMs: (clock.monoUs() - startUs) / 1000,
    schedule: recorder.schedule.statistics(),
    rttUs: recorder.rttUs,
    ownUs,
    clockSteps: recorder.clockSteps,
    reconnects: { ...recorder.connections.reconnects },
  });
  const { server } = recorder.connections;
  const connected = server && { server: { ...server } };
  const forgotten = recorder.forgotten && { forgotten: atResolution(recorder.forgotten) };
  const rejected = Object.fromEntries(recorder.rejected);
  const summary: Summary = { name, ...own, ...connected, peers, ...forgotten, rejected };
  const leftUnread = leftUnreadOf(recorder.peers.values(), recorder.connections.behind);
  if (leftUnread) summary.leftUnread = leftUnread;
  return summary;
}

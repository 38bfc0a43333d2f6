/** The times of all peers together, in a form that adds up with those of other apps. Loaded only where it is needed. */

import type { MonoUs } from "../time/clock.ts";
import { FloorHistogram } from "./delay/floor_histogram.ts";
import { DelayHistogram, type DelayStatistics } from "./delay/histogram.ts";
import { hdrText, readHdr } from "./delay/hdr.ts";
import { TimeSums } from "./delay/sums.ts";
import type { Recorder } from "./recorder.ts";

/** What is counted, and each value of it: those of two can be added up. */
export interface JoinedDistribution {
  statistics: DelayStatistics;
  /** What {@linkcode JoinedDistribution.hdr} is counted above, in µs. */
  baseUs: number;
  /** Values in µs above the base, as HdrHistogram writes them: V2, compressed, in base64. */
  hdr: string;
}

/** By kind; without a kind that there is no value of. */
export interface Joined {
  delay?: JoinedDistribution;
  /** Of clocks that may differ: each value is of its own peer's. */
  dt?: JoinedDistribution;
  /** Each value above the minimum of its own peer. */
  pdv?: JoinedDistribution;
}

export const KINDS = ["delay", "dt", "pdv"] as const;

/** Of all peers of an app, as known now, those included that were forgotten. */
export function joinedOf(recorder: Recorder, nowUs: MonoUs): Joined {
  const sums = new JoinedSums();
  for (const { times } of recorder.peers.values()) sums.of.addPeer(times.delays, nowUs);
  sums.of.add(recorder.forgottenTimes);
  return sums.joined;
}

export class JoinedSums {
  readonly of = new TimeSums();

  /** @throws {SyntaxError} where a histogram is none, or doesn't add up */
  add(joined: Joined) {
    for (const kind of KINDS) {
      const { [kind]: each } = joined;
      if (each) this.of[kind].add(restored(each));
    }
  }

  get joined(): Joined {
    const known = KINDS.filter((kind) => this.of[kind].count > 0);
    return Object.fromEntries(known.map((kind) => [kind, written(this.of[kind])]));
  }
}

function written(histogram: DelayHistogram): JoinedDistribution {
  const { baseUs, ...above } = histogram.buckets.aboveBase();
  return { statistics: histogram.statistics(), baseUs, hdr: hdrText(above) };
}

function restored({ statistics, baseUs, hdr }: JoinedDistribution): DelayHistogram {
  const { digits, counted } = readHdr(hdr);
  const { count, beyond } = statistics;
  if (counted.reduce((sum, [, more]) => sum + more, beyond) !== count) {
    throw new SyntaxError("a histogram that doesn't add up");
  }
  const buckets = new FloorHistogram(digits);
  buckets.addAbove(baseUs, counted, beyond);
  return DelayHistogram.restored(statistics, buckets);
}
